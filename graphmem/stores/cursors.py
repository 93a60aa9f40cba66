"""Cursors: the place at which a page ended, opaque to whoever holds it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphmem.errors import InvalidInput
from graphmem.queries import Page

__all__ = ["Place", "page", "place"]

Item = TypeVar("Item")
Place = tuple[Any, ...]
"""Where an item stands in an order: integers and texts."""


def page(items: Sequence[Item], limit: int, at: Callable[[Item], Place]) -> Page[Item]:
    """The first `limit` items, with a cursor if there are more."""
    if len(items) <= limit or limit < 1:
        return Page(tuple(items[:limit]))
    encoded = json.dumps(at(items[limit - 1])).encode()
    return Page(tuple(items[:limit]), base64.urlsafe_b64encode(encoded).decode())


def place(cursor: str | None, start: Place) -> Place:
    """The place that a cursor names, which is of the same kinds as `start`; that, where there is none.

    Raises `InvalidInput` for a cursor that was not made here.
    """
    if cursor is None:
        return start
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, list) or [type(each) for each in found] != [type(each) for each in start]:
        raise unknown()
    return tuple(found)


def unknown() -> InvalidInput:
    """What to raise for a cursor that leads nowhere."""
    return InvalidInput("This cursor was not given by this store.", hint="Begin without a cursor.", field="cursor")
