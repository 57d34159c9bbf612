"""Looks a customer up at a service, and has the customer checked."""

from dataclasses import asdict
from typing import Any

from fermata import Failure, Job, checkpoint, log, worker
from service import Customer, CustomerService

SCORE_APPROVED = 600
"""The least score of a customer that is approved."""


@worker
def handle(job: Job) -> dict[str, Any]:
    customer_id = customer_of(job)
    service = CustomerService()

    # An attempt that comes after a failed check goes on where the one before has stopped.
    kept = checkpoint.get()
    if kept is None:
        customer = service.find(customer_id)
        checkpoint.put(asdict(customer))
    else:
        customer = Customer(**kept)
    check_id = service.check(customer_id, customer.score, job.idempotency_key)

    log.info("customer checked", customer=customer_id, score=customer.score)
    return {"customerName": customer.name, "checkId": check_id, "approved": customer.score >= SCORE_APPROVED}


def customer_of(job: Job) -> str:
    customer = job.variables.get("customer")
    if customer is None:
        raise Failure("variable `customer` is missing", retries=0)
    if not isinstance(customer, str):
        raise Failure("variable `customer` is not a text", retries=0)
    return customer
