"""A life of writing, in a process that will be killed, and a look at what it left, in one that is not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings
from tests.support.ledger import Ledger
from tests.support.soundness import everything, unfaithful, unfindable, unsound

__all__ = ["SETTINGS", "backend", "examine", "look", "mend", "write"]

SETTINGS = Settings(embedder="hashing", extractor="rules", free_space_mb=16)
"""An embedder that costs nothing: which one it is matters to none of these tests."""

USERS = ("ana", "ben")
RUNS = ("1", "2", "3")
PEOPLE = ("Ana", "Ben", "Marta", "Rui", "Ines")
PLACES = ("Porto", "Lisbon", "Faro", "Braga")
KINDS = ("KNOWS", "LIVES_IN", "VISITED", "LIKES")

MANY = 60
"""Memories from which on more is deleted than added."""


def backend(folder: Path) -> LocalBackend:
    """The memory in `folder`."""
    return LocalBackend(assemble(SETTINGS, folder))


async def write(tell: Callable[[Any], None], folder: Path, ledger: Path, seed: int) -> None:
    """Say what is wrong with what the last one left, then write, change and delete, open and close, until killed."""
    tell("begun")
    writer = _Writer(backend(folder), Ledger(ledger), random.Random(seed), seed)
    await writer.memory.open()
    tell(await examine(writer.memory, seed=seed))
    while True:
        await writer.live()


class _Writer:
    """One process's life: each deed is told to the ledger before and after."""

    def __init__(self, memory: LocalBackend, ledger: Ledger, chance: random.Random, seed: int) -> None:
        self.memory = memory
        self.ledger = ledger
        self.chance = chance
        self.seed = seed
        self.count = 0
        self.texts: dict[str, str] = {}
        self.places: dict[str, tuple[str, str]] = {}

    async def live(self) -> None:
        """From opening to an orderly close, which erases what is owed."""
        await self.memory.open()
        held = await everything(self.memory.engine.parts.store)
        self.texts = held.texts
        self.ledger.found(self.texts)
        self.places = {m.id: (m.scope.user_id or "", m.scope.run_id or "") for m in held.memories.values()}
        for _ in range(self.chance.randint(5, 60)):
            await self.deed()
        await self.memory.aclose()

    async def deed(self) -> None:
        more = (self.add, 6), (self.add_many, 2), (self.told, 2), (self.rewrite, 3), (self.describe, 2)
        less = (self.delete, 3 if len(self.texts) < MANY else 12), (self.delete_run, 1)
        others = (self.search, 1), (self.together, 1), (self.compact, 0.2), (self.rebuild, 0.1)
        deeds, weights = zip(*more, *less, *others, strict=True)
        [deed] = self.chance.choices(deeds, weights)
        await deed()

    def item(self) -> dict[str, Any]:
        """What to add: a text that nothing else says, with the triples it states."""
        self.count += 1
        subject, kind = self.chance.choice(PEOPLE), self.chance.choice(KINDS)
        target = self.chance.choice(PLACES if kind != "KNOWS" else PEOPLE)
        scope = {"user_id": self.chance.choice(USERS), "run_id": self.chance.choice(RUNS)}
        text = f"{subject} {kind.lower().replace('_', ' ')} {target}, note n{self.seed}x{self.count}"
        return {"messages": text, "infer": False, "relations": [(subject, kind, target)], **scope}

    async def add(self) -> None:
        item = self.item()
        self.ledger.begin("add", adds=[item["messages"]])
        self.note([item], [await self.memory.add(item)])

    async def add_many(self) -> None:
        items = [self.item() for _ in range(self.chance.randint(2, 12))]
        self.ledger.begin("add_many", adds=[item["messages"] for item in items])
        self.note(items, await self.memory.add_many(items))

    async def together(self) -> None:
        """Two at once, to one owner or two."""
        items = [self.item(), self.item()]
        # Either may be there without the other, so each is a write of its own: begun as one, answered as two.
        self.ledger.begin("together", adds=[item["messages"] for item in items], apart=True)
        self.note(items, await asyncio.gather(*(self.memory.add(item) for item in items)))

    async def told(self) -> None:
        """A message that the rules may draw something from."""
        self.count += 1
        text = f"I visited Town{self.seed}x{self.count}."
        item = {"messages": text, "user_id": self.chance.choice(USERS), "run_id": self.chance.choice(RUNS)}
        self.ledger.begin("told", holding=f"Town{self.seed}x{self.count}")
        self.note([item], [await self.memory.add(item)])

    def note(self, items: list[dict[str, Any]], answers: list[Any]) -> None:
        texts = {}
        for item, answer in zip(items, answers, strict=True):
            for result in answer["results"]:
                texts[result["id"]] = result["memory"]
                self.places.setdefault(result["id"], (item["user_id"], item["run_id"]))
        self.texts |= texts
        self.ledger.done(texts=texts)

    async def rewrite(self) -> None:
        if not self.texts:
            return
        key = self.chance.choice(sorted(self.texts))
        found = await self.memory.get(key)
        if found["state"] != "current":
            return  # its words belong to the past
        self.count += 1
        text = f"{self.chance.choice(PEOPLE)} wrote n{self.seed}x{self.count} anew"
        self.ledger.begin("rewrite", rewrites={key: text})
        await self.memory.update(key, {"text": text})
        self.texts[key] = text
        self.ledger.done(texts={key: text})

    async def describe(self) -> None:
        if self.texts:
            key = self.chance.choice(sorted(self.texts))
            self.ledger.begin("describe")
            await self.memory.update(key, {"metadata": {"n": self.count}, "categories": ["a", "b"]})
            self.ledger.done()

    async def delete(self) -> None:
        if self.texts:
            key = self.chance.choice(sorted(self.texts))
            self.ledger.begin("delete", ids=[key])
            await self.memory.delete(key)
            del self.texts[key], self.places[key]
            self.ledger.done()

    async def delete_run(self) -> None:
        scope = self.chance.choice(USERS), self.chance.choice(RUNS)
        ids = [key for key, place in self.places.items() if place == scope]
        self.ledger.begin("delete_all", ids=ids)
        await self.memory.delete_all({"user_id": scope[0], "run_id": scope[1]})
        for key in ids:
            del self.texts[key], self.places[key]
        self.ledger.done()

    async def search(self) -> None:
        await self.memory.search({"query": f"who lives in {self.chance.choice(PLACES)}?", "user_id": "ana"})

    async def compact(self) -> None:
        await self.memory.purge()

    async def rebuild(self) -> None:
        await self.memory.index("rebuild")


async def examine(memory: LocalBackend, *, at_all: bool = False, seed: int = 0) -> list[str]:
    """All that is wrong. Searching is tried for a few memories, or for all."""
    parts = memory.engine.parts
    problems = await unsound(parts.store, parts.index)
    problems += await unfaithful(parts.store, parts.index, parts.encoders)
    texts = (await everything(parts.store)).texts
    chosen = sorted(texts) if at_all else random.Random(seed).sample(sorted(texts), min(5, len(texts)))
    return problems + await unfindable(memory.engine, {key: texts[key] for key in chosen})


async def look(folder: Path, at_all: bool = False, seed: int = 0) -> tuple[dict[str, str], list[str]]:
    """Open what a killed process left, and close it: the texts by id, and all that is wrong."""
    memory = backend(folder)
    await memory.open()
    try:
        problems = await examine(memory, at_all=at_all, seed=seed)
        texts = (await everything(memory.engine.parts.store)).texts
    finally:
        await memory.aclose()
    return texts, problems


async def mend(folder: Path) -> list[str]:
    """Open what a power cut left of files of different ages, and build the index anew: what is wrong before that.

    Ids and revisions are right then. Vectors may not be: nobody compares these.
    """
    memory = backend(folder)
    await memory.open()
    try:
        problems = await unsound(memory.engine.parts.store, memory.engine.parts.index)
        await memory.index("rebuild")
    finally:
        await memory.aclose()
    return problems
