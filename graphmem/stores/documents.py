"""JSON text as stores keep it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from graphmem.errors import InvalidInput

__all__ = ["dumped", "loaded"]


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


# One encoder and decoder for all: `json.dumps` makes one for each call, `json.loads` prepares for any text.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode
_decode = json.JSONDecoder().raw_decode


def dumped(value: Any) -> str:
    """A value as JSON text, keys in their order, numbers exact. Raises `InvalidInput` for what is no JSON."""
    try:
        text = _encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(f"A value cannot be stored as JSON: {error}.", field="metadata") from error
    if "\\u0000" in text and "\0" in "".join(_texts(value)):
        raise InvalidInput("A text with a NUL character cannot be stored.", field="metadata")
    return text


def loaded(text: str) -> Any:
    """What `dumped` made JSON text of."""
    return _decode(text)[0]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
