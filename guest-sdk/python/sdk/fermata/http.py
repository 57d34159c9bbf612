"""HTTP through the host, which lets a request out only where the operator granted it.

Any status is an answer, not an error: what it means is the worker's business.
Redirects are answers too: they are not followed, because every hop needs a grant of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from . import _host
from ._json import from_json, to_json
from ._kind import ErrorKind
from ._text import bytes_of, is_well_formed

TIMEOUT_DEFAULT = 20.0
"""How many seconds a request may take, to the last byte of its answer, unless it says otherwise.

A job may take 30 s unless its grant says otherwise: so the worker hears of it, and not only its operator."""

_TIMEOUT_MAX = 1e9
"""Over thirty years are as good as for ever."""


class Error(Exception):
    """Why a request has no answer, or an answer cannot be read.

    Nobody needs to catch it: the job fails with its message, and is retried where a retry can help.
    """

    def __init__(self, message: str, kind: ErrorKind) -> None:
        super().__init__(message)
        self.kind = kind
        """What kind of thing did not come."""

    @property
    def permanent(self) -> bool:
        """Whether the same request would meet the same error until somebody changes the grants or the worker."""
        return self.kind.is_permanent


@dataclass(frozen=True)
class Response:
    """An answer with its whole body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    """In the answer's order; a name may be repeated."""
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def retry_after(self) -> float | None:
        """How many seconds the service asks to wait: `Retry-After` in whole seconds. A date in it is not read."""
        seconds = (self.header("retry-after") or "").strip()
        return float(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else None

    def header(self, name: str) -> str | None:
        """The first header of this name, in any casing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body read from JSON."""
        try:
            return from_json(self.body)
        except (ValueError, RecursionError) as error:
            message = f"the HTTP answer cannot be read: {error}; its status is {self.status}"
            raise Error(message, ErrorKind.UNEXPECTED_BODY) from error


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    data: bytes | str | None = None,
    timeout: float = TIMEOUT_DEFAULT,
) -> Response:
    """Sends a request and waits for the whole answer.

    At most one of `json`, `form` and `data` is its body. The time is above 0 s, and counts to the last byte of the answer.
    A request that cannot be built is an :class:`Error` that no retry helps, whatever is wrong with its parts.
    """
    try:
        built = _built(method, url, headers, params, json, form, data, timeout)
    except (AttributeError, TypeError, ValueError) as error:
        raise Error(f"the HTTP request cannot be built: {error}", ErrorKind.INVALID_REQUEST) from error
    answer = _host.current().http_send(built)
    return Response(answer.status, answer.headers, answer.body)


def _built(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    json: Any,
    form: Mapping[str, str] | None,
    data: bytes | str | None,
    timeout: float,
) -> _host.Request:
    if sum(body is not None for body in (json, form, data)) > 1:
        raise TypeError("it has one body: give `json`, `form` or `data`")
    sent = list((headers or {}).items())
    _check_text(method, "its method")
    _check_text(url, "its URL")
    for name, value in sent:
        _check_text(name, "the name of a header")
        _check_text(value, f"the header `{name}`")
    names = {name.lower() for name, _ in sent}
    content_type, body = None, b""
    if json is not None:
        content_type, body = "application/json", to_json(json, "the request's body").encode()
    elif form is not None:
        content_type, body = "application/x-www-form-urlencoded", urlencode(form).encode()
    elif data is not None:
        body = bytes_of(data)
    if content_type is not None and "content-type" not in names:
        sent.append(("content-type", content_type))
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params, quote_via=quote)
    if not isinstance(timeout, (int, float)):
        raise TypeError(f"its timeout is {timeout!r}, and a timeout is a number of seconds")
    if not 0 < timeout <= _TIMEOUT_MAX:
        raise ValueError(f"its timeout is {timeout!r} s")
    return _host.Request(method.upper(), url, sent, body, timeout)


def _check_text(value: Any, what: str) -> None:
    """The message does not repeat the value, which may be a secret."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is of the type {type(value).__name__}, and not a text")
    if not is_well_formed(value):
        raise ValueError(f"{what} is not UTF-8")


def get(url: str, **options: Any) -> Response:
    """Sends a GET request, see :func:`request`."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Response:
    """Sends a POST request, see :func:`request`."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    """Sends a PUT request, see :func:`request`."""
    return request("PUT", url, **options)


def patch(url: str, **options: Any) -> Response:
    """Sends a PATCH request, see :func:`request`."""
    return request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Response:
    """Sends a DELETE request, see :func:`request`."""
    return request("DELETE", url, **options)
