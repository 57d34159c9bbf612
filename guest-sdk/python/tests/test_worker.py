"""What workers return and raise, and what the host is told of it. Run with `PYTHONPATH=sdk python3 -m unittest`."""

import sys
import unittest
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from fermata import (
    Activation,
    BpmnError,
    ErrorKind,
    Failure,
    HostError,
    Job,
    JobKind,
    activate,
    again,
    allow,
    checkpoint,
    config,
    context,
    deny,
    effects,
    http,
    log,
    parked,
    secrets,
    worker,
)
from fermata._ended import Failed
from fermata._job import RawJob
from fermata.testing import Answer, Host, LogRecord, Run


def returning(result: Any, host: Host | None = None) -> Run:
    """Runs a worker that returns this."""
    return (host or Host()).run(worker(lambda job: result), {})


def raising(error: BaseException) -> Run:
    """Runs a worker that raises this."""

    def handle(job: Job) -> None:
        raise error

    return Host().run(worker(handle), {})


@dataclass
class Score:
    score: int
    parts: tuple[float, ...] = ()


class Results(unittest.TestCase):
    def test_variables_or_nothing_complete_a_job(self) -> None:
        self.assertEqual(returning({"a": 1, "b": [None, True, "ü"]}).completed(), {"a": 1, "b": [None, True, "ü"]})
        self.assertEqual(returning(Score(7, (0.5,))).completed(), {"score": 7, "parts": [0.5]})
        self.assertEqual(returning(None).completed(), {})

    def test_integers_of_any_length_are_read_and_written(self) -> None:
        number = 10**5_000 + 7
        url = "https://a.example/"

        @worker
        def keep(job: Job) -> dict[str, Any]:
            log.info("a long one", number=job.variables["number"])
            answered = http.post(url, json={"number": job.variables["number"]}).json()
            checkpoint.put({"number": checkpoint.get() or answered["number"]})
            return {"number": answered["number"] + 1}

        limit = sys.get_int_max_str_digits()
        run = Host().expect("POST", url, Answer.json(200, {"number": number})).run(keep, {"number": number})
        self.assertEqual(run.completed(), {"number": number + 1})
        self.assertEqual(run.requests[0].json(), {"number": number})
        self.assertEqual(run.checkpoint, {"number": number})
        self.assertEqual(len(run.log[0].fields["number"]), 5_001)
        # Python's own limit holds outside of JSON.
        self.assertEqual(sys.get_int_max_str_digits(), limit)
        self.assertEqual(Host().checkpoint(number).run(worker(lambda job: {"a": checkpoint.get()}), {}).completed(),
                         {"a": number})

    def test_a_jobs_parts_come_to_the_handler(self) -> None:
        @worker
        def echo(job: Job) -> dict[str, Any]:
            return {"type": job.type, "kind": job.kind.value, "variables": job.variables, "headers": dict(job.headers)}

        host = Host().job("check", JobKind.EXECUTION_LISTENER).header("Region", "EU")
        self.assertEqual(
            host.run(echo, {"a": 1}).completed(),
            {"type": "check", "kind": "execution-listener", "variables": {"a": 1}, "headers": {"Region": "EU"}},
        )

    def test_a_result_that_is_no_json_object_is_refused_by_name(self) -> None:
        deep: list[Any] = []
        deep.append(deep)
        for result, message in [
            ([1], "the handler's result must be a JSON object (a dict), not a list"),
            ("done", "the handler's result must be a JSON object (a dict), not a str"),
            (Score, "the handler's result must be a JSON object (a dict), not a type"),
            ({"a": {"b": float("nan")}}, "`a.b` in the handler's result is nan, which JSON cannot hold"),
            ({"a": [date(2026, 1, 1)]}, "`a[0]` in the handler's result is a date, which JSON cannot hold"),
            ({"a": {1}}, "`a` in the handler's result is a set, which JSON cannot hold"),
            ({1: "a"}, "the handler's result has the key 1, and keys of JSON objects are texts"),
            (
                {"a": "\ud800"},
                "`a` in the handler's result holds half a surrogate pair, which UTF-8 cannot hold",
            ),
            ({"a": deep}, "the handler's result is nested deeper than 200 levels"),
        ]:
            failure = returning(result).failure()
            self.assertEqual((failure.message, failure.retries), (message, 0))

    def test_jobs_are_put_off(self) -> None:
        self.assertEqual(returning(again(2.5)).again(), 2.5)
        self.assertEqual(returning(parked(60)).parked(), 60)
        for wrong in [-1, "2", True, float("inf"), float("nan")]:
            failure = returning(again(wrong)).failure()
            self.assertEqual((failure.message, failure.retries), (f"again(…) takes seconds from 0 on, not {wrong!r}", 0))

    def test_a_task_listener_allows_corrects_or_denies(self) -> None:
        def listener() -> Host:
            return Host().job("review", JobKind.TASK_LISTENER)

        allowed = returning(allow(assignee="ada", priority=90, variables={"seen": True}), listener())
        self.assertEqual(allowed.completed(), {"seen": True})
        self.assertEqual((allowed.answer().assignee, allowed.answer().priority), ("ada", 90))
        self.assertEqual(returning(deny("not on Sundays"), listener()).answer().reason, "not on Sundays")
        self.assertEqual(
            returning(allow(priority=101), listener()).failure().message,
            "the priority of a user task is a whole number from 0 to 100, not 101",
        )
        self.assertEqual(
            returning(allow(candidate_users="ada"), listener()).failure().message,
            "the candidate_users of a user task is a list of texts, not 'ada'",
        )
        self.assertEqual(
            returning(deny("no")).failure().message,
            "deny(…) answers jobs of the kind task-listener, and this one is of the kind task",
        )

    def test_an_ad_hoc_sub_process_is_told_what_comes_next(self) -> None:
        host = Host().job("agent", JobKind.AD_HOC_SUB_PROCESS)
        answer = returning(activate("a", Activation("b", {"x": 1}), done=True), host).answer()
        self.assertEqual(answer.elements, [("a", "{}"), ("b", '{"x":1}')])
        self.assertEqual((answer.done, answer.cancel_remaining), (True, False))
        self.assertEqual(
            returning(activate(7), Host().job("agent", JobKind.AD_HOC_SUB_PROCESS)).failure().message,
            "an activity to activate is an id or an Activation, not 7",
        )


class Errors(unittest.TestCase):
    def test_business_errors_and_failures_say_what_they_say(self) -> None:
        error = raising(BpmnError("LATE", "too late", {"by": 3})).bpmn_error()
        self.assertEqual((error.code, error.message, error.variables), ("LATE", "too late", {"by": 3}))
        failure = raising(Failure("not now", code="BUSY", variables={"n": 1}, retries=2, retry_after=0.5)).failure()
        self.assertEqual(
            (failure.message, failure.code, failure.variables, failure.retries, failure.retry_after),
            ("not now", "BUSY", {"n": 1}, 2, 0.5),
        )

    def test_any_other_exception_is_a_failure_with_its_traceback_in_the_log(self) -> None:
        def handle(job: Job) -> None:
            try:
                raise KeyError("x")
            except KeyError as error:
                raise ValueError("no such thing") from error

        run = Host().run(worker(handle), {})
        self.assertEqual(run.failure().message, "ValueError: no such thing: KeyError: 'x'")
        self.assertEqual(run.log[0].level, "error")
        self.assertIn("test_worker.py", run.log[0].fields["traceback"])

    def test_what_an_error_carries_is_checked(self) -> None:
        failure = raising(Failure("no", retries=-1)).failure()
        self.assertEqual(failure.message, "Failure: no (retries are a whole number from 0 on, not -1)")
        self.assertEqual(failure.retries, 0)
        failure = raising(BpmnError("A", "b", {"c": {1}})).failure()
        self.assertEqual(failure.message, "BpmnError: b (`c` in the error's variables is a set, which JSON cannot hold)")

    def test_an_outage_is_waited_out_and_what_is_refused_is_not_tried_again(self) -> None:
        url = "https://a.example/"
        call = worker(lambda job: http.get(url) and None)
        host = Host()
        for wait in [1, 5, 30, 30]:
            failure = host.expect("GET", url, Answer.error("a.example is down")).run(call, {}).failure()
            self.assertEqual((failure.message, failure.retry_after, failure.retries), ("a.example is down", wait, None))
        modelled = Host().header("retryBackoff", "PT10S").expect("GET", url, Answer.error("a.example is down"))
        self.assertIsNone(modelled.run(call, {}).failure().retry_after)
        self.assertEqual(host.attempt(2).expect("GET", url, Answer.error("late", ErrorKind.TIMEOUT)).run(call, {})
                         .failure().retry_after, 5)
        refused = Host().expect("GET", url, Answer.error("not granted", ErrorKind.REFUSED)).run(call, {}).failure()
        self.assertEqual((refused.retry_after, refused.retries), (None, 0))

    def test_errors_have_kinds(self) -> None:
        url = "https://a.example/"
        late = Answer.error("it is late", ErrorKind.TIMEOUT)
        for ask, answer, kind, is_permanent in [
            (lambda: http.get("https://a.example/"), late, ErrorKind.TIMEOUT, False),
            (lambda: http.get("https://a.example/"), Answer.error("down"), ErrorKind.CONNECT, False),
            (lambda: http.get("https://a.example/").json(), Answer.text(200, "<"), ErrorKind.UNEXPECTED_BODY, False),
            (lambda: http.get(url, timeout=0), None, ErrorKind.INVALID_REQUEST, True),
            (lambda: secrets.placeholder("KEY"), None, ErrorKind.NOT_GRANTED, True),
            (lambda: secrets.placeholder("\udcfc"), None, ErrorKind.INVALID_NAME, True),
            (lambda: effects.finish("charge", ""), None, ErrorKind.NOT_BEGUN, True),
            (lambda: checkpoint.put({1}), None, ErrorKind.MISUSE, True),
        ]:
            found: list[http.Error | HostError] = []

            @worker
            def handle(job: Job, ask: Any = ask) -> None:
                try:
                    ask()
                except (http.Error, HostError) as error:
                    found.append(error)

            host = Host() if answer is None else Host().expect("GET", url, answer)
            host.run(handle, {})
            self.assertEqual([(error.kind, error.permanent) for error in found], [(kind, is_permanent)])

    def test_variables_that_are_no_json_are_a_failure_for_good(self) -> None:
        for text in ["{", "[" * 100_000]:
            raw = RawJob("1", "test", JobKind.TASK, text, [], "key")
            ended = worker(lambda job: None).run(raw)
            self.assertIsInstance(ended, Failed)
            self.assertIn("the job's variables cannot be read: ", ended.message)
            self.assertEqual(ended.retries, 0)

    def test_halves_of_surrogate_pairs_are_replaced_in_all_texts(self) -> None:
        half, replaced = "gr\udcfcn", "gr\ufffdn"
        failure = raising(Failure(half, code=half)).failure()
        self.assertEqual((failure.message, failure.code), (replaced, replaced))
        self.assertEqual(raising(ValueError(half)).failure().message, f"ValueError: {replaced}")
        error = raising(BpmnError(half, half)).bpmn_error()
        self.assertEqual((error.code, error.message), (replaced, replaced))
        review = Host().job("review", JobKind.TASK_LISTENER)
        self.assertEqual(returning(deny(half), review).answer().reason, replaced)
        self.assertEqual(returning(allow(candidate_users=[half]), review).answer().candidate_users, [replaced])
        agent = Host().job("agent", JobKind.AD_HOC_SUB_PROCESS)
        self.assertEqual(returning(activate(half), agent).answer().elements, [(replaced, "{}")])
        self.assertEqual(raising(Failure("\U0001f600")).failure().message, "\U0001f600")

    def test_what_is_not_utf_8_names_nothing_and_is_not_sent(self) -> None:
        for ask in [
            lambda: secrets.placeholder("\udcfc"),
            lambda: secrets.reveal("\udcfc"),
            lambda: config.get("\udcfc"),
            lambda: effects.begin("\udcfc", ""),
            lambda: effects.finish("\udcfc", ""),
        ]:
            failure = Host().run(worker(lambda job, ask=ask: ask()), {}).failure()
            self.assertEqual((failure.message, failure.retries), (r"the name '\udcfc' is not UTF-8", 0))

    def test_a_request_that_cannot_be_built_is_not_tried_again(self) -> None:
        url = "https://a.example/"
        for parts, why in [
            ({"url": url + "\udcfc"}, "its URL is not UTF-8"),
            ({"url": None}, "its URL is of the type NoneType, and not a text"),
            ({"method": 7}, "its method is of the type int, and not a text"),
            ({"headers": {"x": "\udcfc"}}, "the header `x` is not UTF-8"),
            ({"headers": {"x": b"7"}}, "the header `x` is of the type bytes, and not a text"),
            ({"headers": {7: "x"}}, "the name of a header is of the type int, and not a text"),
            ({"headers": [("x", "y")]}, "'list' object has no attribute 'items'"),
            ({"params": {"x": "\udcfc"}}, "'utf-8' codec can't encode character"),
            ({"form": {"x": "\udcfc"}}, "'utf-8' codec can't encode character"),
            ({"form": 7}, "not a valid non-string sequence or mapping object"),
            ({"data": "\udcfc"}, "'utf-8' codec can't encode character"),
            ({"data": 7}, "memoryview: a bytes-like object is required, not 'int'"),
            ({"json": {}, "data": "x"}, "it has one body: give `json`, `form` or `data`"),
            ({"timeout": "20"}, "its timeout is '20', and a timeout is a number of seconds"),
            ({"timeout": float("nan")}, "its timeout is nan s"),
            ({"timeout": 0}, "its timeout is 0 s"),
        ]:
            arguments = {"method": "POST", "url": url, **parts}
            failure = Host().run(worker(lambda job, arguments=arguments: http.request(**arguments)), {}).failure()
            self.assertIn(f"the HTTP request cannot be built: {why}", failure.message)
            self.assertEqual(failure.retries, 0, why)

    def test_what_is_recorded_of_a_call_is_a_text_or_bytes(self) -> None:
        for record, what in [
            (lambda: effects.begin("charge", "\udcfc"), "the digest of the call `charge` cannot be written as bytes: "),
            (lambda: effects.begin("charge", 7), "the digest of the call `charge` cannot be written as bytes: "),
            (lambda: effects.finish("charge", "\udcfc"), "the answer to the call `charge` cannot be written as bytes: "),
            (lambda: effects.finish("charge", None), "the answer to the call `charge` cannot be written as bytes: "),
        ]:
            failure = Host().run(worker(lambda job, record=record: record()), {}).failure()
            self.assertIn(what, failure.message)
            self.assertEqual(failure.retries, 0)


class Services(unittest.TestCase):
    def test_what_a_job_keeps_survives_its_attempts(self) -> None:
        @worker
        def steps(job: Job) -> dict[str, Any]:
            before = checkpoint.get()
            call = effects.begin("charge", "10 EUR")
            if context.attempt() == 2:
                effects.finish("charge", "paid")
            checkpoint.put({"ö": (before or {"ö": 0})["ö"] + 1})
            return {"before": before, "call": type(call).__name__, "left": context.retries_left()}

        host = Host()
        self.assertEqual(host.run(steps, {}).completed(), {"before": None, "call": "Fresh", "left": 2})
        self.assertEqual(host.run(steps, {}).completed(), {"before": {"ö": 1}, "call": "Unknown", "left": 1})
        third = host.run(steps, {})
        self.assertEqual(third.completed(), {"before": {"ö": 2}, "call": "Answered", "left": 0})
        self.assertEqual(third.checkpoint, {"ö": 3})

    def test_a_test_says_which_attempt_it_is_and_how_long_it_may_take(self) -> None:
        @worker
        def where(job: Job) -> dict[str, Any]:
            left = (context.deadline() - datetime.now(timezone.utc)).total_seconds()
            return {"attempt": context.attempt(), "retries": context.retries_left(), "hurry": left < 10}

        host = Host().attempts_max(6).attempt(4).time_left(5)
        self.assertEqual(host.run(where, {}).completed(), {"attempt": 4, "retries": 2, "hurry": True})
        later = host.time_left(60).run(where, {})
        self.assertEqual(later.completed(), {"attempt": 5, "retries": 1, "hurry": False})

    def test_an_answer_may_be_bytes(self) -> None:
        document = bytes(range(256))
        get = worker(lambda job: {"same": http.get("https://a.example/").body == document})
        answer = Answer.bytes(200, document).header("content-type", "application/pdf")
        self.assertEqual(Host().expect("GET", "https://a.example/", answer).run(get, {}).completed(), {"same": True})

    def test_a_secret_that_is_not_granted_is_a_failure_for_good(self) -> None:
        ask = worker(lambda job: {"token": secrets.placeholder("KEY")})
        failure = Host().run(ask, {}).failure()
        self.assertEqual((failure.message, failure.retries), ("the secret `KEY` is not granted", 0))
        self.assertEqual(Host().secret("KEY").run(ask, {}).completed(), {"token": "{secret KEY}"})

    def test_fields_of_log_records_are_texts_or_json(self) -> None:
        def handle(job: Job) -> None:
            log.warn("odd", text="a\ud800", list=[1], day=date(2026, 1, 1))

        run = Host().run(worker(handle), {})
        self.assertEqual(run.log, [LogRecord("warn", "odd", {"text": "a\ufffd", "list": "[1]", "day": "2026-01-01"})])

    def test_a_request_has_one_body_and_its_type(self) -> None:
        @worker
        def send(job: Job) -> None:
            http.post("https://a.example/?a=1", params={"b": "x y"}, form={"c": "d&e"}, headers={"accept": "*/*"})

        url = "https://a.example/?a=1&b=x%20y"
        [request] = Host().expect("POST", url, Answer.status(204)).run(send, {}).requests
        self.assertEqual(request.body, b"c=d%26e")
        self.assertEqual(request.header("Content-Type"), "application/x-www-form-urlencoded")
        with self.assertRaises(HostError):
            http.post("https://a.example/", json={"a": object()})

    def test_a_test_that_expects_other_requests_than_are_sent_fails(self) -> None:
        @worker
        def careless(job: Job) -> None:
            try:
                http.get("https://a.example/")
            except AssertionError:
                pass

        with self.assertRaisesRegex(AssertionError, "the test expects no further request"):
            Host().run(careless, {})
        with self.assertRaisesRegex(AssertionError, "and the test expects POST https://a.example/"):
            Host().expect("POST", "https://a.example/", Answer.status(200)).run(careless, {})
        with self.assertRaisesRegex(AssertionError, "did not send GET"):
            returning({}, Host().expect("GET", "https://a.example/", Answer.status(200)))


if __name__ == "__main__":
    unittest.main()
