import unittest

from fermata.testing import Answer, Host, LogRecord
from worker import handle

SERVICE = "https://customers.example.com"
ADA = Answer.json(200, {"name": "Ada", "score": 712, "since": 1815})
CHECK = Answer.json(201, {"id": "chk-7"})


def host() -> Host:
    return Host().secret("CUSTOMER_API_KEY").setting("base-url", SERVICE)


class CustomerCheck(unittest.TestCase):
    def test_a_customer_is_found_and_checked(self) -> None:
        run = (
            host()
            .expect("GET", f"{SERVICE}/customers/C%2F1", ADA)
            .expect("POST", f"{SERVICE}/checks", CHECK)
            .run(handle, {"customer": "C/1"})
        )
        self.assertEqual(run.completed(), {"customerName": "Ada", "checkId": "chk-7", "approved": True})
        check = run.requests[1]
        self.assertEqual(check.header("authorization"), "Bearer {secret CUSTOMER_API_KEY}")
        self.assertEqual(check.header("content-type"), "application/json")
        self.assertEqual(check.header("idempotency-key"), "test-idempotency-key")
        self.assertEqual(check.json(), {"customer": "C/1", "score": 712})
        self.assertEqual(run.log, [LogRecord("info", "customer checked", {"customer": "C/1", "score": "712"})])

    def test_the_setting_may_end_with_a_slash_and_the_score_with_a_zero(self) -> None:
        ada = Answer.text(200, '{"name": "Ada", "score": 712.0}')
        run = (
            host()
            .setting("base-url", f"{SERVICE}/")
            .expect("GET", f"{SERVICE}/customers/C-1", ada)
            .expect("POST", f"{SERVICE}/checks", CHECK)
            .run(handle, {"customer": "C-1"})
        )
        self.assertEqual(run.completed()["approved"], True)
        self.assertEqual(run.requests[1].body, b'{"customer":"C-1","score":712}')

    def test_an_unknown_customer_is_a_bpmn_error(self) -> None:
        run = host().expect("GET", f"{SERVICE}/customers/C-1", Answer.status(404)).run(handle, {"customer": "C-1"})
        error = run.bpmn_error()
        self.assertEqual(error.code, "CUSTOMER_NOT_FOUND")
        self.assertEqual(error.message, "there is no customer C-1")
        self.assertEqual(error.variables, {"customer": "C-1"})

    def test_an_outage_of_the_service_waits_as_long_as_the_service_asks_for(self) -> None:
        answer = Answer.status(503).header("Retry-After", "20")
        failure = host().expect("GET", f"{SERVICE}/customers/C-1", answer).run(handle, {"customer": "C-1"}).failure()
        self.assertEqual(failure.message, "the customer service answered 503")
        self.assertEqual(failure.code, "HTTP_503")
        self.assertEqual(failure.retry_after, 20)
        self.assertIsNone(failure.retries)

    def test_an_attempt_after_a_failed_check_does_not_look_for_the_customer_again(self) -> None:
        job = (
            host()
            .expect("GET", f"{SERVICE}/customers/C-1", ADA)
            .expect("POST", f"{SERVICE}/checks", Answer.status(500))
        )
        first = job.run(handle, {"customer": "C-1"})
        self.assertEqual(first.failure().message, "the check service answered 500")
        self.assertEqual(first.checkpoint, {"name": "Ada", "score": 712})

        second = job.expect("POST", f"{SERVICE}/checks", CHECK).run(handle, {"customer": "C-1"})
        self.assertEqual(second.completed()["checkId"], "chk-7")

    def test_what_no_retry_can_heal_leaves_no_retries(self) -> None:
        runs = {
            "variable `customer` is missing": host().run(handle, {}),
            "variable `customer` is not a text": host().run(handle, {"customer": 1}),
            "setting `base-url` is missing": Host().secret("CUSTOMER_API_KEY").run(handle, {"customer": "C-1"}),
        }
        for message, run in runs.items():
            self.assertEqual((run.failure().message, run.failure().retries), (message, 0))

    def test_an_answer_that_is_no_customer_is_refused(self) -> None:
        for body in ["[]", "null", "gone", '{"name":"Ada","score":7.5}', '{"name":"Ada","score":true}']:
            answer = Answer.text(200, body)
            run = host().expect("GET", f"{SERVICE}/customers/C-1", answer).run(handle, {"customer": "C-1"})
            self.assertEqual(run.failure().message, "the customer service answered something else than a customer")
            self.assertEqual(run.failure().retries, 0)


if __name__ == "__main__":
    unittest.main()
