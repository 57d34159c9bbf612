"""Structured log records of the job.

What is printed, and what goes through :mod:`logging`, goes to the job's log too, without fields::

    log.info("customer checked", customer="C-1", score=712)
"""

from typing import Any

from . import _host
from ._errors import HostError
from ._json import to_json


def trace(message: str, /, **fields: Any) -> None:
    """Every step, for the author of the worker."""
    write("trace", message, fields)


def debug(message: str, /, **fields: Any) -> None:
    """Details that explain a result."""
    write("debug", message, fields)


def info(message: str, /, **fields: Any) -> None:
    """What happened, in the words of the operator."""
    write("info", message, fields)


def warn(message: str, /, **fields: Any) -> None:
    """Something unexpected that the worker got over."""
    write("warn", message, fields)


def error(message: str, /, **fields: Any) -> None:
    """Something that made the job fail."""
    write("error", message, fields)


def write(level: str, message: str, fields: dict[str, Any]) -> None:
    """Writes a record. It never fails: what is over the host's limits is shortened or dropped."""
    _host.log(level, str(message), [(name, _text(value)) for name, value in fields.items()])


def _text(value: Any) -> str:
    """Texts stay as they are, other values are written as JSON, or else as Python shows them."""
    if isinstance(value, str):
        return value
    try:
        return to_json(value, "it")
    except HostError:
        return str(value)
