"""Fermata workers in Python.

A worker is a function from a job to the variables of its result::

    from fermata import Job, worker

    @worker
    def handle(job: Job) -> dict:
        return {"score": 100 - min(job.variables["amount"], 100)}

- A business error is a raised :class:`BpmnError`: a boundary event of the model may catch it.
- A technical failure is a raised :class:`Failure`, or any other exception: the job is retried.
- :mod:`fermata.http` sends requests to the hosts that the operator granted.
- :mod:`fermata.checkpoint`, :mod:`fermata.config`, :mod:`fermata.context`, :mod:`fermata.effects`,
  :mod:`fermata.log` and :mod:`fermata.secrets` ask the host.
"""

from . import checkpoint, config, context, effects, http, log, secrets
from ._errors import BpmnError, Failure, HostError
from ._job import Job, JobKind
from ._kind import ErrorKind
from ._outcome import Activation, Outcome, activate, again, allow, deny, parked
from ._worker import Worker, worker

__all__ = [
    "Activation",
    "BpmnError",
    "ErrorKind",
    "Failure",
    "HostError",
    "Job",
    "JobKind",
    "Outcome",
    "Worker",
    "activate",
    "again",
    "allow",
    "checkpoint",
    "config",
    "context",
    "deny",
    "effects",
    "http",
    "log",
    "parked",
    "secrets",
    "worker",
]
