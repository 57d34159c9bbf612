"""Requests that a test expects, and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .._json import from_json, to_json
from .._kind import ErrorKind
from ..http import Error


@dataclass(frozen=True)
class Answer:
    """What comes back for a request."""

    status_code: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    failure: Error | None = None

    @staticmethod
    def status(status: int) -> Answer:
        """An answer without a body."""
        return Answer(status)

    @staticmethod
    def text(status: int, body: str) -> Answer:
        """An answer with a text."""
        return Answer(status, body.encode())

    @staticmethod
    def bytes(status: int, body: bytes) -> Answer:
        """An answer with bytes, such as a document."""
        return Answer(status, body)

    @staticmethod
    def json(status: int, body: Any) -> Answer:
        """An answer with a JSON value."""
        return Answer.text(status, to_json(body, "the answer")).header("content-type", "application/json")

    @staticmethod
    def error(message: str, kind: ErrorKind = ErrorKind.CONNECT) -> Answer:
        """No answer: `fermata.http` raises this error."""
        return Answer(0, failure=Error(message, kind))

    def header(self, name: str, value: str) -> Answer:
        """The answer with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass(frozen=True)
class SentRequest:
    """A request as the worker sent it."""

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    """In the worker's order."""
    body: bytes = b""
    timeout: float = 0.0
    """How many seconds it might have taken."""

    def header(self, name: str) -> str | None:
        """The first header of this name, in any casing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body read from JSON."""
        return from_json(self.body)
