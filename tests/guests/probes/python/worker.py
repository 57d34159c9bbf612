"""Meets the errors that it is asked to meet, and leaves them to the SDK."""

from typing import Any

from fermata import BpmnError, Failure, Job, checkpoint, effects, http, log, secrets, worker

PATIENCE_S = 0.2
"""How long a request may take where it is to be late."""

CHECKPOINT_BYTES = (1 << 20) + 1
"""More than a host stores."""

TEXT = b"gr\xfcn".decode("utf-8", "surrogateescape")
"""Half a surrogate pair, as Python keeps bytes that are no UTF-8."""


@worker
def handle(job: Job) -> Any:
    asked, url = job.variables["case"], job.variables.get("url", "")
    match asked:
        case "get":
            return {"status": http.get(url).status}
        case "json":
            return {"body": http.get(url).json()}
        case "late":
            return {"status": http.get(url, timeout=PATIENCE_S).status}
        case "effect":
            effects.begin("charge", "10 EUR")
        case "secret":
            return {"token": secrets.placeholder("NOT_GRANTED")}
        case "checkpoint":
            return {"found": checkpoint.get()}
        case "large-checkpoint":
            checkpoint.put("x" * CHECKPOINT_BYTES)
        case "integer":
            number = 10 ** job.variables["digits"] - 1
            before = checkpoint.get()
            checkpoint.put(number)
            return {"number": number, "kept": before == number}
        case "mistake":
            raise RuntimeError("it broke")
        case "list":
            return [1]
        case "log":
            log.info(TEXT, field=TEXT)
        case "message":
            raise Failure(TEXT, code=TEXT)
        case "error":
            raise BpmnError(TEXT, TEXT)
        case "result":
            return {"text": TEXT}
        case _:
            raise Failure(f"there is no case `{asked}`", retries=0)
    return {}
