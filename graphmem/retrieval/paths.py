"""Why a hit is a hit: the way from the question to a memory, as steps and as a line to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from graphmem.models import Path, Relation, Step
from graphmem.retrieval.neighbourhood import Neighbourhood

__all__ = ["Named", "Ways", "beside", "direct", "readable"]


class Named(Protocol):
    """What has a name: an entity, or a node of the walk."""

    @property
    def name(self) -> str:
        """Its name."""


def direct(memory_id: str) -> tuple[Step, ...]:
    """The question itself found the memory."""
    return (Step("match", None, memory_id),)


def beside(turn_id: str, memory_id: str) -> tuple[Step, ...]:
    """The question found the turn that was said right before or after the memory."""
    return (*direct(turn_id), Step("turn", turn_id, memory_id))


class Ways:
    """The ways over a neighbourhood, from the question to what the walk reached."""

    def __init__(self, around: Neighbourhood) -> None:
        self._around = around
        self._back: dict[str, tuple[Step, ...]] = {}

    def to(self, memory_id: str, through: str | None = None) -> tuple[Step, ...]:
        """From the question to a seed entity, along what the walk followed, to the memory.

        It leads over the entity `through` if one is given; else, of the entities that the memory mentions, over the
        one nearest to a seed, seeds that the question named before others. A memory that the walk did not reach was
        found by the question directly.
        """
        around = self._around
        over = around.mentions.get(memory_id, ()) if through is None else (through,)
        ways = [way for entity_id in over if (way := self._to_entity(entity_id))]
        if not ways:
            return direct(memory_id)

        def order(way: tuple[Step, ...]) -> tuple[bool, int, float, str]:
            start = way[0].target_id
            return start not in around.named, len(way), -around.seeds[start], way[-1].target_id

        way = min((_without(way, memory_id) for way in ways), key=order)
        return (*way, Step("mention", way[-1].target_id, memory_id))

    def _to_entity(self, entity_id: str) -> tuple[Step, ...]:
        """The steps from the question to an entity; none if no seed leads to it."""
        if entity_id in self._back:
            return self._back[entity_id]
        # A seed that a named one leads to is explained by that; another stands at the beginning itself.
        how = self._around.reached.get(entity_id)
        way: tuple[Step, ...] = ()
        if how is None:
            if entity_id in self._around.seeds:
                way = (Step("match", None, entity_id),)
        elif way := self._to_entity(how.source_id):
            if how.relation_id is not None:
                way += (Step("relation", how.source_id, entity_id, how.relation_id),)
            else:
                assert how.memory_id is not None
                way += (Step("mention", how.source_id, how.memory_id), Step("mention", how.memory_id, entity_id))
        self._back[entity_id] = way
        return way


def _without(way: tuple[Step, ...], memory_id: str) -> tuple[Step, ...]:
    """The way up to where it first comes to the memory itself."""
    for position, step in enumerate(way):
        if step.target_id == memory_id:
            return way[:position]
    return way


def readable(
    steps: tuple[Step, ...],
    entities: Mapping[str, Named],
    relations: Mapping[str, Relation],
    texts: Mapping[str, str],
    *,
    start: str = "query",
) -> Path:
    """The path with its line: ``query → Ana —SISTER_OF→ Marta → “Marta works at …”``."""
    line = start
    for step in steps:
        if step.kind == "relation":
            relation = relations[step.relation_id or ""]
            forward = relation.subject_id == step.source_id
            arrow = f" —{relation.type}→ " if forward else f" ←{relation.type}— "
            line += arrow + _name(step.target_id, entities, texts)
        else:
            line += f"{' → ' if line else ''}{_name(step.target_id, entities, texts)}"
    return Path(steps=steps, text=line)


def _name(node_id: str, entities: Mapping[str, Named], texts: Mapping[str, str]) -> str:
    if node_id in entities:
        return entities[node_id].name
    text = " ".join(texts.get(node_id, "…").split())
    return f"“{text if len(text) <= 60 else text[:57] + '…'}”"
