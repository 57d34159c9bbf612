"""Settings that are not secret, such as a service's base URL."""

from __future__ import annotations

from . import _host
from ._text import name_of


def get(key: str) -> str | None:
    """The value that the operator set for a key, or else the manifest's default; None when there is none."""
    return _host.current().setting(name_of(key))
