"""The calls of the customer service, and what their answers mean."""

from dataclasses import dataclass
from urllib.parse import quote

from fermata import BpmnError, Failure, config, http, secrets


@dataclass
class Customer:
    """What the worker needs to know of a customer."""

    name: str
    score: int


class CustomerService:
    def __init__(self) -> None:
        base_url = config.get("base-url")
        if base_url is None:
            raise Failure("setting `base-url` is missing", retries=0)
        self.base_url = base_url.rstrip("/")
        # The host puts the secret in the place of this token when the request leaves.
        self.headers = {"authorization": f"Bearer {secrets.placeholder('CUSTOMER_API_KEY')}"}

    def find(self, customer_id: str) -> Customer:
        """Looks a customer up."""
        response = http.get(f"{self.base_url}/customers/{quote(customer_id, safe='')}", headers=self.headers)
        if response.status == 404:
            raise BpmnError("CUSTOMER_NOT_FOUND", f"there is no customer {customer_id}", {"customer": customer_id})
        if response.status != 200:
            raise Failure.of(response, f"the customer service answered {response.status}")
        return customer_of(response)

    def check(self, customer_id: str, score: int, idempotency_key: str) -> str:
        """Has a customer checked; gives the id of the check."""
        response = http.post(
            f"{self.base_url}/checks",
            headers={**self.headers, "idempotency-key": idempotency_key},
            json={"customer": customer_id, "score": score},
        )
        if response.status != 201:
            raise Failure.of(response, f"the check service answered {response.status}")
        return check_of(response)


def check_of(response: http.Response) -> str:
    """The id of a check."""
    try:
        answer = response.json()
    except http.Error:
        answer = None
    match answer:
        case {"id": str(check_id)}:
            return check_id
    raise Failure("the check service answered something else than a check", retries=0)


def customer_of(response: http.Response) -> Customer:
    """What the worker needs of the service's answer; other fields are dropped."""
    try:
        answer = response.json()
    except http.Error:
        answer = None
    match answer:
        case {"name": str(name), "score": number} if (score := whole(number)) is not None:
            return Customer(name, score)
    raise Failure("the customer service answered something else than a customer", retries=0)


def whole(number: object) -> int | None:
    """A whole number, which JSON may write as 712.0. To Python, true is a number too."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) else None
