"""Why something that a worker asked for did not come."""

from enum import Enum


class ErrorKind(Enum):
    """What kind of thing did not come: the `kind` of a :class:`HostError` or a :class:`fermata.http.Error`."""

    INVALID_REQUEST = "invalid-request"
    """The HTTP request cannot be built: a bad URL, method, header, body or timeout."""
    REFUSED = "refused"
    """The host does not send this request: a grant is missing, or something about it is never sent."""
    DNS = "dns"
    """The HTTP host's name has no address."""
    CONNECT = "connect"
    """Nobody accepted the connection, or it broke before the answer began."""
    TLS = "tls"
    """The HTTP host's certificate or TLS version is not acceptable."""
    TIMEOUT = "timeout"
    """No answer, or not all of it, within the request's time. The request may have had its effect."""
    PROTOCOL = "protocol"
    """The answer is not valid HTTP, or it ended too early. The request may have had its effect."""
    UNEXPECTED_BODY = "unexpected-body"
    """The body of an HTTP answer is not JSON."""
    TOO_LARGE = "too-large"
    """More bytes than a limit, which the message names."""
    UNREADABLE_CHECKPOINT = "unreadable-checkpoint"
    """What is stored as checkpoint is not JSON: something else wrote it."""
    SUPERSEDED = "superseded"
    """A later attempt of this job has started; this one no longer counts."""
    UNAVAILABLE = "unavailable"
    """The host's store, or its settings, did not answer."""
    NOT_GRANTED = "not-granted"
    """The operator has not granted this use of the secret."""
    NOT_SET = "not-set"
    """The secret is granted and has no value."""
    NOT_OFFERED = "not-offered"
    """The host does not record effects, or the component's world does not have what was asked for."""
    DIGEST_DIFFERS = "digest-differs"
    """The call was begun before with another content."""
    NOT_BEGUN = "not-begun"
    """The call was not begun in this job."""
    INVALID_NAME = "invalid-name"
    """What was asked for has a name that is not UTF-8."""
    MISUSE = "misuse"
    """The worker has handed over something that the interface cannot take, such as a result that is no JSON object."""

    @property
    def is_permanent(self) -> bool:
        """Whether a retry would meet the same error, until somebody changes the worker, its input or its grants."""
        return self not in _PASSING


_PASSING = frozenset(
    {
        ErrorKind.DNS,
        ErrorKind.CONNECT,
        ErrorKind.TLS,
        ErrorKind.TIMEOUT,
        ErrorKind.PROTOCOL,
        ErrorKind.UNEXPECTED_BODY,
        ErrorKind.SUPERSEDED,
        ErrorKind.UNAVAILABLE,
    }
)
