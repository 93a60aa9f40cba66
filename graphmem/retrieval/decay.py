"""Fading: what nobody has said or changed for long gives way to what is fresh, where a project wants it so."""

from __future__ import annotations

from datetime import datetime

from graphmem.models import Memory

__all__ = ["FADED", "FRESH", "fading"]

FRESH = 1.5
"""What a memory of this moment has its score multiplied by, as in mem0's decay."""

FADED = 0.3
"""What is left of the score of the oldest, as in mem0's: old is not wrong, so nothing fades away altogether."""

EVEN = 30.0
"""The age in days at which a score stays as it is: what happened within a month is what people call recent. At three
months the factor is 0.54, at a year the floor is reached to within half a percent."""


def fading(memory: Memory, now: datetime) -> float:
    """What decay multiplies the memory's score by: from `FRESH` down to `FADED`, falling exponentially with age.

    Age counts from when it was said, or last changed since; what is dated after `now` is fresh. Being found does not
    refresh it: a search writes nothing.
    """
    changed = memory.updated_at if memory.updated_at > memory.created_at else memory.observed_at
    days = max(0.0, (now - max(memory.observed_at, changed)).total_seconds() / 86_400)
    share: float = ((1.0 - FADED) / (FRESH - FADED)) ** (days / EVEN)
    return FADED + (FRESH - FADED) * share
