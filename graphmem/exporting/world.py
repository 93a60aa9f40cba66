"""What a view holds, as filling and telling look at it: memories, entities, and what holds between them now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from graphmem.exporting.words import Way
from graphmem.models import Entity, Memory, Relation

__all__ = ["Edge", "World", "best_first", "joined"]

_FEEDBACK = {"POSITIVE": 1, "NEGATIVE": -1, "VERY_NEGATIVE": -2}


class Edge(NamedTuple):
    """A relation as one of its ends sees it: the usual type, what is at the other end, and since when it is told."""

    relation: Relation
    type: str
    other: Entity
    inverse: bool
    told: datetime

    @property
    def since(self) -> datetime:
        """When it began, or was first told where nobody said."""
        return self.relation.valid_at or self.told


@dataclass(frozen=True, kw_only=True)
class World:
    """All that was read, as of `now`.

    `memories` are the newest first; `cut` says that there are more. `own` are the entities that the scope is: usually
    one, the user. `owner` is what it is called where it never told its name: the id; None where there are several.
    `usual` brings a relation's type to the usual one that says the same, `day` reads a date in words, said at a moment.
    """

    now: datetime
    memories: tuple[Memory, ...] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    own: tuple[str, ...] = ()
    owner: str | None = None
    cut: bool = False
    usual: Callable[[str], tuple[str, bool]] = lambda type_: (type_, False)
    day: Callable[[str, datetime], date | None] = lambda text, said: None

    @cached_property
    def by_id(self) -> Mapping[str, Memory]:
        """The memories by id."""
        return {memory.id: memory for memory in self.memories}

    @cached_property
    def edges(self) -> Mapping[str, tuple[Edge, ...]]:
        """What holds now, by the entity that it is about, either way, oldest first; denials are not among it."""
        return self._grouped(self._holding(denied=False))

    @cached_property
    def denied(self) -> Mapping[str, tuple[Edge, ...]]:
        """What is denied, alike."""
        return self._grouped(self._holding(denied=True))

    def about(self, entity_ids: Iterable[str], ways: Sequence[Way] = ()) -> list[Edge]:
        """The edges of these entities, oldest first; with `ways` those that go one of these."""
        found = [edge for entity_id in entity_ids for edge in self.edges.get(entity_id, ())]
        if ways:
            wanted = frozenset(ways)
            found = [edge for edge in found if Way(edge.type, edge.inverse) in wanted]
        return found

    def mentioning(self, entity_ids: Iterable[str]) -> list[Memory]:
        """The memories that name one of these entities, the newest first."""
        wanted = frozenset(entity_ids)
        return [memory for memory in self.memories if not wanted.isdisjoint(memory.entity_ids)]

    def named(self, entity_ids: Sequence[str]) -> Entity | None:
        """The one entity, if it is one."""
        return self.entities.get(entity_ids[0]) if len(entity_ids) == 1 else None

    def of_types(self, types: Iterable[str]) -> list[Entity]:
        """The entities of these types (`*`: of any), the scope's own ones left out, the most mentioned first."""
        wanted = {each.lower() for each in types}
        found = [
            entity
            for entity in self.entities.values()
            if entity.id not in self.own and ("*" in wanted or (entity.type or "").lower() in wanted)
        ]
        return sorted(found, key=lambda entity: (-entity.mention_count, entity.name))

    def _holding(self, *, denied: bool) -> list[tuple[str, Edge]]:
        found = []
        for relation in self.relations:
            type_, is_denied = self.usual(relation.type)
            source, target = self.entities.get(relation.subject_id), self.entities.get(relation.object_id)
            if is_denied != denied or source is None or target is None or not self._holds(relation):
                continue
            told = self._told(relation)
            found.append((source.id, Edge(relation, type_, target, False, told)))
            found.append((target.id, Edge(relation, type_, source, True, told)))
        return found

    def _holds(self, relation: Relation) -> bool:
        begun = relation.valid_at is None or relation.valid_at <= self.now
        return begun and (relation.invalid_at is None or self.now < relation.invalid_at)

    def _told(self, relation: Relation) -> datetime:
        said = [memory.observed_at for each in relation.memory_ids if (memory := self.by_id.get(each)) is not None]
        return min(said, default=relation.created_at)

    def _grouped(self, found: list[tuple[str, Edge]]) -> Mapping[str, tuple[Edge, ...]]:
        grouped: dict[str, list[Edge]] = {}
        for entity_id, edge in found:
            grouped.setdefault(entity_id, []).append(edge)
        return {
            entity_id: tuple(sorted(edges, key=lambda edge: (edge.since, edge.other.name, edge.type)))
            for entity_id, edges in grouped.items()
        }


def best_first(memories: Iterable[Memory]) -> list[Memory]:
    """By feedback, then how many episodes they came from, then the newest; what an assistant said comes last."""

    def rank(memory: Memory) -> tuple[bool, int, int, float]:
        feedback = _FEEDBACK.get(memory.feedback or "", 0)
        from_assistant = memory.attributed_to == "assistant"
        return from_assistant, -feedback, -len(memory.episode_ids), -memory.observed_at.timestamp()

    return sorted(memories, key=rank)


def joined(memories: Iterable[Memory], most: int) -> str:
    """The words of memories as one text of at most `most` characters, whole memories as long as they fit."""
    text = ""
    for memory in memories:
        said = " ".join(memory.text.split())
        said = said if said.endswith((".", "!", "?", "…", "。")) else f"{said}."
        longer = f"{text} {said}" if text else said
        if len(longer) <= most:
            text = longer
        elif not text:
            text = f"{said[: most - 1].rstrip()}…" if most > 1 else said[:most]
    return text
