"""Identifiers and the clock.

Ids are random (UUID version 4), never derived from content: a derived id would go on telling a deleted name.
They are never reused. What is to be read in the order in which it came (jobs) has ids that begin with the time (version
7, RFC 9562).
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from os import urandom
from uuid import UUID

from graphmem.errors import InvalidInput

__all__ = ["check_id", "new_id", "timed_id", "utc_now"]

_turn = threading.Lock()
_last = [0]


def new_id() -> str:
    """A fresh random UUID as 36 lower-case characters."""
    # As `str(uuid4())`, in a third of the time: a memory needs half a dozen.
    return _written(bytearray(urandom(16)), version=4)


def timed_id() -> str:
    """A fresh UUID that sorts, as text, behind all that were made before: the time to 1/4096 ms, then 62 random bits.

    Of one process strictly; of several as far as their clocks agree.
    """
    with _turn:
        _last[0] = ticks = max(time.time_ns() * 4096 // 1_000_000, _last[0] + 1)
    milliseconds, fraction = divmod(ticks, 4096)
    return _written(bytearray(milliseconds.to_bytes(6) + fraction.to_bytes(2) + urandom(8)), version=7)


def _written(digits: bytearray, *, version: int) -> str:
    digits[6] = digits[6] & 0x0F | version << 4
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
