"""How a job ends badly: a business error with a code, or a technical failure that is retried."""

from __future__ import annotations

from typing import Any, Protocol

from ._kind import ErrorKind


class Unwelcome(Protocol):
    """An answer that a failure is made of."""

    @property
    def status(self) -> int: ...
    @property
    def retry_after(self) -> float | None: ...


class BpmnError(Exception):
    """A business error: a boundary event of the model may catch it by its code. Raise it."""

    def __init__(self, code: str, message: str = "", variables: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        """The code that error events of the model match."""
        self.message = message
        """What happened, for people."""
        self.variables = variables or {}
        """Variables for the event that catches the error."""


class Failure(Exception):
    """A technical failure: the job is retried, and raises an incident when no retries are left. Raise it."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        variables: dict[str, Any] | None = None,
        retries: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """What happened and what to do about it, for the operator."""
        self.code = code
        """What kind of failure it is, for the error expressions of the model: their `error.code`."""
        self.variables = variables
        """Variables that are set in the scope of the element."""
        self.retries = retries
        """How many retries are left from now on; 0 raises an incident at once. None: one fewer than before."""
        self.retry_after = retry_after
        """How many seconds to wait before the next attempt. None: as the model's `retryBackoff` says."""

    @classmethod
    def of(cls, response: Unwelcome, message: str) -> Failure:
        """The failure that an unwelcome answer means.

        Its code is `HTTP_` and the status; the next attempt waits as long as a `retry-after` header asks for.
        """
        return cls(message, code=f"HTTP_{response.status}", retry_after=response.retry_after)


class HostError(Exception):
    """The host did not do what it was asked for, or was handed something that it cannot take."""

    def __init__(self, message: str, kind: ErrorKind) -> None:
        super().__init__(message)
        self.kind = kind
        """What kind of thing did not come."""

    @property
    def permanent(self) -> bool:
        """Whether a retry would meet the same error."""
        return self.kind.is_permanent
