"""One exchange over `wasi:http`."""

from __future__ import annotations

from urllib.parse import urlsplit

from componentize_py_types import Err, Ok
from wit_world.imports import monotonic_clock, outgoing_handler, poll, streams
from wit_world.imports import types as wasi

from .. import _host
from .._kind import ErrorKind
from ..http import Error
from .http_error import error_of

_CHUNK_BYTES = 64 * 1024
"""How much of a body is read or written at once."""

_METHODS = {
    "GET": wasi.Method_Get,
    "HEAD": wasi.Method_Head,
    "POST": wasi.Method_Post,
    "PUT": wasi.Method_Put,
    "DELETE": wasi.Method_Delete,
    "OPTIONS": wasi.Method_Options,
    "PATCH": wasi.Method_Patch,
}


def send(request: _host.Request) -> _host.Answer:
    """Sends a request and reads the whole answer."""
    return _Exchange(request).run()


def _unbuildable(why: str) -> Error:
    return Error(f"the HTTP request cannot be built: {why}", ErrorKind.INVALID_REQUEST)


class _Exchange:
    def __init__(self, request: _host.Request) -> None:
        self.request = request
        try:
            self.url = urlsplit(request.url)
        except ValueError as error:
            raise _unbuildable(f"`{request.url}` is no URL: {error}") from None
        if self.url.scheme not in ("http", "https") or not self.url.netloc:
            raise _unbuildable(f"`{request.url}` is not an absolute http or https URL")
        if "@" in self.url.netloc:
            raise _unbuildable("its URL carries credentials; send them in a header")
        self.authority = self.url.netloc

    def run(self) -> _host.Answer:
        outgoing = self._build()
        with monotonic_clock.subscribe_duration(round(self.request.timeout * 1e9)) as self.timer:
            body = outgoing.body()
            try:
                future = outgoing_handler.handle(outgoing, None)
            except Err as error:
                raise self._error(error.value) from None
            with future:
                self._write(body)
                with future.subscribe() as answered:
                    while (result := future.get()) is None:
                        self._wait(answered)
                match result:
                    case Ok(Ok(response)):
                        with response:
                            return self._read(response)
                    case Ok(Err(code)):
                        raise self._error(code)
                    case _:
                        raise self._broken("the host answered twice")

    def _build(self) -> wasi.OutgoingRequest:
        fields = wasi.Fields()
        headers = list(self.request.headers)
        if self.request.body and not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("content-length", str(len(self.request.body))))
        for name, value in headers:
            try:
                fields.append(name, value.encode())
            except Err as error:
                why = type(error.value).__name__.removeprefix("HeaderError_").lower()
                raise _unbuildable(f"the header `{name}` is refused: {why}") from None
        outgoing = wasi.OutgoingRequest(fields)
        method = _METHODS.get(self.request.method)
        path = (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        try:
            outgoing.set_method(method() if method else wasi.Method_Other(self.request.method))
            outgoing.set_scheme(wasi.Scheme_Https() if self.url.scheme == "https" else wasi.Scheme_Http())
            outgoing.set_authority(self.authority)
            outgoing.set_path_with_query(path)
        except Err:
            raise _unbuildable(f"`{self.request.method} {self.request.url}` is no valid request") from None
        return outgoing

    def _write(self, body: wasi.OutgoingBody) -> None:
        """Writes the body. A host that answers before it has read everything closes the stream: the answer says why."""
        if self.request.body:
            try:
                with body.write() as stream, stream.subscribe() as room:
                    rest = memoryview(self.request.body)
                    while rest:
                        count = min(stream.check_write(), _CHUNK_BYTES, len(rest))
                        if count == 0:
                            self._wait(room)
                            continue
                        stream.write(bytes(rest[:count]))
                        rest = rest[count:]
                    stream.flush()
                    self._wait(room)
                    stream.check_write()
            except Err:
                return
        try:
            wasi.OutgoingBody.finish(body, None)
        except Err as error:
            raise self._error(error.value) from None

    def _read(self, response: wasi.IncomingResponse) -> _host.Answer:
        status = response.status()
        with response.headers() as fields:
            headers = [(name, value.decode("utf-8", "replace")) for name, value in fields.entries()]
        chunks: list[bytes] = []
        with response.consume() as body, body.stream() as stream, stream.subscribe() as more:
            try:
                while True:
                    if chunk := stream.read(_CHUNK_BYTES):
                        chunks.append(chunk)
                    else:
                        self._wait(more)
            except Err as error:
                if isinstance(error.value, streams.StreamError_LastOperationFailed):
                    code = wasi.http_error_code(error.value.value)
                    if code is None:
                        raise self._broken("the answer broke off") from None
                    raise self._error(code) from None
        return _host.Answer(status, headers, b"".join(chunks))

    def _wait(self, event: poll.Pollable) -> None:
        """Waits for an event, or for the request's end."""
        if 0 not in poll.poll([event, self.timer]):
            message = f"the HTTP host {self.authority} did not answer within {self.request.timeout:g} s"
            raise Error(message, ErrorKind.TIMEOUT)

    def _broken(self, why: str) -> Error:
        return Error(f"the HTTP exchange with {self.authority} failed: {why}", ErrorKind.PROTOCOL)

    def _error(self, code: wasi.ErrorCode) -> Error:
        return error_of(code, self.request.method, self.authority)
