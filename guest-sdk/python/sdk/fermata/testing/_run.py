"""What a worker did under test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from .. import _ended
from .._errors import BpmnError, Failure
from .._json import from_json
from .._outcome import Corrections
from ._http import SentRequest

T = TypeVar("T")


@dataclass(frozen=True)
class LogRecord:
    """A record that a worker logged."""

    level: str
    message: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Run:
    """What a worker did in one attempt under test."""

    ended: _ended.Ended
    """How the job ended, as the host is told."""
    requests: list[SentRequest]
    """The requests that it sent."""
    log: list[LogRecord]
    """What it logged through `fermata.log`."""
    checkpoint: Any
    """What it stored last, or found; None when there is nothing."""

    def completed(self) -> dict[str, Any]:
        """The variables of a completed job."""
        return from_json(self._as(_ended.Completed).variables)

    def answer(self) -> Corrections | _ended.Denial | _ended.Direction | None:
        """What a task listener or an ad-hoc sub-process answered beside variables."""
        return self._as(_ended.Completed).answer

    def again(self) -> float:
        """After how many seconds the job asked to be run again."""
        return self._as(_ended.AgainAfter).ms / 1000

    def parked(self) -> float:
        """Within how many seconds somebody else completes the job."""
        return self._as(_ended.ParkedFor).ms / 1000

    def bpmn_error(self) -> BpmnError:
        """The business error."""
        error = self._as(_ended.Bpmn)
        return BpmnError(error.code, error.message, from_json(error.variables))

    def failure(self) -> Failure:
        """The technical failure."""
        failed = self._as(_ended.Failed)
        return Failure(
            failed.message,
            code=failed.code,
            variables=None if failed.variables is None else from_json(failed.variables),
            retries=failed.retries,
            retry_after=None if failed.retry_after_ms is None else failed.retry_after_ms / 1000,
        )

    def _as(self, kind: type[T]) -> T:
        if isinstance(self.ended, kind):
            return self.ended
        raise AssertionError(f"the job ended otherwise than as {kind.__name__}: {self.ended}")
