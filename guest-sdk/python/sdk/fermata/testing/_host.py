"""The stand-in's settings."""

from __future__ import annotations

import time
from typing import Any

from .. import _host
from .._errors import HostError
from .._job import JobKind, RawJob
from .._json import from_json, to_json
from .._kind import ErrorKind
from .._worker import Worker
from ._http import Answer, SentRequest
from ._run import LogRecord, Run

_ATTEMPT_TIME_S = 300
"""How long an attempt may take."""


class Host:
    """A host that grants and answers what a test says, for one job."""

    def __init__(self) -> None:
        self._type = "test"
        self._kind = JobKind.TASK
        self._headers: list[tuple[str, str]] = []
        self._secrets: dict[str, str | None] = {}
        self._settings: dict[str, str] = {}
        self._attempts_max = 3
        self._time_left_s: float = _ATTEMPT_TIME_S
        self._exchanges: list[tuple[str, str, Answer]] = []
        self._state = _State(self)

    def job(self, type: str, kind: JobKind = JobKind.TASK) -> Host:
        """Sets the type of the job, and what in a model asks for it."""
        self._type, self._kind = type, kind
        return self

    def header(self, name: str, value: str) -> Host:
        """Adds a task header."""
        self._headers.append((name, value))
        return self

    def attempts_max(self, count: int) -> Host:
        """Sets how many attempts there are in all; 3 unless a test says otherwise."""
        self._attempts_max = count
        return self

    def attempt(self, number: int) -> Host:
        """Sets the number of the next attempt."""
        self._state.earlier_attempts = number - 1
        return self

    def time_left(self, seconds: float) -> Host:
        """Sets how long an attempt may take from its start; 300 s unless a test says otherwise."""
        self._time_left_s = seconds
        return self

    def secret(self, name: str, revealed: str | None = None) -> Host:
        """Grants a secret as a placeholder, which reads `{secret NAME}` in sent requests; and as its value, if given."""
        self._secrets[name] = revealed
        return self

    def setting(self, key: str, value: str) -> Host:
        """Sets a setting."""
        self._settings[key] = value
        return self

    def checkpoint(self, value: Any) -> Host:
        """Sets what an earlier attempt has stored."""
        self._state.saved = _host.SavedBytes(to_json(value, "the checkpoint").encode(), "0.0.0", 1)
        return self

    def expect(self, method: str, url: str, answer: Answer) -> Host:
        """Expects a request, the next one in order, and answers it."""
        self._exchanges.append((method, url, answer))
        return self

    def run(self, worker: Worker, variables: dict[str, Any]) -> Run:
        """Runs the next attempt of the job.

        It raises when the worker sends a request that is not expected, and when it does not send one that is.
        """
        state = self._state
        state.begin()
        raw = RawJob(
            key="2251799813685249",
            type=self._type,
            kind=self._kind,
            variables=to_json(variables, "the variables of the job"),
            headers=self._headers,
            idempotency_key="test-idempotency-key",
        )
        _host.install(state)
        try:
            ended = worker.run(raw)
        finally:
            _host.install(None)
        if state.unexpected is not None:
            raise AssertionError(state.unexpected)
        if self._exchanges:
            method, url, _ = self._exchanges[0]
            raise AssertionError(f"the worker did not send {method} {url}; it ended with {ended}")
        found = None if state.saved is None else from_json(state.saved.value)
        return Run(ended, state.requests, state.records, found)


class _State:
    """The functions of the host, answered from a test's settings."""

    def __init__(self, settings: Host) -> None:
        self._settings = settings
        self.earlier_attempts = 0
        self._effects: dict[str, tuple[bytes, bytes | None]] = {}
        self.saved: _host.SavedBytes | None = None
        self._forget()

    def begin(self) -> None:
        """Begins the next attempt."""
        self._forget()
        self._attempt = self.earlier_attempts + 1
        self.earlier_attempts = self._attempt
        self._deadline_ms = int((time.time() + self._settings._time_left_s) * 1000)

    def _forget(self) -> None:
        """Leaves nothing of the attempt before."""
        self.requests: list[SentRequest] = []
        self.records: list[LogRecord] = []
        self.unexpected: str | None = None

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        self.records.append(LogRecord(level, message, dict(fields)))

    def attempt(self) -> int:
        return self._attempt

    def retries_left(self) -> int:
        return max(self._settings._attempts_max - self._attempt, 0)

    def deadline_ms(self) -> int:
        return self._deadline_ms

    def process_instance_key(self) -> str:
        return "2251799813685250"

    def process_definition_key(self) -> str:
        return "2251799813685251"

    def process_definition_id(self) -> str:
        return "test-process"

    def process_definition_version(self) -> int:
        return 1

    def element_id(self) -> str:
        return "test-task"

    def element_instance_key(self) -> str:
        return "2251799813685252"

    def tenant_id(self) -> str:
        return "<default>"

    def checkpoint_get(self) -> _host.SavedBytes | None:
        return self.saved

    def checkpoint_put(self, value: bytes) -> None:
        self.saved = _host.SavedBytes(value, "0.0.0", self._attempt)

    def placeholder(self, name: str) -> str:
        if name in self._settings._secrets:
            return f"{{secret {name}}}"
        raise HostError(f"the secret `{name}` is not granted", ErrorKind.NOT_GRANTED)

    def reveal(self, name: str) -> str:
        value = self._settings._secrets.get(name)
        if value is None:
            raise HostError(f"revealing the secret `{name}` is not granted", ErrorKind.NOT_GRANTED)
        return value

    def effect_begin(self, name: str, digest: bytes) -> _host.BegunCall:
        if name not in self._effects:
            self._effects[name] = (digest, None)
            return _host.BegunCall("fresh", key=f"effect {name}")
        begun, answer = self._effects[name]
        if begun != digest:
            raise HostError(f"the call `{name}` was begun before with another content", ErrorKind.DIGEST_DIFFERS)
        if answer is not None:
            return _host.BegunCall("answered", answer=answer)
        return _host.BegunCall("unknown", key=f"effect {name}")

    def effect_finish(self, name: str, answer: bytes) -> None:
        if name not in self._effects:
            raise HostError(f"the call `{name}` was not begun in this job", ErrorKind.NOT_BEGUN)
        self._effects[name] = (self._effects[name][0], answer)

    def setting(self, key: str) -> str | None:
        return self._settings._settings.get(key)

    def http_send(self, request: _host.Request) -> _host.Answer:
        self.requests.append(
            SentRequest(request.method, request.url, request.headers, request.body, request.timeout)
        )
        sent = f"{request.method} {request.url}"
        if not self._settings._exchanges:
            self._refuse(f"the worker sent {sent}, and the test expects no further request")
        method, url, answer = self._settings._exchanges.pop(0)
        if (request.method, request.url) != (method, url):
            self._refuse(f"the worker sent {sent}, and the test expects {method} {url}")
        if answer.failure is not None:
            raise answer.failure
        return _host.Answer(answer.status_code, list(answer.headers), answer.body)

    def _refuse(self, why: str) -> None:
        """Ends the request; whatever the worker makes of that, the test fails."""
        self.unexpected = self.unexpected or why
        raise AssertionError(why)
