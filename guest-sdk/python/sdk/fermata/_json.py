"""JSON text of what a worker hands to the host, and values of what it gets; what does not fit is refused by name."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from ._errors import HostError
from ._integers import integers_of_any_length
from ._kind import ErrorKind
from ._text import is_well_formed

_DEPTH_MAX = 200
"""How deep values may be nested."""


def to_json(value: Any, what: str) -> str:
    """A value as JSON text. Dataclasses are objects, tuples are arrays."""
    plain = _plain(value, what, "", 0)
    with integers_of_any_length():
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_json(text: str | bytes) -> Any:
    """The value of JSON text. It raises `ValueError` or `RecursionError`."""
    with integers_of_any_length():
        return json.loads(text)


def to_json_object(value: Any, what: str) -> str:
    """A JSON object as text; None is an object without members."""
    if value is None:
        return "{}"
    if not (isinstance(value, dict) or _is_dataclass(value)):
        raise HostError(f"{what} must be a JSON object (a dict), not {_kind(value)}", ErrorKind.MISUSE)
    return to_json(value, what)


def _plain(value: Any, what: str, place: str, depth: int) -> Any:
    def refuse(why: str) -> HostError:
        where = f"`{place}` in {what}" if place else what
        return HostError(f"{where} {why}", ErrorKind.MISUSE)

    if depth > _DEPTH_MAX:
        raise HostError(f"{what} is nested deeper than {_DEPTH_MAX} levels", ErrorKind.MISUSE)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        if not is_well_formed(value):
            raise refuse("holds half a surrogate pair, which UTF-8 cannot hold")
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise refuse(f"is {value}, which JSON cannot hold")
    if isinstance(value, (list, tuple)):
        return [_plain(item, what, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    if _is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        members = {}
        for name, member in value.items():
            if not isinstance(name, str):
                raise refuse(f"has the key {name!r}, and keys of JSON objects are texts")
            members[_plain(name, what, place, depth)] = _plain(
                member, what, f"{place}.{name}" if place else name, depth + 1
            )
        return members
    raise refuse(f"is {_kind(value)}, which JSON cannot hold")


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
