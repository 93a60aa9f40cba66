"""Vector indexes: what is held, and how it is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmem.abc import VectorIndex
from graphmem.changes import Mark
from graphmem.filters import FALSE, METADATA, Filter, Leaf, Not, Or, matches, widen
from graphmem.ids import new_id
from graphmem.models import SCOPE_FIELDS, Kind, Point
from graphmem.queries import Neighbour, VectorQuery
from graphmem.testing.flat import FlatIndex
from graphmem.testing.points import DIMENSIONS, FINGERPRINT, Pen, terms
from graphmem.testing.strategies import documents, filters
from graphmem.testing.suite.base import IndexSuite
from graphmem.testing.worlds import collect

__all__ = ["HoldingTests", "MeaningTests", "RankingTests"]

_HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.differing_executors]


async def one(index: VectorIndex, query: VectorQuery) -> list[Neighbour]:
    """The answer to one query."""
    [found] = await index.query([query])
    return found


def ids(found: Sequence[Neighbour]) -> list[str]:
    """Whom a query found."""
    return [neighbour.id for neighbour in found]


def mark(point: Point, revision: int | None = None) -> Mark:
    """A mark of the point."""
    return Mark(point.kind, point.id, point.revision if revision is None else revision)


async def held(index: VectorIndex) -> dict[str, Mark]:
    """What the index says that it holds."""
    marks = await collect(index.scan())
    assert len({each.id for each in marks}) == len(marks) == await index.count()
    return {each.id: each for each in marks}


async def flat(points: Sequence[Point]) -> FlatIndex:
    """The exact index with the same points."""
    exact = FlatIndex()
    await exact.open(FINGERPRINT)
    await exact.upsert(points)
    return exact


class HoldingTests(IndexSuite):
    """`upsert`, `delete`, `scan`, `count`: revisions decide."""

    async def test_an_empty_index(self, index: VectorIndex, pen: Pen) -> None:
        """Holds nothing, finds nothing, takes nothing."""
        assert await held(index) == {}
        assert await index.query([pen.ask(), pen.ask(pen.sparse())]) == [[], []]
        assert await index.query([]) == []
        await index.upsert([])
        await index.delete([])
        assert await index.count() == 0

    async def test_what_is_written_is_held_and_found(self, index: VectorIndex, pen: Pen) -> None:
        """At once, with its revision."""
        points = [pen.point(kind, revision=n) for kind in ("memory", "relation", "entity") for n in (1, 7)]
        await index.upsert(points)
        assert await held(index) == {point.id: mark(point) for point in points}
        for point in points:
            found = await one(index, pen.ask(point.dense, kind=point.kind))
            assert (found[0].id, found[0].revision) == (point.id, point.revision)
            assert found[0].score == pytest.approx(1.0, abs=1e-3)

    @pytest.mark.parametrize(("revision", "taken"), [(4, False), (5, True), (6, True), (2**40, True)])
    async def test_a_point_is_replaced_by_none_that_is_older(
        self, index: VectorIndex, pen: Pen, revision: int, taken: bool
    ) -> None:
        """Vectors, owner and revision, together or not at all."""
        old = pen.point(revision=5, dense=pen.dense(0), sparse=terms({1: 1.0}))
        new = replace(old, revision=revision, dense=pen.dense(1), sparse=terms({2: 1.0}), owner="user:bo")
        await index.upsert([old, pen.point(sparse=terms({1: 0.5, 2: 0.5}))])
        await index.upsert([new])
        there, gone = (new, old) if taken else (old, new)
        assert (await held(index))[old.id] == mark(there)
        assert await index.count() == 2
        for query in (pen.ask(there.dense), pen.ask(there.sparse)):
            own = replace(query, filter=replace(query.filter, owners=(there.owner,)))
            assert ids(await one(index, own))[0] == old.id
        assert old.id not in ids(await one(index, pen.ask(gone.sparse)))
        assert old.id not in ids(await one(index, pen.ask(owners=(gone.owner,))))

    @pytest.mark.parametrize(("revision", "left"), [(4, True), (5, False), (6, False), (2**62, False)])
    async def test_a_point_is_removed_unless_it_is_newer(
        self, index: VectorIndex, pen: Pen, revision: int, left: bool
    ) -> None:
        """Up to the greatest of revisions, which is how the gone are marked."""
        point, other = pen.point(revision=5), pen.point(revision=5)
        await index.upsert([point, other])
        await index.delete([mark(point, revision), Mark("memory", new_id(), revision)])
        assert set(await held(index)) == ({point.id, other.id} if left else {other.id})
        for query in (pen.ask(point.dense), pen.ask(point.sparse)):
            assert (point.id in ids(await one(index, query))) == left

    async def test_what_was_removed_may_come_back_newer(self, index: VectorIndex, pen: Pen) -> None:
        """With a later revision, as itself."""
        point = pen.point(revision=5)
        await index.upsert([point])
        await index.delete([mark(point, 6)])
        await index.upsert([replace(point, revision=7)])
        assert await held(index) == {point.id: mark(point, 7)}
        assert ids(await one(index, pen.ask(point.dense))) == [point.id]

    async def test_what_filters_see_is_replaced_as_well(self, index: VectorIndex, pen: Pen) -> None:
        """A memory moved to other categories is found there, and not where it was."""
        before = pen.of({"user_id": "ana", "categories": ("old",), "metadata": {"trip": 7}})
        after = pen.of({"user_id": "ana", "categories": ("new",)}, id=before.id, revision=2, dense=before.dense)
        await index.upsert([before])
        await index.upsert([after])
        for where, number in (
            (Leaf("categories", "eq", "old"), 0),
            (Leaf(METADATA + "trip", "eq", 7), 0),
            (Leaf("categories", "eq", "new"), 1),
        ):
            assert len(await one(index, pen.ask(before.dense, where=where))) == number

    async def test_many_at_once(self, index: VectorIndex, pen: Pen) -> None:
        """Written, counted, scanned, removed."""
        points = pen.points(1_500)
        await index.upsert(points)
        assert set(await held(index)) == {point.id for point in points}
        await index.delete([mark(point) for point in points[:1_000]])
        assert set(await held(index)) == {point.id for point in points[1_000:]}


class MeaningTests(IndexSuite):
    """Whose points a query sees: it may be told too much, never too little."""

    async def test_kinds_are_separate(self, index: VectorIndex, pen: Pen) -> None:
        """Also where vectors are the same."""
        dense, sparse = pen.dense(), pen.sparse()
        kinds: tuple[Kind, ...] = ("memory", "relation", "entity")
        points = {kind: pen.point(kind, dense=dense, sparse=sparse) for kind in kinds}
        await index.upsert(list(points.values()))
        for kind, point in points.items():
            for asked in (dense, sparse):
                assert ids(await one(index, pen.ask(asked, kind=point.kind))) == [point.id], kind

    async def test_projects_and_owners_are_separate(self, index: VectorIndex, pen: Pen) -> None:
        """In every kind, for dense and sparse; several owners are the sum of each."""
        other, kinds = Pen(), ("memory", "relation", "entity")
        points: dict[tuple[str, str, str], Point] = {}
        for kind in kinds:
            for each in (pen, other):
                for owner in ("user:ana", "user:bo", "agent:ana"):
                    vectors = {"dense": pen.dense(0), "sparse": terms({1: 1.0})}
                    points[each.project, owner, kind] = each.point(kind, owner=owner, **vectors)  # type: ignore[arg-type]
        await index.upsert(list(points.values()))
        asked: list[tuple[str, ...] | None] = [
            ("user:ana",),
            ("user:ana", "agent:ana"),
            ("user:nobody",),
            ("ana",),
            None,
        ]
        for kind in kinds:
            for owners in asked:
                expected = {
                    point.id
                    for (project, owner, of), point in points.items()
                    if project == pen.project and of == kind and (owners is None or owner in owners)
                }
                for vector in (pen.dense(0), terms({1: 1.0})):
                    query = pen.ask(vector, kind=kind, owners=owners)  # type: ignore[arg-type]
                    assert set(ids(await one(index, query))) == expected

    async def test_no_owner_is_nobody(self, index: VectorIndex, pen: Pen) -> None:
        """An empty tuple matches nothing, unlike None."""
        point = pen.point()
        await index.upsert([point])
        for asked in (point.dense, point.sparse):
            assert await one(index, pen.ask(asked, owners=())) == []
            assert ids(await one(index, pen.ask(asked, owners=None))) == [point.id]

    async def test_among_confines(self, index: VectorIndex, pen: Pen) -> None:
        """To ids that are there, of the kind and in the filter; none of them is nothing."""
        points = pen.points(30)
        stranger, relation = pen.point(owner="user:bo"), pen.point("relation")
        await index.upsert([*points, stranger, relation])
        chosen = [point.id for point in points[::3]]
        for asked in (points[1].dense, terms(dict.fromkeys(range(400), 1.0))):
            query = pen.ask(asked, owners=("user:ana",), limit=100)
            among = (*chosen, stranger.id, relation.id, new_id())
            assert set(ids(await one(index, replace(query, among=among)))) == set(chosen)
            assert len(await one(index, replace(query, among=among, limit=4))) == 4
            assert await one(index, replace(query, among=())) == []
            assert await one(index, replace(query, among=(new_id(),))) == []

    @settings(max_examples=40, suppress_health_check=_HEALTH, deadline=None)
    @given(shelf=st.lists(documents(), min_size=1, max_size=8), questions=st.lists(filters(), min_size=5, max_size=5))
    async def test_filters_are_never_narrower(
        self, index: VectorIndex, shelf: list[dict[str, Any]], questions: list[Filter]
    ) -> None:
        """Every memory that a filter holds for is among the answers to that filter, widened, for dense and sparse."""
        pen = Pen()
        points = [pen.of(document, sparse=terms({1: 1.0}), dense=pen.dense(n)) for n, document in enumerate(shelf)]
        await index.upsert(points)
        queries, expected = [], []
        for where in questions:
            matching = {point.id for point, document in zip(points, shelf, strict=True) if matches(where, document)}
            for asked in (pen.dense(0), terms({1: 1.0})):
                queries.append(pen.ask(asked, limit=len(points), where=widen(where, _equality)))
                expected.append(matching)
        for query, found, matching in zip(queries, await index.query(queries), expected, strict=True):
            assert matching <= set(ids(found)) <= {point.id for point in points}, query.filter.where
            assert len(ids(found)) == len(set(ids(found)))

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (Leaf("user_id", "eq", "ana"), {0, 1}),
            (Leaf("user_id", "in", ("ana", "bo")), {0, 1, 2}),
            (Leaf("user_id", "in", ()), set()),
            (FALSE, set()),
            (Not(FALSE), {0, 1, 2}),
            (Not(Leaf("agent_id", "eq", "bot")), {0, 2}),
            (Or((Leaf("agent_id", "eq", "bot"), Leaf("categories", "eq", "x"))), {0, 1}),
            (Leaf("categories", "eq", "y"), {0}),
            (Leaf(METADATA + "n", "eq", 1.0), {0, 2}),
            (Leaf(METADATA + "n", "eq", True), {1}),
            (Leaf(METADATA + "n", "eq", "1"), set()),
            (Leaf(METADATA + 'a.b "c"', "eq", "it's"), {2}),
        ],
    )
    async def test_equality_is_exact(self, index: VectorIndex, pen: Pen, where: Filter, expected: set[int]) -> None:
        """What an index is asked, it can say: of scope, categories and metadata, by kind and key."""
        points = [
            pen.of({"user_id": "ana", "categories": ("x", "y"), "metadata": {"n": 1}}),
            pen.of({"user_id": "ana", "agent_id": "bot", "metadata": {"n": [True, None]}}),
            pen.of({"user_id": "bo", "metadata": {"n": [2, 1.0], 'a.b "c"': "it's"}}),
        ]
        await index.upsert(points)
        found = await one(index, pen.ask(where=where))
        assert set(ids(found)) == {points[number].id for number in expected}

    async def test_one_among_many_is_found(self, index: VectorIndex, pen: Pen) -> None:
        """However few match and however unlike they are to what is asked for."""
        crowd = pen.points(1_500)
        needle = pen.of({"user_id": "ana", "metadata": {"rare": "yes"}}, dense=pen.dense(3), sparse=terms({7: 0.1}))
        loner = pen.of({"user_id": "loner"}, dense=pen.dense(4), sparse=terms({8: 0.1}))
        await index.upsert([*crowd, needle, loner])
        where = Leaf(METADATA + "rare", "eq", "yes")
        queries = [pen.ask(-needle.dense, limit=3, where=where), pen.ask(terms({7: 1.0}), limit=3, where=where)]
        queries += [pen.ask(-loner.dense, limit=3, owners=("user:loner",))]
        queries += [pen.ask(terms({8: 1.0}), limit=3, owners=("user:loner",))]
        found = await index.query(queries)
        assert [ids(each) for each in found] == [[needle.id], [needle.id], [loner.id], [loner.id]]


def _equality(leaf: Leaf) -> bool:
    """What an index can say of a leaf, at least by tokens."""
    known = leaf.field in SCOPE_FIELDS or leaf.field == "categories" or leaf.field.startswith(METADATA)
    return known and leaf.op in ("eq", "in")


class RankingTests(IndexSuite):
    """In which order, with which scores: as `FlatIndex` has it, or nearly."""

    async def test_recall(self, index: VectorIndex, pen: Pen) -> None:
        """Of the ten nearest of 2,000, at least 95 in 100 are found; dense and sparse; and so after `compact`."""
        points = pen.points(2_000)
        await index.upsert(points)
        exact = await flat(points)
        dense = [pen.ask(limit=10) for _ in range(20)]
        sparse = [pen.ask(pen.sparse(4), limit=10) for _ in range(20)]
        best = await exact.query([*dense, *sparse])
        for _ in range(2):
            found = await index.query([*dense, *sparse])
            assert recall(found[:20], best[:20]) >= 0.95
            assert recall(found[20:], best[20:]) >= 0.95
            await index.compact()

    async def test_scores_are_those_of_the_exact_index(self, index: VectorIndex, pen: Pen) -> None:
        """Cosine, and the weighted sum of common terms with IDF over the partition; best first."""
        points = pen.points(200)
        await index.upsert(points)
        exact = await flat(points)
        queries = [pen.ask(limit=200, owners=("user:ana",)) for _ in range(5)]
        queries += [pen.ask(pen.sparse(4), limit=200, owners=("user:ana",)) for _ in range(5)]
        for found, best in zip(await index.query(queries), await exact.query(queries), strict=True):
            scores = {neighbour.id: neighbour.score for neighbour in best}
            assert len(scores) > 5
            assert {each.id: each.score for each in found} == pytest.approx(scores, abs=2e-3, rel=1e-3)
            assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)

    async def test_scores_keep_their_bounds(self, index: VectorIndex, pen: Pen) -> None:
        """The opposite is -1, itself 1, sums of terms are not negative, and no id comes twice."""
        points = pen.points(50)
        await index.upsert([*points, pen.point(dense=-points[0].dense)])
        found = await one(index, pen.ask(points[0].dense, limit=100))
        assert len(found) == 51
        assert found[0].score == pytest.approx(1.0, abs=1e-3)
        assert found[-1].score == pytest.approx(-1.0, abs=1e-3)
        assert all(-1.001 <= each.score <= 1.001 for each in found)
        weighted = await one(index, pen.ask(pen.sparse(), limit=100))
        assert all(each.score >= 0 for each in weighted)
        for answer in (found, weighted):
            assert len(set(ids(answer))) == len(answer)

    async def test_ties_are_ordered_by_id(self, index: VectorIndex, pen: Pen) -> None:
        """For dense and sparse."""
        same = {"dense": pen.dense(), "sparse": terms({1: 1.0})}
        points = [pen.point(**same) for _ in range(20)]  # type: ignore[arg-type]
        await index.upsert(points)
        expected = sorted(point.id for point in points)
        for asked in (pen.dense(), terms({1: 2.0})):
            assert ids(await one(index, pen.ask(asked, limit=50))) == expected

    async def test_limits(self, index: VectorIndex, pen: Pen) -> None:
        """At most so many; more than there are is all; none is none."""
        await index.upsert(pen.points(12))
        for limit, number in ((0, 0), (1, 1), (5, 5), (12, 12), (10_000, 12)):
            assert len(await one(index, pen.ask(limit=limit))) == number

    async def test_several_queries_are_answered_in_their_order(self, index: VectorIndex, pen: Pen) -> None:
        """Dense and sparse, of several kinds and owners, with and without an answer."""
        kinds: tuple[Kind, ...] = ("memory", "relation", "entity")
        points = [pen.point(kind, owner=owner) for kind in kinds for owner in ("user:ana", "user:bo")]
        await index.upsert(points)
        queries = [
            pen.ask(asked, kind=point.kind, owners=(point.owner,))
            for point in points
            for asked in (point.dense, point.sparse)
        ]
        queries.insert(5, pen.ask(owners=("user:nobody",)))
        expected = [point.id for point in points for _ in range(2)]
        found = [ids(each) for each in await index.query(queries)]
        assert found.pop(5) == []
        assert found == [[each] for each in expected]

    async def test_vectors_of_nothing(self, index: VectorIndex, pen: Pen) -> None:
        """A text without any known word has a zero vector: near nothing, but found by its terms."""
        nothing = np.zeros(DIMENSIONS, dtype=np.float32)
        void = pen.point(dense=nothing, sparse=terms({9: 1.0}))
        mute = pen.point(sparse=terms({}))
        await index.upsert([void, mute])
        found = await one(index, pen.ask(mute.dense))
        assert found[0].id == mute.id
        assert all(math.isfinite(each.score) for each in found)
        assert all(each.score == pytest.approx(0.0, abs=1e-3) for each in found if each.id == void.id)
        assert all(math.isfinite(each.score) for each in await one(index, pen.ask(nothing)))
        assert ids(await one(index, pen.ask(terms({9: 1.0})))) == [void.id]
        assert await one(index, pen.ask(terms({}))) == []
        assert set(await held(index)) == {void.id, mute.id}

    # -- terms

    async def test_only_common_terms_count(self, index: VectorIndex, pen: Pen) -> None:
        """Without one a point is no hit; the numbers of terms go up to 32 bits."""
        last = 2**32 - 1
        low, high = pen.point(sparse=terms({0: 1.0})), pen.point(sparse=terms({last: 1.0}))
        await index.upsert([low, high])
        assert ids(await one(index, pen.ask(terms({0: 1.0})))) == [low.id]
        assert ids(await one(index, pen.ask(terms({last: 1.0})))) == [high.id]
        assert ids(await one(index, pen.ask(terms({last - 1: 1.0})))) == []

    async def test_a_rare_term_tells_more_than_a_common_one(self, index: VectorIndex, pen: Pen) -> None:
        """Inverse document frequency is the index's part."""
        common = [pen.point(sparse=terms({1: 1.0})) for _ in range(60)]
        rare = pen.point(sparse=terms({2: 1.0}))
        both = pen.point(sparse=terms({1: 1.0, 2: 1.0}))
        await index.upsert([*common, rare, both])
        found = ids(await one(index, pen.ask(terms({1: 1.0, 2: 1.0}), limit=100)))
        assert found[:2] == [both.id, rare.id]
        assert len(found) == 62

    async def test_the_weight_of_a_term_counts(self, index: VectorIndex, pen: Pen) -> None:
        """In the point and in the question."""
        much, little = pen.point(sparse=terms({1: 2.0, 2: 0.5})), pen.point(sparse=terms({1: 0.5, 2: 2.0}))
        await index.upsert([much, little])
        assert ids(await one(index, pen.ask(terms({1: 1.0})))) == [much.id, little.id]
        assert ids(await one(index, pen.ask(terms({1: 0.1, 2: 1.0})))) == [little.id, much.id]
        assert ids(await one(index, pen.ask(terms({1: 1.0, 2: 0.1})))) == [much.id, little.id]
        [single], [triple] = await index.query([pen.ask(terms({1: weight}), limit=1) for weight in (1.0, 3.0)])
        assert triple.score == pytest.approx(3 * single.score, rel=1e-3)


def recall(found: Sequence[Sequence[Neighbour]], best: Sequence[Sequence[Neighbour]]) -> float:
    """The share of the best that was found; one as good as the last of them counts as well."""
    hits = wanted = 0
    for each, exact in zip(found, best, strict=True):
        floor = exact[-1].score - 1e-3 if exact else math.inf
        hits += min(len(exact), sum(neighbour.score >= floor for neighbour in each))
        wanted += len(exact)
    return hits / max(1, wanted)
