"""From a function to what the host calls."""

from __future__ import annotations

import dataclasses
import functools
import traceback
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from . import _host
from ._ended import AgainAfter, Bpmn, Completed, Denial, Direction, Ended, Failed, ParkedFor
from ._errors import BpmnError, Failure, HostError
from ._job import Job, JobKind, RawJob
from ._json import from_json, to_json_object
from ._kind import ErrorKind
from ._outcome import Activation, Again, Allowed, Corrections, Denied, Directed, Outcome, Parked
from ._text import all_well_formed
from .http import Error as HttpError

_MODEL_BACKOFF_HEADER = "retryBackoff"
"""The task header by which a model says how long to wait. The host reads it."""

_OUTAGE_WAITS_MS = (1_000, 5_000, 30_000)
"""How long an outage is waited out after the first attempts when nobody says; later ones wait as long as the last."""

_U32_MAX = 2**32 - 1
_U64_MAX = 2**64 - 1


class Worker:
    """A function that does jobs. Calling it calls the function."""

    def __init__(self, handler: Callable[[Job], Any]) -> None:
        functools.update_wrapper(self, handler)
        self._handler = handler

    def __call__(self, job: Job) -> Any:
        return self._handler(job)

    def run(self, raw: RawJob) -> Ended:
        """Does a job as the host hands it over. Nothing that the function returns or raises gets past it."""
        return all_well_formed(self._run(raw))

    def _run(self, raw: RawJob) -> Ended:
        try:
            variables = from_json(raw.variables)
        except (ValueError, RecursionError) as error:
            return Failed(f"the job's variables cannot be read: {error}", retries=0)
        job = Job(
            key=raw.key,
            type=raw.type,
            kind=raw.kind,
            variables=variables,
            headers=MappingProxyType(dict(raw.headers)),
            idempotency_key=raw.idempotency_key,
        )
        try:
            return _ended(job, self._handler(job))
        except Exception as error:
            return _failed(job, error)


def worker(handler: Callable[[Job], Any]) -> Worker:
    """Makes a worker of a function, which returns variables (a dict or a dataclass), None, or an outcome; or raises."""
    return Worker(handler)


def _ended(job: Job, result: Any) -> Ended:
    match result:
        case Again(seconds):
            return AgainAfter(_milliseconds(seconds, "again(…)"))
        case Parked(seconds):
            return ParkedFor(_milliseconds(seconds, "parked(…)"))
        case Allowed(corrections, variables):
            _only(job, JobKind.TASK_LISTENER, "allow")
            _check(corrections)
            return Completed(_result(variables), corrections)
        case Denied(reason):
            _only(job, JobKind.TASK_LISTENER, "deny")
            return Completed("{}", Denial(str(reason)))
        case Directed(elements, done, cancel_remaining, variables):
            _only(job, JobKind.AD_HOC_SUB_PROCESS, "activate")
            return Completed(_result(variables), Direction([_activated(one) for one in elements], done, cancel_remaining))
        case Outcome():
            message = f"the handler returned {type(result).__name__}, which is no outcome of a job"
            raise HostError(message, ErrorKind.MISUSE)
        case _:
            return Completed(_result(result))


def _result(variables: Any) -> str:
    return to_json_object(variables, "the handler's result")


def _check(corrections: Corrections) -> None:
    for field in dataclasses.fields(corrections):
        value = getattr(corrections, field.name)
        if value is None:
            continue
        match field.name:
            case "priority":
                fits, expected = _is_whole(value) and 0 <= value <= 100, "a whole number from 0 to 100"
            case "candidate_users" | "candidate_groups":
                is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
                fits, expected = is_list, "a list of texts"
            case _:
                fits, expected = isinstance(value, str), "a text"
        if not fits:
            raise HostError(f"the {field.name} of a user task is {expected}, not {value!r}", ErrorKind.MISUSE)


def _activated(element: str | Activation) -> tuple[str, str]:
    if isinstance(element, str):
        return (element, "{}")
    if not (isinstance(element, Activation) and isinstance(element.element_id, str)):
        raise HostError(f"an activity to activate is an id or an Activation, not {element!r}", ErrorKind.MISUSE)
    return (element.element_id, to_json_object(element.variables, f"the variables of `{element.element_id}`"))


def _only(job: Job, kind: JobKind, name: str) -> None:
    if job.kind is not kind:
        raise HostError(
            f"{name}(…) answers jobs of the kind {kind.value}, and this one is of the kind {job.kind.value}",
            ErrorKind.MISUSE,
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _milliseconds(seconds: Any, what: str) -> int:
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds * 1000 <= _U64_MAX:
        raise HostError(f"{what} takes seconds from 0 on, not {seconds!r}", ErrorKind.MISUSE)
    return round(seconds * 1000)


def _failed(job: Job, error: Exception) -> Ended:
    try:
        return _failure(job, error)
    except HostError as misuse:
        # What an error carries, such as its variables, does not fit the interface.
        return Failed(f"{_words(error)} ({misuse})", retries=0)


def _failure(job: Job, error: Exception) -> Ended:
    match error:
        case BpmnError():
            return Bpmn(str(error.code), str(error.message), to_json_object(error.variables, "the error's variables"))
        case Failure():
            if error.retries is not None and not (_is_whole(error.retries) and 0 <= error.retries <= _U32_MAX):
                raise HostError(f"retries are a whole number from 0 on, not {error.retries!r}", ErrorKind.MISUSE)
            if error.__cause__ is not None:
                _log_traceback("the failure has a cause", error)
            variables, wait = error.variables, error.retry_after
            return Failed(
                str(error.message),
                code=None if error.code is None else str(error.code),
                variables=None if variables is None else to_json_object(variables, "the failure's variables"),
                retries=error.retries,
                retry_after_ms=None if wait is None else _milliseconds(wait, "retry_after"),
            )
        case HttpError() if not error.permanent:
            modelled = bool(job.headers.get(_MODEL_BACKOFF_HEADER))
            return Failed(str(error), retry_after_ms=None if modelled else _outage_wait_ms(_host.current().attempt()))
        case HostError() | HttpError():
            return Failed(str(error), retries=0 if error.permanent else None)
        case _:
            _log_traceback(f"the handler raised {_words(error)}", error)
            return Failed(_words(error))


def _outage_wait_ms(attempt: int) -> int:
    return _OUTAGE_WAITS_MS[min(max(attempt, 1), len(_OUTAGE_WAITS_MS)) - 1]


def _log_traceback(message: str, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    _host.log("error", message, [("traceback", text)])


def _words(error: BaseException) -> str:
    """An exception in words: its name, its message, and what caused it."""
    text = str(error)
    own = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return own if error.__cause__ is None else f"{own}: {_words(error.__cause__)}"
