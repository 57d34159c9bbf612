"""Why a request has no answer, in words for the operator."""

from __future__ import annotations

from wit_world.imports import types as wasi

from ..http import Error


def error_of(code: wasi.ErrorCode, method: str, authority: str) -> Error:
    """The error that a code of the host means, of a request to `authority`."""
    name = type(code).__name__.removeprefix("ErrorCode_")
    match code:
        # The host tells the operator why; queries may hold what nobody else should read.
        case wasi.ErrorCode_HttpRequestDenied():
            return Error(f"the host does not send this request: {method} {authority}", permanent=True)
        case wasi.ErrorCode_DestinationIpProhibited():
            return Error(f"the address behind {authority} is not granted", permanent=True)
        case wasi.ErrorCode_DnsTimeout():
            return Error(f"the name of the HTTP host cannot be resolved: no answer about {authority} in time")
        case wasi.ErrorCode_DnsError(payload):
            return Error(f"the name of the HTTP host cannot be resolved: {authority}: {payload.rcode or 'unknown'}")
        case wasi.ErrorCode_DestinationNotFound():
            return Error(f"the name of the HTTP host cannot be resolved: {authority} is unknown")
        case wasi.ErrorCode_ConnectionRefused():
            return Error(f"the HTTP host cannot be reached: {authority}: it refuses connections")
        case wasi.ErrorCode_ConnectionTerminated():
            return Error(f"the HTTP host cannot be reached: {authority}: it closed the connection")
        case (
            wasi.ErrorCode_DestinationUnavailable()
            | wasi.ErrorCode_DestinationIpUnroutable()
            | wasi.ErrorCode_ConnectionLimitReached()
        ):
            return Error(f"the HTTP host cannot be reached: {authority}: {name}")
        case wasi.ErrorCode_ConnectionTimeout():
            return Error(f"the HTTP host cannot be reached: {authority} accepts no connection in time")
        case (
            wasi.ErrorCode_ConnectionReadTimeout()
            | wasi.ErrorCode_ConnectionWriteTimeout()
            | wasi.ErrorCode_HttpResponseTimeout()
        ):
            return Error(f"the HTTP host {authority} did not answer in time")
        case wasi.ErrorCode_TlsCertificateError():
            return Error(f"no secure connection to the HTTP host: {authority}: its certificate is not valid")
        case wasi.ErrorCode_TlsProtocolError() | wasi.ErrorCode_TlsAlertReceived():
            return Error(f"no secure connection to the HTTP host: {authority}: {name}")
        case wasi.ErrorCode_HttpResponseBodySize(limit):
            return Error(f"the HTTP answer of {authority} has more bytes than the host reads{_of(limit)}", permanent=True)
        case wasi.ErrorCode_HttpRequestBodySize(limit):
            return Error(f"the body of the HTTP request has more bytes than the host sends{_of(limit)}", permanent=True)
        case wasi.ErrorCode_InternalError(reason):
            return Error(f"the HTTP exchange with {authority} failed: {reason or 'no reason is given'}")
        case _ if name.startswith("HttpRequest"):
            return Error(f"the HTTP request cannot be built: {name}", permanent=True)
        case _:
            return Error(f"the HTTP exchange with {authority} failed: {name}")


def _of(limit: int | None) -> str:
    return "" if limit is None else f", {limit}"
