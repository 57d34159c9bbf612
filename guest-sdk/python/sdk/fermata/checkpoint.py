"""One value per job that survives a retry. It is deleted when the job ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import _host
from ._errors import HostError
from ._json import from_json, to_json
from ._kind import ErrorKind


@dataclass(frozen=True)
class Saved:
    """A value as it was stored."""

    value: Any
    writer_version: str
    """The version of the component that wrote it: another version may read an older one's value."""
    attempt: int
    """The attempt that wrote it."""


def get() -> Any:
    """The value stored last for this job, by any attempt; None when there is none."""
    stored = saved()
    return None if stored is None else stored.value


def saved() -> Saved | None:
    """The value stored last for this job, with its writer."""
    stored = _host.current().checkpoint_get()
    if stored is None:
        return None
    try:
        value = from_json(stored.value)
    except (ValueError, RecursionError) as error:
        raise HostError(
            f"the checkpoint does not fit: version {stored.writer_version} stored something else than JSON: {error}",
            ErrorKind.UNREADABLE_CHECKPOINT,
        ) from error
    return Saved(value, stored.writer_version, stored.attempt)


def put(value: Any) -> None:
    """Stores a value, written as JSON, in place of the previous one. It is durable when the function returns."""
    _host.current().checkpoint_put(to_json(value, "the checkpoint").encode())
