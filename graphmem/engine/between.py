"""What lies between entities: the shortest ways from one to another, looked for from both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from graphmem.abc import GraphStore
from graphmem.models import Entity, Relation, Step
from graphmem.queries import View, Walk

__all__ = ["Between"]

HUB = 500
"""Relations followed from one entity, the newest."""

MOST_NODES = 5_000
"""Entities that are looked at."""

Way = tuple[Step, ...]


class _Side:
    """What was reached from one end: each entity with how far it is, and whom it was reached from over what."""

    def __init__(self, ends: Iterable[Entity]) -> None:
        self.arrivals: dict[str, list[tuple[str, Relation]]] = {}
        self.distances: dict[str, int] = {}
        self.frontier: tuple[str, ...] = ()
        self.crowd = 0
        self.reach({entity.id: [] for entity in ends}, 0, {entity.id: entity.mention_count for entity in ends})

    def reach(
        self, reached: Mapping[str, list[tuple[str, Relation]]], distance: int, mentions: Mapping[str, int]
    ) -> None:
        """Go on from there: `mentions` says how many memories mention each."""
        self.arrivals.update(reached)
        self.distances.update(dict.fromkeys(reached, distance))
        self.frontier = tuple(reached)
        self.crowd = sum(mentions[entity_id] for entity_id in reached)


class Between:
    """The shortest ways from `sources` to `targets` along relations, in either direction, of at most `longest` of them.

    Each step goes out from the end that fewer memories mention, as relations are most from hubs: to the hub that
    somebody is linked with it is one step from him, and any of thousands from there. `relations` are those passed.
    """

    def __init__(
        self, store: GraphStore, view: View, sources: Iterable[Entity], targets: Iterable[Entity], *, longest: int
    ) -> None:
        self._store = store
        self._view = view
        self._longest = longest
        self._source, self._target = _Side(tuple(sources)), _Side(tuple(targets))
        self.relations: dict[str, Relation] = {}
        self.complete = True
        """Whether surely nothing was left out that a way could have led over."""

    async def find(self, limit: int) -> list[Way]:
        """Up to `limit` ways, all of one length; none if there is none."""
        for _ in range(self._longest):
            if self._met() or not (self._source.frontier and self._target.frontier):
                break
            if len(self._source.arrivals) + len(self._target.arrivals) >= MOST_NODES:
                self.complete = False
                break
            await self._out(min(self._source, self._target, key=lambda side: side.crowd))
        ways = [
            (*there, *_reversed(back))
            for middle in self._met()
            for there in _unroll(middle, self._source, limit)
            for back in _unroll(middle, self._target, limit)
        ]
        chosen = sorted(ways)[:limit]
        walked = {step.relation_id for way in chosen for step in way}
        for side in (self._source, self._target):
            for found in side.arrivals.values():
                self.relations |= {relation.id: relation for _, relation in found if relation.id in walked}
        return chosen

    def _met(self) -> list[str]:
        """The entities where both ends meet, over the fewest relations."""
        ours, others = self._source.distances, self._target.distances
        total = {each: ours[each] + others[each] for each in ours.keys() & others.keys()}
        least = min(total.values(), default=0)
        return sorted(each for each, length in total.items() if length == least)

    async def _out(self, side: _Side) -> None:
        here = frozenset(side.frontier)
        distance = side.distances[side.frontier[0]] + 1
        asked = Walk(view=self._view, entity_ids=side.frontier, hub_cap=HUB, memories=False)
        hop = await self._store.walk(asked)
        followed: Counter[str] = Counter()
        reached: dict[str, list[tuple[str, Relation]]] = {}
        for relation in hop.relations:
            followed.update({relation.subject_id, relation.object_id} & here)
            for one, other in _ends(relation):
                if one in here and other not in side.arrivals:
                    reached.setdefault(other, []).append((one, relation))
        if any(number >= HUB for number in followed.values()):  # there may be more
            self.complete = False
        side.reach(reached, distance, {entity_id: hop.nodes[entity_id].degree for entity_id in reached})


def _ends(relation: Relation) -> tuple[tuple[str, str], tuple[str, str]]:
    return (relation.subject_id, relation.object_id), (relation.object_id, relation.subject_id)


def _unroll(middle: str, side: _Side, limit: int) -> list[Way]:
    """The ways from the side's end to `middle`: at most `limit`."""
    ways: list[Way] = []
    open_ends: list[tuple[str, Way]] = [(middle, ())]
    while open_ends and len(ways) < limit:
        here, way = open_ends.pop()
        if not side.arrivals[here]:
            ways.append((Step("match", None, here), *way))
        for before, relation in sorted(side.arrivals[here], key=lambda each: each[1].id, reverse=True):
            open_ends.append((before, (Step("relation", before, here, relation.id), *way)))
    return ways


def _reversed(way: Way) -> Way:
    """The steps of a way, gone from its other end."""
    return tuple(Step("relation", step.target_id, str(step.source_id), step.relation_id) for step in way[:0:-1])
