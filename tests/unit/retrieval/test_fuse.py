from dataclasses import replace
from datetime import timedelta

import pytest

from graphmem.ids import new_id, utc_now
from graphmem.models import Memory, Scope
from graphmem.retrieval.fuse import boost, calibrate_words, fuse
from graphmem.retrieval.options import RecallOptions

OPTIONS = RecallOptions(semantic=0.4, keyword=0.3, graph=0.3)


def memory(**changes: object) -> Memory:
    now = utc_now()
    plain = Memory(id=new_id(), scope=Scope(user_id="ana"), text="A", observed_at=now, created_at=now, updated_at=now)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_hit_of_any_arm_is_a_hit() -> None:
    arms = {"semantic": {"a": 0.9}, "keyword": {"b": 0.9}, "graph": {"c": 0.9}}
    assert set(fuse(arms, 1.0, OPTIONS)) == {"a", "b", "c"}


def test_scores_stay_between_zero_and_one() -> None:
    arms = {"semantic": {"a": 3.0, "b": -1.0}, "keyword": {"a": 1.0}, "graph": {"a": 1.0, "b": 0.0}}
    found = fuse(arms, 1e9, OPTIONS)
    assert found["a"] == pytest.approx(1.0)
    assert found["b"] == 0.0


def test_seeds_that_tell_nothing_leave_the_graph_no_say() -> None:
    arms = {"semantic": {"a": 0.8}, "keyword": {}, "graph": {"b": 1.0}}
    assert fuse(arms, 0.0, OPTIONS) == {"a": pytest.approx(0.8 * 0.4 / 0.7)}
    weak, strong = fuse(arms, 0.01, OPTIONS)["b"], fuse(arms, 1.0, OPTIONS)["b"]
    assert 0 < weak < strong


def test_an_arm_without_weight_finds_nothing() -> None:
    assert fuse({"graph": {"a": 1.0}}, 1.0, replace(OPTIONS, graph=0.0)) == {}


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
