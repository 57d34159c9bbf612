"""How a job ends other than with variables alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Corrections:
    """What takes the place of a user task's attributes; what is None stays as it is."""

    assignee: str | None = None
    due_date: str | None = None
    follow_up_date: str | None = None
    candidate_users: list[str] | None = None
    candidate_groups: list[str] | None = None
    priority: int | None = None


@dataclass(frozen=True)
class Activation:
    """An activity to activate in an ad-hoc sub-process."""

    element_id: str
    """The id of the activity in the model."""
    variables: dict[str, Any] = field(default_factory=dict)
    """Variables for the activity alone."""


class Outcome:
    """How a job ends. Made by :func:`again`, :func:`parked`, :func:`allow`, :func:`deny` and :func:`activate`."""


@dataclass(frozen=True)
class Again(Outcome):
    seconds: float


@dataclass(frozen=True)
class Parked(Outcome):
    seconds: float


@dataclass(frozen=True)
class Allowed(Outcome):
    corrections: Corrections
    variables: dict[str, Any] | None


@dataclass(frozen=True)
class Denied(Outcome):
    reason: str


@dataclass(frozen=True)
class Directed(Outcome):
    elements: Sequence[str | Activation]
    done: bool
    cancel_remaining: bool
    variables: dict[str, Any] | None


def again(seconds: float) -> Outcome:
    """Not done yet: run the job again after so many seconds, which the host bounds on both sides.

    No retry is spent, unless the job has asked for it thousands of times.
    """
    return Again(seconds)


def parked(seconds: float) -> Outcome:
    """Somebody else completes this job, by webhook or API, within so many seconds; else the attempt has failed."""
    return Parked(seconds)


def allow(
    *,
    assignee: str | None = None,
    due_date: str | None = None,
    follow_up_date: str | None = None,
    candidate_users: list[str] | None = None,
    candidate_groups: list[str] | None = None,
    priority: int | None = None,
    variables: dict[str, Any] | None = None,
) -> Outcome:
    """The answer of a task listener: the change of the user task may happen, with these corrections.

    An empty text or list takes the attribute away. Dates are written as in ISO 8601; a priority is from 0 to 100.
    """
    corrections = Corrections(assignee, due_date, follow_up_date, candidate_users, candidate_groups, priority)
    return Allowed(corrections, variables)


def deny(reason: str) -> Outcome:
    """The answer of a task listener: the change of the user task does not happen. The reason is for people."""
    return Denied(reason)


def activate(
    *elements: str | Activation,
    done: bool = False,
    cancel_remaining: bool = False,
    variables: dict[str, Any] | None = None,
) -> Outcome:
    """The answer of an ad-hoc sub-process: the activities to activate, in this order.

    `done` says that nothing more will be activated; with `cancel_remaining` what is still active in it is ended then.
    """
    return Directed(elements, done, cancel_remaining, variables)
