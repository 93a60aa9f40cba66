"""Identifiers and the clock.

Ids are random (UUID version 4), never derived from content: a derived id would go on telling a deleted name.
They are never reused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from os import urandom
from uuid import UUID

from graphmem.errors import InvalidInput

__all__ = ["check_id", "new_id", "utc_now"]


def new_id() -> str:
    """A fresh random UUID as 36 lower-case characters."""
    # As `str(uuid4())`, in a third of the time: a memory needs half a dozen.
    digits = bytearray(urandom(16))
    digits[6] = digits[6] & 0x0F | 0x40  # the version
    digits[8] = digits[8] & 0x3F | 0x80  # the variant
    text = digits.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


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
