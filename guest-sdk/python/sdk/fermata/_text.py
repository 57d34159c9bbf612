"""Texts as the host takes them: UTF-8, which halves of surrogate pairs are not."""

import dataclasses
import re
from typing import Any, TypeVar

from ._errors import HostError
from ._kind import ErrorKind

T = TypeVar("T")

_HALF = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """The text with U+FFFD in place of each half of a surrogate pair."""
    return _HALF.sub("\ufffd", text)


def is_well_formed(text: str) -> bool:
    """Whether no half of a surrogate pair is in it."""
    return _HALF.search(text) is None


def all_well_formed(value: T) -> T:
    """A value whose texts are well formed, also those in lists and dataclasses."""
    return _passed(value)


def _passed(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_passed(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _passed(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


def bytes_of(value: str | bytes) -> bytes:
    """A text as UTF-8, or bytes as they are. It raises `TypeError` or `ValueError` for anything else."""
    # A number is no content: `bytes` makes so many zeros of it.
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def name_of(name: str) -> str:
    """A name that the host looks something up by. Replacing a part of it would ask for something else."""
    if is_well_formed(name):
        return name
    raise HostError(f"the name {name!a} is not UTF-8", ErrorKind.INVALID_NAME)
