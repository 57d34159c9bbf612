"""Secrets that the operator granted to this component, by name."""

from . import _host
from ._text import name_of


def placeholder(name: str) -> str:
    """A token that stands for the secret in the headers of outgoing requests.

    The host puts the secret in its place: only towards hosts that the operator bound to the secret, and only in the
    headers of that grant, which is `authorization` unless it names others.
    """
    return _host.current().placeholder(name_of(name))


def reveal(name: str) -> str:
    """The secret itself, for uses that a header cannot serve, such as signing. Needs a grant of its own."""
    return _host.current().reveal(name_of(name))
