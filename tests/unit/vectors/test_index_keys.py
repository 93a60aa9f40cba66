"""What an index is told of whose a point is: hashes."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given

from graphmem.filters import Leaf, matches, negate, parse_filter, widen
from graphmem.models import SCOPE_FIELDS
from graphmem.testing.points import Pen
from graphmem.testing.strategies import documents, filters
from graphmem.vectors.keys import askable, leaf_tokens, partition_key, point_tokens, project_key


def test_keys_of_different_things_differ() -> None:
    keys = [
        project_key("ab"),
        project_key("a"),
        partition_key("a", "user:b"),
        partition_key("a", "agent:b"),
        partition_key("au", "ser:b"),
        partition_key("b", "user:a"),
        partition_key("partition", "a"),
    ]
    assert all(left != right for left, right in combinations(keys, 2))
    assert {len(key) for key in keys} == {32}
    assert partition_key("a", "user:b") == partition_key("a", "user:b")


def test_a_point_carries_its_project_scope_and_tokens(pen: Pen) -> None:
    point = pen.of({"user_id": "ana", "run_id": "7", "metadata": {"trip": ["lisbon", 2]}, "categories": ["food"]})
    asked = {
        token
        for where in ({"user_id": "ana"}, {"run_id": "7"}, {"trip": "lisbon"}, {"trip": 2.0}, {"categories": "food"})
        for token in leaf_tokens(parse_filter(where))
    }
    assert set(point_tokens(point)) == {project_key(pen.project), *asked}
    assert "ana" not in "".join(point_tokens(point))


@given(documents(), filters())
def test_what_is_asked_is_never_narrower(document: dict[str, object], where: object) -> None:
    wide = askable(where)
    assert not matches(where, document) or matches(wide, document)
    assert widen(wide, lambda leaf: leaf.op in ("eq", "in")) == wide
    assert {leaf.field.split(".")[0] for leaf in _leaves(wide)} <= {*SCOPE_FIELDS, "categories", "metadata"}


@given(documents(), filters())
def test_under_a_not_as_well(document: dict[str, object], where: object) -> None:
    assert matches(where, document) or matches(askable(negate(where)), document)


def _leaves(where: object) -> list[Leaf]:
    if isinstance(where, Leaf):
        return [where]
    parts = getattr(where, "parts", None) or ([where.part] if hasattr(where, "part") else [])
    return [leaf for part in parts for leaf in _leaves(part)]
