"""Integers of any length, as JSON has them.

Python refuses to read or write integers of more than 4,300 digits, because that takes a time which grows faster than
their length. Of a job that time is bounded by its host, and its variables, result and checkpoint by their sizes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What Python reads and writes long integers with. It loads this when it meets the first one, and in a component there
# is nothing left to load from.
try:
    import _pylong  # noqa: F401
except ImportError:
    # Before Python 3.12 there was no such module.
    pass

_UNLIMITED = 0


@contextmanager
def integers_of_any_length() -> Iterator[None]:
    """Lifts the limit for as long as the block takes."""
    # Of Python 3.10, the first releases have no limit.
    if not hasattr(sys, "set_int_max_str_digits"):
        yield
        return
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(_UNLIMITED)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)
