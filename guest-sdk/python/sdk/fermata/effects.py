"""Calls to the outside that must not happen twice, recorded before they leave and after they are answered."""

from __future__ import annotations

from dataclasses import dataclass

from . import _host
from ._errors import HostError
from ._kind import ErrorKind
from ._text import bytes_of, name_of


@dataclass(frozen=True)
class Fresh:
    """The call was never made. Send this key to the vendor."""

    key: str


@dataclass(frozen=True)
class Unknown:
    """The call was begun under this key and no answer was recorded: repeat it with the key, or ask the vendor."""

    key: str


@dataclass(frozen=True)
class Answered:
    """The call was answered with these bytes; do not call again."""

    answer: bytes


def begin(name: str, digest: str | bytes) -> Fresh | Unknown | Answered:
    """Records the intent to make the call `name`, which is unique within the job.

    The digest identifies the call's content, so that a changed call under an old name is noticed.
    """
    begun = _host.current().effect_begin(name_of(name), _bytes(digest, f"the digest of the call `{name}`"))
    match begun.state:
        case "fresh":
            return Fresh(begun.key)
        case "unknown":
            return Unknown(begun.key)
        case _:
            return Answered(begun.answer)


def finish(name: str, answer: str | bytes) -> None:
    """Records the answer to the call `name`."""
    _host.current().effect_finish(name_of(name), _bytes(answer, f"the answer to the call `{name}`"))


def _bytes(value: str | bytes, what: str) -> bytes:
    try:
        return bytes_of(value)
    except (TypeError, ValueError) as error:
        raise HostError(f"{what} cannot be written as bytes: {error}", ErrorKind.MISUSE) from error
