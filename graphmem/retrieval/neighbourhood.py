"""The graph arm's ground: what lies within a few hops of the entities a question is about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from graphmem.abc import GraphStore
from graphmem.models import Relation
from graphmem.queries import Hop, Node, View, Walk
from graphmem.retrieval.names import Heard
from graphmem.retrieval.options import RecallOptions
from graphmem.retrieval.pagerank import pagerank

__all__ = ["Affinity", "Neighbourhood", "Reached", "explore", "rank"]

FAINT = 1e-4
"""Share of the best memory's rank that is no more than chance; with a damping of one half some ten hops away."""

WORD = 0.3
"""Weight of a seed whose name is in the question as a mere word ("the country"); one called by name has 1."""

UNSEEN = 0.1
"""Affinity of an edge the index did not find like the question: it is followed last, but not cut off."""


class Affinity(NamedTuple):
    """How like the question relations and memories are, in [0, 1], by id: those that the index found."""

    relations: Mapping[str, float]
    memories: Mapping[str, float]


class Reached(NamedTuple):
    """How the walk first came to an entity: from which one, over a relation or through a memory."""

    source_id: str
    relation_id: str | None
    memory_id: str | None


@dataclass(slots=True)
class Neighbourhood:
    """Entities, relations and memories around the seeds, and how each entity was reached.

    `seeds` are weights, normalised later; `named` are those whose names are in the question, `called` those that it
    means as names, with how telling these are; the others are ends of facts, and `reached` says how a named one leads
    to them where one does.
    `telling` is what the seeds add up to, without those whose names are only words of the question. `mentions` maps
    memory ids to the entities they mention.
    """

    seeds: dict[str, float] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    called: Mapping[str, float] = field(default_factory=dict)
    telling: float = 0.0
    relations: dict[str, Relation] = field(default_factory=dict)
    mentions: dict[str, set[str]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    reached: dict[str, Reached] = field(default_factory=dict)

    def absorb(self, hop: Hop) -> None:
        """Add what one hop brought."""
        for relation in hop.relations:
            self.relations[relation.id] = relation
        for memory_id, entity_id in hop.mentions:
            self.mentions.setdefault(memory_id, set()).add(entity_id)
        self.nodes.update(hop.nodes)


async def explore(
    store: GraphStore,
    view: View,
    facts: Mapping[str, float],
    named: Mapping[str, Heard],
    affinity: Affinity,
    options: RecallOptions,
) -> Neighbourhood:
    """Walk out from the endpoints of the best facts and from the entities named literally.

    `facts` are relations and how like the question they are, by id: those that turn out visible count. `named` says of
    each entity whether the question means it as a name, the most telling first. Edges that `affinity` does not hold
    count little. One store call a hop. Seeds are weighed by score ÷ how many memories mention them, so that hubs (the
    speakers, the user) do not drown the rest.
    """
    called = {entity_id: each.telling for entity_id, each in named.items() if each.meant}
    around = Neighbourhood(named=frozenset(named), called=called)
    frontier = tuple(named)[: options.seeds]
    liked, told = _ranked(affinity.relations), _ranked(affinity.memories)
    promise: dict[str, float] = {}
    for hops_left in reversed(range(options.hops if frontier or facts else 0)):
        hop = await store.walk(
            Walk(
                view=view,
                entity_ids=frontier,
                facts=() if around.seeds else tuple(facts),
                hub_cap=options.hub_cap,
                prefer_relations=liked,
                prefer_memories=told,
                last=hops_left == 0 and bool(around.seeds),
            )
        )
        around.absorb(hop)
        if not around.seeds:
            _sow(around, hop, frontier, facts, named)
            promise = dict(around.seeds)
            frontier = tuple(promise)
        if not hops_left or not frontier:
            break
        fresh = _next(around, hop, set(frontier), promise, affinity)
        promise.update(fresh)
        frontier = _ranked(fresh)[: options.frontier]
        if not frontier:
            break
    return around


def _ranked(scores: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(scores, key=lambda each: (-scores[each], each)))


def _sow(
    around: Neighbourhood, hop: Hop, frontier: Sequence[str], facts: Mapping[str, float], named: Mapping[str, Heard]
) -> None:
    """Weigh the entities that the first hop began at, and note how the named ones lead to the others."""
    begun = sorted((around.relations[fact] for fact in hop.facts), key=lambda fact: (-facts[fact.id], fact.id))
    seeds = {
        entity_id: named[entity_id].telling * (1.0 if named[entity_id].meant else WORD)
        for entity_id in frontier
        if entity_id in hop.nodes
    }
    ends: set[str] = set()
    for relation in begun:
        for entity_id in (relation.subject_id, relation.object_id):
            weight = facts[relation.id] / max(1, hop.nodes[entity_id].degree)
            seeds[entity_id] = seeds.get(entity_id, 0.0) + weight
            ends.add(entity_id)
    around.seeds = seeds
    telling = (weight for each, weight in around.seeds.items() if each in ends or each in around.called)
    around.telling = sum(telling)
    for relation in begun:
        both = (relation.subject_id, relation.object_id)
        for here, there in (both, both[::-1]):
            if here in around.named and there not in around.named:
                around.reached.setdefault(there, Reached(here, relation.id, None))


def _next(
    around: Neighbourhood,
    hop: Hop,
    frontier: set[str],
    promise: Mapping[str, float],
    affinity: Affinity,
) -> dict[str, float]:
    """The entities this hop came to first, each with its promise; notes how each was reached."""
    fresh: dict[str, float] = {}

    def reach(here: str, there: str, gain: float, relation_id: str | None, memory_id: str | None) -> None:
        if gain > fresh.get(there, 0.0):
            around.reached[there] = Reached(here, relation_id, memory_id)
        fresh[there] = fresh.get(there, 0.0) + gain

    for relation in hop.relations:
        likeness = affinity.relations.get(relation.id, UNSEEN)
        for here, there in (
            (relation.subject_id, relation.object_id),
            (relation.object_id, relation.subject_id),
        ):
            if here in frontier and there not in promise:
                reach(here, there, promise.get(here, 0.0) * likeness, relation.id, None)
    memories: dict[str, list[str]] = {}
    for memory_id, entity_id in hop.mentions:
        memories.setdefault(memory_id, []).append(entity_id)
    for memory_id, entity_ids in memories.items():
        likeness = affinity.memories.get(memory_id, UNSEEN)
        here = max((e for e in entity_ids if e in frontier), key=lambda e: (promise.get(e, 0.0), e), default="")
        gain = promise.get(here, 0.0) * likeness
        for there in entity_ids if here else ():
            if there not in promise:
                reach(here, there, gain, None, memory_id)
    for entity_id in fresh:
        fresh[entity_id] /= math.sqrt(max(1, hop.nodes[entity_id].degree))
    return fresh


def rank(around: Neighbourhood, gates: Mapping[str, float], options: RecallOptions) -> dict[str, float]:
    """Personalised PageRank over the neighbourhood: memory id → how near the seeds, in [0, 1].

    `gates` are cosines of memories with the question: their own weak prior among the seeds. Ranks fall by a constant
    factor a hop, so their logarithm is the score: the best memory's is 1, that of one with `FAINT` of its rank 0.
    """
    seeds = {entity_id: weight for entity_id, weight in around.seeds.items() if weight > 0}
    if not seeds or not around.mentions:
        return {}
    memories = list(around.mentions)
    entities = sorted(
        {e for found in around.mentions.values() for e in found}
        | {e for r in around.relations.values() for e in (r.subject_id, r.object_id)}
        | set(seeds)
    )
    number = {name: position for position, name in enumerate(memories)}
    number |= {name: position + len(memories) for position, name in enumerate(entities)}
    edges = [
        (position, number[entity_id])
        for position, entity_ids in enumerate(around.mentions.values())
        for entity_id in entity_ids
    ]
    edges += [
        (number[relation.subject_id], number[relation.object_id])
        for relation in around.relations.values()
        if relation.subject_id != relation.object_id
    ]
    ends = np.array(edges, dtype=np.intp)
    start = np.zeros(len(number))
    total = sum(seeds.values())
    for entity_id, weight in seeds.items():
        start[number[entity_id]] = weight / total
    likeness = np.maximum(0.0, [gates.get(memory_id, 0.0) for memory_id in memories])
    if likeness.any():
        start[: len(memories)] = options.prior * likeness / likeness.max()
    ranks = pagerank(start, ends[:, 0], ends[:, 1], np.ones(len(ends)), options.damping)[: len(memories)]
    shares = ranks / np.max(ranks)
    near = 1.0 - np.log(np.maximum(shares, FAINT)) / np.log(FAINT)
    return dict(zip(memories, near.tolist(), strict=True))
