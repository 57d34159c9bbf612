"""Why a request has no answer, in words for the operator."""

from __future__ import annotations

from wit_world.imports import types as wasi

from .._kind import ErrorKind
from ..http import Error


def error_of(code: wasi.ErrorCode, method: str, authority: str) -> Error:
    """The error that a code of the host means, of a request to `authority`."""
    name = type(code).__name__.removeprefix("ErrorCode_")
    match code:
        # The host tells the operator why; queries may hold what nobody else should read.
        case wasi.ErrorCode_HttpRequestDenied():
            return Error(f"the host does not send this request: {method} {authority}", ErrorKind.REFUSED)
        case wasi.ErrorCode_DestinationIpProhibited():
            return Error(f"the address behind {authority} is not granted", ErrorKind.REFUSED)
        case wasi.ErrorCode_DnsTimeout():
            message = f"the name of the HTTP host cannot be resolved: no answer about {authority} in time"
            return Error(message, ErrorKind.DNS)
        case wasi.ErrorCode_DnsError(payload):
            message = f"the name of the HTTP host cannot be resolved: {authority}: {payload.rcode or 'unknown'}"
            return Error(message, ErrorKind.DNS)
        case wasi.ErrorCode_DestinationNotFound():
            return Error(f"the name of the HTTP host cannot be resolved: {authority} is unknown", ErrorKind.DNS)
        case wasi.ErrorCode_ConnectionRefused():
            return Error(f"the HTTP host cannot be reached: {authority}: it refuses connections", ErrorKind.CONNECT)
        case wasi.ErrorCode_ConnectionTerminated():
            return Error(f"the HTTP host cannot be reached: {authority}: it closed the connection", ErrorKind.CONNECT)
        case (
            wasi.ErrorCode_DestinationUnavailable()
            | wasi.ErrorCode_DestinationIpUnroutable()
            | wasi.ErrorCode_ConnectionLimitReached()
        ):
            return Error(f"the HTTP host cannot be reached: {authority}: {name}", ErrorKind.CONNECT)
        case wasi.ErrorCode_ConnectionTimeout():
            message = f"the HTTP host cannot be reached: {authority} accepts no connection in time"
            return Error(message, ErrorKind.CONNECT)
        case (
            wasi.ErrorCode_ConnectionReadTimeout()
            | wasi.ErrorCode_ConnectionWriteTimeout()
            | wasi.ErrorCode_HttpResponseTimeout()
        ):
            return Error(f"the HTTP host {authority} did not answer in time", ErrorKind.TIMEOUT)
        case wasi.ErrorCode_TlsCertificateError():
            message = f"no secure connection to the HTTP host: {authority}: its certificate is not valid"
            return Error(message, ErrorKind.TLS)
        case wasi.ErrorCode_TlsProtocolError() | wasi.ErrorCode_TlsAlertReceived():
            return Error(f"no secure connection to the HTTP host: {authority}: {name}", ErrorKind.TLS)
        case wasi.ErrorCode_HttpResponseBodySize(limit):
            message = f"the HTTP answer of {authority} has more bytes than the host reads{_of(limit)}"
            return Error(message, ErrorKind.TOO_LARGE)
        case wasi.ErrorCode_HttpRequestBodySize(limit):
            message = f"the body of the HTTP request has more bytes than the host sends{_of(limit)}"
            return Error(message, ErrorKind.TOO_LARGE)
        case wasi.ErrorCode_InternalError(reason):
            message = f"the HTTP exchange with {authority} failed: {reason or 'no reason is given'}"
            return Error(message, ErrorKind.PROTOCOL)
        case _ if name.startswith("HttpRequest"):
            return Error(f"the HTTP request cannot be built: {name}", ErrorKind.INVALID_REQUEST)
        case _:
            return Error(f"the HTTP exchange with {authority} failed: {name}", ErrorKind.PROTOCOL)


def _of(limit: int | None) -> str:
    return "" if limit is None else f", {limit}"
