"""Identifiers and the clock.

Ids are random (UUID version 4), never derived from content: a derived id would go on telling a deleted name.
They are never reused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from graphmem.errors import InvalidInput

__all__ = ["check_id", "new_id", "utc_now"]


def new_id() -> str:
    """A fresh random UUID as 36 lower-case characters."""
    return str(uuid4())


def check_id(text: str, *, field: str = "id") -> str:
    """`text` as a canonical UUID; anything else raises `InvalidInput` naming `field`."""
    try:
        return str(UUID(text))
    except (ValueError, AttributeError, TypeError):
        shown = repr(text)[:80]
        raise InvalidInput(f"{field} should be a UUID, got {shown}.", field=field) from None


def utc_now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)
