from dataclasses import replace
from datetime import timedelta

import pytest

from graphmem.ids import new_id, utc_now
from graphmem.models import Memory, Scope
from graphmem.retrieval.fuse import Arm, boost, calibrate_words, fuse, mean, trust
from graphmem.retrieval.options import RecallOptions

OPTIONS = RecallOptions()
NONE = Arm(0.0, {})


def memory(**changes: object) -> Memory:
    now = utc_now()
    plain = Memory(id=new_id(), scope=Scope(user_id="ana"), text="A", observed_at=now, created_at=now, updated_at=now)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_hit_of_any_arm_is_a_hit() -> None:
    found = fuse(Arm(0.6, {"a": 0.9}), Arm(0.4, {"b": 0.9}), Arm(0.6, {"c": 0.9}))
    assert found.keys() == {"a", "b", "c"}


def test_a_mean_stays_between_zero_and_one() -> None:
    found = mean(Arm(0.4, {"a": 3.0, "b": -1.0}), Arm(0.2, {"a": 1.0}), Arm(0.4, {"a": 1.0, "b": 0.0}))
    assert found == {"a": pytest.approx(1.0), "b": 0.0}


def test_an_arm_without_weight_finds_nothing() -> None:
    assert mean(Arm(0.0, {"a": 1.0})) == {}
    assert mean(Arm(0.0, {"a": 1.0}), Arm(0.5, {"b": 0.5})) == {"b": 0.5}


def test_seeds_that_tell_nothing_leave_the_graph_no_say() -> None:
    assert trust(0.0, OPTIONS) == 0.0
    assert trust(OPTIONS.rare, OPTIONS) == 0.5
    assert 0.9 < trust(10.0, OPTIONS) < 1.0


def test_context_is_added_to_what_a_memory_has_by_itself() -> None:
    likeness = Arm(0.6, {"a": 0.5, "b": 0.5})
    assert fuse(likeness, NONE, NONE) == {"a": 0.5, "b": 0.5}
    found = fuse(likeness, NONE, Arm(0.6, {"b": 0.25, "c": 0.1}))
    assert found == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.1})


def test_what_context_lifts_over_one_keeps_its_order() -> None:
    found = fuse(Arm(0.6, {"a": 0.9, "b": 0.8}), NONE, Arm(0.6, {"a": 0.5, "b": 1.2}))
    assert found == pytest.approx({"a": 0.7, "b": 1.0})


def test_the_best_of_a_bad_lot_is_no_find() -> None:
    assert calibrate_words({"a": 0.3, "b": 0.15}) == pytest.approx({"a": 0.1, "b": 0.05})
    assert calibrate_words({"a": 12.0, "b": 6.0}) == {"a": 1.0, "b": 0.5}
    assert calibrate_words({}) == {}


def test_boosts_are_mild_and_point_the_right_way() -> None:
    now = utc_now()
    old = memory(observed_at=now - timedelta(days=3650))
    plain = boost(0.5, old, 1, now, OPTIONS)
    assert plain == pytest.approx(0.5, abs=1e-6)
    assert plain < boost(0.5, memory(), 1, now, OPTIONS) <= 0.5 * 1.06
    assert plain < boost(0.5, old, 9, now, OPTIONS) <= 0.5 * 1.06
    assert boost(0.5, replace(old, feedback="POSITIVE"), 1, now, OPTIONS) > plain
    assert boost(0.5, replace(old, feedback="VERY_NEGATIVE"), 1, now, OPTIONS) < plain
    assert boost(1.0, memory(feedback="POSITIVE"), 9, now, OPTIONS) == 1.0
