"""Writing that never conflicts: a few memories of one partition, put, changed, removed, put again under their ids."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID

from graphmem.abc import GraphStore, KeywordEncoder
from graphmem.changes import Applied, DropMemory, PutEntity, PutMemory, PutRelation, PutRevision
from graphmem.embed.scripted import HashingEmbedder
from graphmem.indexing import Encoders
from graphmem.models import Entity, Memory, Mention, Relation, SparseVector
from graphmem.testing.worlds import Scribe
from graphmem.text import words

__all__ = ["ENCODERS", "Life"]

MEMORIES, ENTITIES = 3, 2


class _Lengths(KeywordEncoder):
    """Terms are the lengths of words: next to nothing, but right."""

    @property
    def fingerprint(self) -> str:
        return "lengths:1"

    def document(self, text: str) -> SparseVector:
        lengths = sorted({len(word) for word in words(text)})
        return SparseVector(indices=tuple(lengths), values=(1.0,) * len(lengths))

    query = document


ENCODERS = Encoders(HashingEmbedder(16), _Lengths())


class Life:
    """The things of one partition, by number; `step` does one thing to them."""

    def __init__(self, store: GraphStore, chance: random.Random, number: int) -> None:
        self.store = store
        self.chance = chance
        self.scribe = Scribe(store, project=f"project-{number % 2}", user_id=f"user-{number}")
        self._ids = random.Random(number)
        self.memories = [self._id() for _ in range(MEMORIES)]
        self.entities = [self._entity(f"e{each}") for each in range(ENTITIES)]
        self.relation = replace(self.scribe.relation(self.entities[0], "KNOWS", self.entities[1]), id=self._id())

    def _id(self) -> str:
        return str(UUID(int=self._ids.getrandbits(128), version=4))

    def _entity(self, name: str) -> Entity:
        return self.scribe.entity(name, id=self._id())

    async def step(self) -> Applied:
        """Write or remove one memory."""
        memory_id = self.chance.choice(self.memories)
        if self.chance.random() < 0.4:
            operations: list[Any] = [DropMemory(memory_id)]
        else:
            operations = self._put(memory_id)
        return await self.scribe.write(*operations)

    def _put(self, memory_id: str) -> list[Any]:
        about = self.chance.sample(range(ENTITIES), self.chance.randint(0, ENTITIES))
        mentions = tuple(
            sorted(
                Mention(entity_id=self.entities[each].id, name=f"e{each}{self.chance.choice(['', 'x', 'y'])}")
                for each in about
            )
        )
        called = {mention.entity_id: mention.name for mention in mentions}
        entities = [replace(self.entities[each], name=called[self.entities[each].id]) for each in about]
        states: list[Relation] = [self.relation] if len(about) == ENTITIES and self.chance.random() < 0.7 else []
        text = " ".join(self.chance.choice(["red", "green", "blue", "tiny", "enormous"]) for _ in range(3))
        memory = self.scribe.memory(text, states=(), id=memory_id)
        memory = replace(memory, mentions=mentions, relation_ids=tuple(each.id for each in states))
        return [*map(PutEntity, entities), *map(PutRelation, states), PutMemory(memory), self._told(memory)]

    def _told(self, memory: Memory) -> PutRevision:
        return PutRevision(self.scribe.revision(memory))
