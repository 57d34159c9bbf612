"""What the SDK asks of a host: the component's imports, or a test's stand-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ._text import well_formed


@dataclass(frozen=True)
class SavedBytes:
    """A checkpoint as it was stored."""

    value: bytes
    writer_version: str
    attempt: int


@dataclass(frozen=True)
class Request:
    """A request as it goes to the host."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    timeout: float
    """Seconds."""


@dataclass(frozen=True)
class Answer:
    """An answer with its whole body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class BegunCall:
    """What is known about a call: its key, or its answer."""

    state: str
    key: str = ""
    answer: bytes = b""


class Host(Protocol):
    """The host's functions. They raise `HostError`, and `http_send` raises `fermata.http.Error`."""

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None: ...
    def attempt(self) -> int: ...
    def retries_left(self) -> int: ...
    def deadline_ms(self) -> int: ...
    def process_instance_key(self) -> str: ...
    def process_definition_key(self) -> str: ...
    def process_definition_id(self) -> str: ...
    def process_definition_version(self) -> int: ...
    def element_id(self) -> str: ...
    def element_instance_key(self) -> str: ...
    def tenant_id(self) -> str: ...
    def checkpoint_get(self) -> SavedBytes | None: ...
    def checkpoint_put(self, value: bytes) -> None: ...
    def placeholder(self, name: str) -> str: ...
    def reveal(self, name: str) -> str: ...
    def effect_begin(self, name: str, digest: bytes) -> BegunCall: ...
    def effect_finish(self, name: str, answer: bytes) -> None: ...
    def setting(self, key: str) -> str | None: ...
    def http_send(self, request: Request) -> Answer: ...


_installed: Host | None = None


def log(level: str, message: str, fields: list[tuple[str, str]]) -> None:
    """Writes a log record to the current host."""
    current().log(level, well_formed(message), [(well_formed(name), well_formed(value)) for name, value in fields])


def current() -> Host:
    """The host that this job runs on."""
    if _installed is None:
        raise RuntimeError("there is no host here: run the worker through `Host` of fermata.testing")
    return _installed


def install(host: Host | None) -> None:
    """Puts a host in place, or takes it away."""
    global _installed
    _installed = host
