"""How an attempt ended, in the host's words."""

from __future__ import annotations

from dataclasses import dataclass

from ._outcome import Corrections


@dataclass(frozen=True)
class Denial:
    reason: str


@dataclass(frozen=True)
class Direction:
    elements: list[tuple[str, str]]
    """Ids of activities, each with its variables as JSON text."""
    done: bool
    cancel_remaining: bool


@dataclass(frozen=True)
class Completed:
    variables: str
    """JSON text."""
    answer: Corrections | Denial | Direction | None = None


@dataclass(frozen=True)
class AgainAfter:
    ms: int


@dataclass(frozen=True)
class ParkedFor:
    ms: int


@dataclass(frozen=True)
class Bpmn:
    code: str
    message: str
    variables: str
    """JSON text."""


@dataclass(frozen=True)
class Failed:
    message: str
    code: str | None = None
    variables: str | None = None
    """JSON text."""
    retries: int | None = None
    retry_after_ms: int | None = None


Ended = Completed | AgainAfter | ParkedFor | Bpmn | Failed
