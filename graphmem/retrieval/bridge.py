"""The bridge: what the names in a question lead to, compared with what else it asks.

"Who was in charge of the country Ceelmakoile is in?" names a town. What is known of the town names a country; among
the memories of that country the one is meant that answers "who was in charge of the country … is in". No memory
holds both halves, so neither vector nor words can find the second one: the name pulls every comparison to the town.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graphmem.retrieval.neighbourhood import Neighbourhood, Reached

__all__ = ["Bridge", "Crossing", "cross", "lead"]

CROWDED = 0.5
"""Exponent of the number of memories that mention the entity in between: what a country leads to counts less than what
a village does, but a country is what many questions go through. The square root, as in the walk; with 0.25 recall at 5
is 3 points higher on MuSiQue, at 20 one lower, and elsewhere the same to half a point: no more than chance."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Scores in [0, 1] by memory id; for each the entity it was reached over, and how that entity was."""

    scores: Mapping[str, float] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)
    reached: Mapping[str, Reached] = field(default_factory=dict)


class Crossing(NamedTuple):
    """What an entity that a bridge stands on is worth, and how the best of the named leads to it."""

    worth: float
    how: Reached | None


def cross(
    around: Neighbourhood,
    ways: Mapping[str, Crossing],
    memories: Mapping[str, float],
    facts: Mapping[str, float],
    best: float,
) -> Bridge:
    """Score the memories that mention what the question calls by name, or an entity beside it: `ways`, see `lead`.

    `memories` and `facts` are cosines, by id, with the question without the names. A memory counts by the best of its
    own and of its facts about the entity it was reached over. `best` is the highest such cosine of all memories,
    whatever they are about: as much is a score of 1.
    """
    if not ways or best <= 0:
        return Bridge()
    told: dict[tuple[str, str], float] = {}
    for relation in around.relations.values():
        likeness = facts.get(relation.id, 0.0)
        for entity_id in ways.keys() & {relation.subject_id, relation.object_id}:
            for memory_id in relation.memory_ids:
                told[memory_id, entity_id] = max(likeness, told.get((memory_id, entity_id), 0.0))
    scores: dict[str, float] = {}
    through: dict[str, str] = {}
    for memory_id, entity_ids in around.mentions.items():
        likeness = memories.get(memory_id, 0.0)
        for entity_id in entity_ids:
            if entity_id not in ways:
                continue
            score = min(1.0, ways[entity_id].worth * max(likeness, told.get((memory_id, entity_id), 0.0)) / best)
            before = scores.get(memory_id, 0.0)
            if score > before or (score == before > 0 and entity_id < through[memory_id]):
                scores[memory_id] = score
                through[memory_id] = entity_id
    reached = {entity_id: crossing.how for entity_id, crossing in ways.items() if crossing.how is not None}
    return Bridge(scores, through, reached)


def lead(around: Neighbourhood) -> dict[str, Crossing]:
    """The named entities and those beside them, with their ways."""
    named = {entity_id: telling for entity_id, telling in around.called.items() if entity_id in around.nodes}
    ways = {entity_id: Crossing(worth, None) for entity_id, worth in named.items()}

    def reach(here: str, there: str, how: Reached) -> None:
        if here in named and there not in named:
            worth = named[here] / max(1, around.nodes[there].degree) ** CROWDED
            if there not in ways or worth > ways[there].worth:
                ways[there] = Crossing(worth, how)

    # Relations first: what is stated between two entities explains more than that a memory mentions both.
    for relation in around.relations.values():
        for here, there in ((relation.subject_id, relation.object_id), (relation.object_id, relation.subject_id)):
            reach(here, there, Reached(here, relation.id, None))
    order = sorted(named)
    for memory_id, entity_ids in around.mentions.items():
        for here in order:
            if here in entity_ids:
                for there in entity_ids - named.keys():
                    reach(here, there, Reached(here, None, memory_id))
    return ways
