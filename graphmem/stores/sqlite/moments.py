"""Moments as integers: microseconds since 1970, exact over all of datetime's range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["maybe_micros", "maybe_moment", "micros", "moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * 1_000_000 + since.microseconds


@lru_cache(8192)
def moment(micros: int) -> datetime:
    """The moment, in UTC. Cached, for the moments of a memory are often the same."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_micros(moment: datetime | None) -> int | None:
    """`micros`, and None for None."""
    return None if moment is None else micros(moment)


def maybe_moment(micros: int | None) -> datetime | None:
    """`moment`, and None for None."""
    return None if micros is None else moment(micros)
