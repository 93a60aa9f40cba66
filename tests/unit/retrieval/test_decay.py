from datetime import UTC, datetime, timedelta

import pytest

from graphmem.ids import new_id
from graphmem.models import Memory, Scope
from graphmem.retrieval.decay import EVEN, FADED, FRESH, fading

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def memory(said: float, *, made: float | None = None, changed: float | None = None) -> Memory:
    """A memory said, made and last changed so many days before now."""
    made = said if made is None else made
    return Memory(
        id=new_id(),
        scope=Scope(user_id="ana"),
        text="A",
        observed_at=NOW - timedelta(days=said),
        created_at=NOW - timedelta(days=made),
        updated_at=NOW - timedelta(days=made if changed is None else changed),
    )


def test_it_falls_from_fresh_to_faded_and_never_out_of_bounds() -> None:
    ages = [0.0, 0.1, 1, 7, 29, 30, 31, 90, 365, 10_000]
    factors = [fading(memory(age), NOW) for age in ages]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == pytest.approx(FRESH)
    assert factors[-1] == pytest.approx(FADED)
    assert all(FADED <= factor <= FRESH for factor in factors)


def test_after_a_month_a_score_is_what_it_was() -> None:
    assert fading(memory(EVEN), NOW) == pytest.approx(1.0)


def test_what_is_dated_ahead_is_fresh() -> None:
    assert fading(memory(-100), NOW) == pytest.approx(FRESH)


def test_age_counts_from_when_it_was_said_not_from_when_it_was_brought_in() -> None:
    assert fading(memory(365, made=0), NOW) == pytest.approx(fading(memory(365), NOW))


def test_a_change_makes_it_fresh_again() -> None:
    assert fading(memory(365, made=365, changed=1), NOW) == pytest.approx(fading(memory(1), NOW))
    assert fading(memory(1, made=365, changed=300), NOW) == pytest.approx(fading(memory(1), NOW))
