"""A component of the world `task`: it computes, and has no way out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import checkpoint, job_context, jobs, log

from .. import _ended, _host
from .._errors import HostError
from .._job import JobKind, RawJob
from .._kind import ErrorKind
from .._outcome import Corrections
from .._worker import Worker

T = TypeVar("T")

_LEVELS = {
    "trace": log.Level.TRACE,
    "debug": log.Level.DEBUG,
    "info": log.Level.INFO,
    "warn": log.Level.WARN,
    "error": log.Level.ERROR,
}

_SAID_BY_THE_HOST = {
    "Error_NotGranted": ErrorKind.NOT_GRANTED,
    "Error_NotSet": ErrorKind.NOT_SET,
    "Error_NotOffered": ErrorKind.NOT_OFFERED,
}
"""Errors whose text is the host's own."""


def asking(what: str, ask: Callable[[], T]) -> T:
    """Asks the host, and makes an error of its answer in words for the operator."""
    try:
        return ask()
    except Err as error:
        raise _refused(what, error.value) from None


def _refused(what: str, error: Any) -> HostError:
    value = getattr(error, "value", None)
    match type(error).__name__:
        case "Error_Superseded":
            return HostError(f"{what} is refused: a later attempt of this job has started", ErrorKind.SUPERSEDED)
        case "Error_TooLarge":
            return HostError(f"{what} has more than {value} bytes", ErrorKind.TOO_LARGE)
        case "Error_Unavailable" | "Error_Upstream" | "Error_Io":
            return HostError(f"{what} cannot be had: {value}", ErrorKind.UNAVAILABLE)
        case "Error_DigestDiffers":
            return HostError(f"{what} was begun before with another content", ErrorKind.DIGEST_DIFFERS)
        case "Error_NotBegun":
            return HostError(f"{what} was not begun in this job", ErrorKind.NOT_BEGUN)
        case name:
            message = value if isinstance(value, str) else f"{what}: {name}"
            return HostError(message, _SAID_BY_THE_HOST.get(name, ErrorKind.NOT_OFFERED))


def _absent(what: str) -> HostError:
    message = f"{what} needs the world `connector`, and this component is built for the world `task`"
    return HostError(message, ErrorKind.NOT_OFFERED)


class TaskHost:
    """The host of a component of the world `task`."""

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        log.write(_LEVELS[level], message, fields)

    def attempt(self) -> int:
        return job_context.attempt()

    def retries_left(self) -> int:
        return job_context.retries_left()

    def deadline_ms(self) -> int:
        return job_context.deadline_ms()

    def process_instance_key(self) -> str:
        return job_context.process_instance_key()

    def process_definition_key(self) -> str:
        return job_context.process_definition_key()

    def process_definition_id(self) -> str:
        return job_context.process_definition_id()

    def process_definition_version(self) -> int:
        return job_context.process_definition_version()

    def element_id(self) -> str:
        return job_context.element_id()

    def element_instance_key(self) -> str:
        return job_context.element_instance_key()

    def tenant_id(self) -> str:
        return job_context.tenant_id()

    def checkpoint_get(self) -> _host.SavedBytes | None:
        saved = asking("the checkpoint", checkpoint.get)
        return None if saved is None else _host.SavedBytes(saved.value, saved.writer_version, saved.attempt)

    def checkpoint_put(self, value: bytes) -> None:
        asking("the checkpoint", lambda: checkpoint.put(value))

    def placeholder(self, name: str) -> str:
        raise _absent("a secret")

    def reveal(self, name: str) -> str:
        raise _absent("a secret")

    def effect_begin(self, name: str, digest: bytes) -> _host.BegunCall:
        raise _absent("an effect")

    def effect_finish(self, name: str, answer: bytes) -> None:
        raise _absent("an effect")

    def setting(self, key: str) -> str | None:
        raise _absent("a setting")

    def http_send(self, request: _host.Request) -> _host.Answer:
        raise _absent("an HTTP request")


class LogHandler(logging.Handler):
    """Records of Python's own logging become records of the job's log."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warn" if record.levelno >= logging.WARNING else (
            "info" if record.levelno >= logging.INFO else "debug"
        )
        _host.log(level, self.format(record), [("logger", record.name)])


class Handler(exports.Handler):
    """What the host calls. A component has a subclass of it with its worker and host."""

    worker: Worker
    host: _host.Host = TaskHost()

    def handle(self, job: jobs.Job) -> jobs.Outcome:
        _host.install(self.host)
        kind = JobKind[job.kind.name]
        raw = RawJob(job.key, job.job_type, kind, job.variables, job.headers, job.idempotency_key)
        return _told(self.worker.run(raw))


def export(module: Any, host: _host.Host) -> type[Handler]:
    """The export of a component whose module has one worker."""
    workers = {id(value): value for value in vars(module).values() if isinstance(value, Worker)}
    if len(workers) != 1:
        raise SystemExit(f"{module.__name__}.py has {len(workers)} functions with @worker, and needs one")
    logging.basicConfig(handlers=[LogHandler()], level=logging.INFO, format="%(message)s")
    [worker] = workers.values()
    return type("Handler", (Handler,), {"worker": worker, "host": host})


def _told(ended: _ended.Ended) -> jobs.Outcome:
    match ended:
        case _ended.Completed(variables, answer):
            return jobs.Outcome_Completed(jobs.Completion(variables, _answer(answer)))
        case _ended.AgainAfter(ms):
            return jobs.Outcome_Again(ms)
        case _ended.ParkedFor(ms):
            return jobs.Outcome_Parked(ms)
        case _ended.Bpmn(code, message, variables):
            raise Err(jobs.JobError_Bpmn(jobs.BpmnError(code, message, variables)))
        case _ended.Failed(message, code, variables, retries, retry_after_ms):
            raise Err(jobs.JobError_Failed(jobs.Failure(message, code, variables, retries, retry_after_ms)))


def _answer(answer: Corrections | _ended.Denial | _ended.Direction | None) -> jobs.Answer | None:
    match answer:
        case Corrections():
            corrections = jobs.Corrections(
                answer.assignee,
                answer.due_date,
                answer.follow_up_date,
                answer.candidate_users,
                answer.candidate_groups,
                answer.priority,
            )
            return jobs.Answer_TaskListener(jobs.Verdict_Allowed(corrections))
        case _ended.Denial(reason):
            return jobs.Answer_TaskListener(jobs.Verdict_Denied(reason))
        case _ended.Direction(elements, done, cancel_remaining):
            activations = [jobs.Activation(element_id, variables) for element_id, variables in elements]
            return jobs.Answer_AdHocSubProcess(jobs.Direction(activations, done, cancel_remaining))
        case None:
            return None
