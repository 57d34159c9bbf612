"""The job as a worker sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class JobKind(Enum):
    """What in a model asks for the work."""

    TASK = "task"
    EXECUTION_LISTENER = "execution-listener"
    TASK_LISTENER = "task-listener"
    AD_HOC_SUB_PROCESS = "ad-hoc-sub-process"


@dataclass(frozen=True)
class Job:
    """A job. What the host knows beyond it is in :mod:`fermata.context`."""

    key: str
    """The key of the job, a decimal number. The same in every attempt."""
    type: str
    """The type that the model gives."""
    kind: JobKind
    """What in the model asks: a task, or a listener."""
    variables: dict[str, Any]
    """The input."""
    headers: Mapping[str, str]
    """The task's headers, constant in the model."""
    idempotency_key: str
    """The same in every attempt of this job, and in no other job: send it to vendors that recognise repeated calls.
    It is not a secret."""


@dataclass(frozen=True)
class RawJob:
    """A job as the host hands it over: its variables are JSON text."""

    key: str
    type: str
    kind: JobKind
    variables: str
    headers: list[tuple[str, str]]
    idempotency_key: str
