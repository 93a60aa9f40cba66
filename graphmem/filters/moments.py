"""Moments and days as callers write them: ISO 8601, or seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from graphmem.errors import InvalidInput

__all__ = ["day", "moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Stricter than `datetime.fromisoformat`, which takes any character for the T and reads 20121231123 as a date.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
_EXAMPLE = "Write it like '2026-01-31T12:00:00Z', as a day like '2026-01-31', or as seconds since 1970."


def moment(value: object) -> datetime:
    """`value` as an aware datetime in UTC, to the microsecond.

    Takes ISO 8601 text with a time zone, a day (its midnight, UTC), seconds since 1970, and Python's own
    aware datetimes and dates. Raises `InvalidInput` for anything else: above all for a time without a zone.
    """
    try:
        found = _read(value)
        if found is not None and found.utcoffset() is not None:
            return found.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            "A moment is out of range: it has to lie in the years 1 to 9999.",
            hint="Numbers are seconds since 1970, not milliseconds.",
        ) from None
    except ValueError as error:
        raise InvalidInput(f"{_shown(value)} is not a moment: {error}.", hint=_EXAMPLE) from None
    if found is None:
        raise InvalidInput(f"{_shown(value)} is not a moment.", hint=_EXAMPLE)
    raise InvalidInput(f"{found.isoformat()!r} names no time zone.", hint="Add Z for UTC, or an offset like +02:00.")


def day(value: object) -> date:
    """`value` as a day: ISO 8601 text like '2026-01-31', or a `date`. Else raises `InvalidInput`."""
    problem = ""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            problem = f": {error}"
    elif isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise InvalidInput(f"{_shown(value)} is not a day{problem}.", hint="Write it like '2026-01-31'.")


def _read(value: object) -> datetime | None:
    """What `value` says, maybe without a time zone; `None` where it is no moment."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        value = date.fromisoformat(value)
    elif isinstance(value, str) and _MOMENT.fullmatch(value):
        value = datetime.fromisoformat(value.upper())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _EPOCH + timedelta(seconds=value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value if isinstance(value, datetime) else None


def _shown(value: object) -> str:
    return repr(value)[:80]
