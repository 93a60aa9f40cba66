"""Any graph store beside the oracle, through random histories, compared after every step in everything it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from graphmem.abc import GraphStore
from graphmem.changes import Applied, ChangeSet
from graphmem.errors import Conflict, InvalidInput
from graphmem.models import Kind
from graphmem.queries import Around, EntityQuery, MemoryQuery, Page, RelationQuery, Talk, TextQuery, View, Walk
from graphmem.testing.oracle import OracleStore
from graphmem.testing.strategies_graph import NAMES, TEXTS, TYPES, Author, known_queries, views, watches
from graphmem.testing.worlds import START, Scribe, collect, fresh, plain, stale, world
from graphmem.text import name_key, words

__all__ = ["StoreMachine", "run_store_machine"]

T = TypeVar("T")
Side = Literal["subject", "object", "either"]

_SOME_KEYS = frozenset({name_key(name) for name in NAMES[::3]})
_PHRASES = sorted({" ".join(words(name)) for name in NAMES})


def run_store_machine(make_store: Callable[[], GraphStore], *, examples: int = 12, steps: int = 12) -> None:
    """Run a store, made and not yet opened, through `examples` histories of up to `steps` changes each.

    All examples run on one store, each in a project of its own. Call it from a plain (not an async) test.
    """
    with asyncio.Runner() as runner:
        store = make_store()
        runner.run(store.open())
        try:
            parts = {"store": store, "runner": runner}
            run_state_machine_as_test(
                type("Machine", (StoreMachine,), parts),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(store.aclose())


class StoreMachine(RuleBasedStateMachine):
    """Two stores, one history. `store` and `runner` are set on the class, by `run_store_machine`."""

    store: GraphStore
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.oracle = OracleStore()
        self.project = fresh("machine")
        people: list[dict[str, str]] = [{"user_id": "ana"}, {"user_id": "bo"}, {"agent_id": "bot"}]
        self.scribes = [Scribe(self.oracle, self.project, **ids) for ids in people]
        self.ids: dict[str, Kind] = {}
        self.applied: list[ChangeSet] = []
        self.hours = 0

    def both(self, ask: Callable[[GraphStore], Awaitable[T]]) -> tuple[T, T]:
        """What the store answers, and what the oracle does."""
        return self.runner.run(_awaited(ask(self.store))), self.runner.run(_awaited(ask(self.oracle)))

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """The oracle takes over the store's floor, and there is something to begin with."""
        self.take_over_floor()
        self.apply(*(scribe.change(*self.author(data, scribe).founding()) for scribe in self.scribes))

    def author(self, data: st.DataObject, scribe: Scribe) -> Author:
        """Who draws changes of a partition, at the present hour."""
        at = START + timedelta(hours=self.hours)
        return Author(draw=data.draw, state=self.oracle.state, scribe=scribe, at=at)

    def take_over_floor(self) -> None:
        """Find out with which revision a new partition begins."""
        probe = Scribe(self.store)
        floor = self.runner.run(probe.write(probe.memory())).sequence - 1
        assert floor >= self.oracle.state.floor
        self.oracle.state.floor = floor

    # -- what happens

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """One partition changes."""
        self.written(data, self.scribes[:1], late=False)

    @rule(data=st.data())
    def change_late(self, data: st.DataObject) -> None:
        """One partition changes, as it was planned on an older state."""
        self.written(data, self.scribes[:1], late=True)

    @rule(data=st.data(), late=st.booleans())
    def change_two(self, data: st.DataObject, late: bool) -> None:
        """Two partitions change at once."""
        self.written(data, data.draw(st.permutations(self.scribes))[:2], late)

    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        """All memories of a partition are dropped."""
        scribe = data.draw(st.sampled_from(self.scribes))
        self.apply(scribe.change(*self.author(data, scribe).clearing()))
        self.compare(data)

    def written(self, data: st.DataObject, scribes: list[Scribe], late: bool) -> None:
        """A change of each of the partitions, applied together."""
        self.hours += 1
        self.apply(*(self.planned(data, scribe, late) for scribe in scribes))
        self.compare(data)

    def planned(self, data: st.DataObject, scribe: Scribe, late: bool) -> ChangeSet:
        """A change of one partition."""
        author = self.author(data, scribe)
        present = self.oracle.state.sequences.get(scribe.partition, 0)
        behind = data.draw(st.integers(0, 3)) if late else 0
        watch = data.draw(watches(list(self.ids)[-12:])) if late else None
        return scribe.change(*author.deeds(), sequence=max(0, present - behind), watch=watch, at=author.at)

    def apply(self, *changes: ChangeSet) -> None:
        """Both do the same, or refuse for the same reason."""
        done, expected = self.both(lambda store: _outcome(store, changes))
        assert done == expected, f"{done} instead of {expected}"
        if isinstance(expected, list):
            self.applied += changes
            state = self.oracle.state
            self.ids |= dict.fromkeys(state.memories, "memory")
            self.ids |= dict.fromkeys(state.relations, "relation")
            self.ids |= dict.fromkeys(state.entities, "entity")

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A change that was applied before."""
        if self.applied:
            self.apply(data.draw(st.sampled_from(self.applied)))
            self.compare(data)

    @rule(data=st.data(), again=st.booleans())
    def tend_index(self, data: st.DataObject, again: bool) -> None:
        """Some marks are settled, at the right revision or at another; some ids are marked again."""
        marks = list(self.runner.run(stale(self.oracle, self.ids)).values())
        if marks:
            done = data.draw(st.lists(st.sampled_from(marks), unique=True))
            wrong = [type(mark)(mark.kind, mark.id, mark.revision - 1) for mark in marks]
            self.both(lambda store: store.settle([*done, *wrong]))
        if again and self.ids:
            refs = data.draw(st.lists(st.sampled_from([(kind, key) for key, kind in self.ids.items()]), max_size=3))
            self.both(lambda store: store.mark(refs))
        self.compare(data)

    @rule(data=st.data())
    def purge(self, data: st.DataObject) -> None:
        """What was deleted is erased, in both."""
        self.both(lambda store: store.purge())
        self.applied.clear()
        self.take_over_floor()
        self.compare(data)

    @rule()
    def rebuild(self) -> None:
        """What the store dumps makes the same world."""
        copy, owners = OracleStore(), [scribe.partition.owner for scribe in self.scribes]
        self.runner.run(_copied(self.store, copy, self.project))
        rebuilt = self.runner.run(world(copy, self.project, owners=owners))
        expected = self.runner.run(world(self.oracle, self.project, owners=owners))
        # A partition in which nothing is left has nothing to be dumped.
        rebuilt["tally"].pop("partitions"), expected["tally"].pop("partitions")
        assert rebuilt == expected

    def teardown(self) -> None:
        """Leave no marks behind for the next example."""
        self.runner.run(_settled(self.store, self.ids))

    # -- what is told of it

    def compare(self, data: st.DataObject) -> None:
        """Every read, under a random view."""
        owners = [scribe.partition.owner for scribe in self.scribes]
        view = data.draw(views(self.project, owners))
        for ask in (self.of_memories(view), self.of_graph(data, view), self.of_all(data)):
            told, expected = self.both(ask)
            for name, answer in expected.items():
                assert told[name] == answer, f"{name}: {told[name]} instead of {answer}"

    def of_memories(self, view: View) -> Callable[[GraphStore], Awaitable[dict[str, Any]]]:
        """The reads of memories."""

        async def ask(store: GraphStore) -> dict[str, Any]:
            texts = [await store.search_text(TextQuery(view=view, text=text)) for text in TEXTS]
            return {
                "memories": {k: plain(memory) for k, memory in (await store.memories(view, list(self.ids))).items()},
                "newest": await _pages(lambda c: store.find(MemoryQuery(view=view, limit=4, cursor=c))),
                "oldest": await _pages(
                    lambda c: store.find(MemoryQuery(view=view, limit=3, cursor=c, newest_first=False))
                ),
                "offset": plain((await store.find(MemoryQuery(view=view, limit=3, offset=2))).items),
                "count": await store.count(view),
                "owners": await store.owners(view, 2),
                "texts": [[(key, round(share, 6)) for key, share in found] for found in texts],
            }

        return ask

    def of_graph(self, data: st.DataObject, view: View) -> Callable[[GraphStore], Awaitable[dict[str, Any]]]:
        """The reads of entities and relations, and of what was said in a row."""
        entities = [key for key, kind in self.ids.items() if kind == "entity"]
        some = st.lists(st.sampled_from(entities), min_size=1, max_size=3).map(tuple) if entities else st.just(())
        cap, types = data.draw(st.integers(1, 4)), data.draw(st.none() | st.just(frozenset(TYPES[:1])))
        few = st.lists(st.sampled_from(list(self.ids)), max_size=4, unique=True).map(tuple) if self.ids else st.just(())
        prefer = {"prefer_relations": data.draw(few), "prefer_memories": data.draw(few)}
        stated = [key for key, kind in self.ids.items() if kind == "relation"]
        facts = st.lists(st.sampled_from(stated), max_size=2, unique=True).map(tuple) if stated else st.just(())
        walk = Walk(
            view=view,
            entity_ids=data.draw(some),
            facts=data.draw(facts),
            hub_cap=cap,
            memories=data.draw(st.booleans()),
            last=data.draw(st.booleans()),
            **prefer,
        )
        around = Around(
            view=view,
            entity_ids=walk.entity_ids,
            limit=data.draw(st.integers(1, 6)),
            types=types,
            known=data.draw(facts),
        )
        pause = data.draw(st.sampled_from([timedelta(0), timedelta(seconds=30), timedelta(days=400)]))
        talk = Talk(view=view, memory_ids=tuple(self._remembered()), reach=data.draw(st.integers(0, 3)), pause=pause)
        side: Side = data.draw(st.sampled_from(["subject", "object", "either"]))

        async def ask(store: GraphStore) -> dict[str, Any]:
            hop, near = await store.walk(walk), await store.around(around)
            ends = frozenset(walk.entity_ids)
            return {
                "entities": await _pages(lambda c: store.entities(EntityQuery(view=view, limit=3, cursor=c))),
                "relations": await _pages(lambda c: store.relations(RelationQuery(view=view, limit=3, cursor=c))),
                "of some": plain(
                    (await store.relations(RelationQuery(view=view, entities=ends, side=side, types=types))).items
                ),
                "talk": await store.talk(talk),
                "walk": sorted(map(str, plain(hop.relations))),
                "begun": sorted(hop.facts),
                "mentions": sorted(hop.mentions),
                "nodes": dict(hop.nodes),
                "around": plain(near.relations),
                "ends": sorted(map(str, plain(near.entities))),
                "named": plain((await store.entities(EntityQuery(view=view, names=_SOME_KEYS))).items),
                "typed": plain((await store.entities(EntityQuery(view=view, type="Person"))).items),
                "spoken": {phrase: sorted(found) for phrase, found in (await store.spoken(view, _PHRASES)).items()},
            }

        return ask

    def of_all(self, data: st.DataObject) -> Callable[[GraphStore], Awaitable[dict[str, Any]]]:
        """The reads without a view."""
        queries = [data.draw(known_queries(scribe, self._remembered())) for scribe in self.scribes]

        async def ask(store: GraphStore) -> dict[str, Any]:
            pending = await stale(store, self.ids)
            records = await store.records(list(pending.values()))
            tally = await store.tally(self.project)
            return {
                "known": [_known(answer) for answer in await store.known(*queries)],
                "histories": {key: plain(await store.history(self.project, key)) for key in self._remembered()},
                "tally": {name: number for name, number in tally.items() if name != "stale"},
                "scopes": await store.scopes(self.project),
                # How far above all others the revision of what is gone lies is the store's affair.
                "pending": {key: min(mark.revision, 10**9) for key, mark in pending.items()},
                "records": {key: _record(record) for key, record in records.items()},
                "scan": sorted(map(str, {m for m in await collect(store.scan()) if m.id in self.ids})),
            }

        return ask

    def _remembered(self) -> list[str]:
        return [key for key, kind in self.ids.items() if kind == "memory"]


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer


async def _outcome(store: GraphStore, changes: tuple[ChangeSet, ...]) -> list[Any] | str:
    try:
        return [_told(applied) for applied in await store.apply(*changes)]
    except (Conflict, InvalidInput) as error:
        return type(error).__name__


def _told(applied: Applied) -> Any:
    if applied.repeated:
        return applied.sequence, "repeated"
    marks = {(mark.kind, mark.id, mark.revision) for mark in (*applied.marks, *applied.removed)}
    return applied.sequence, marks, {mark.id for mark in applied.removed}


async def _pages(ask: Callable[[str | None], Awaitable[Page[Any]]]) -> list[Any]:
    page = await ask(None)
    found = list(page.items)
    while page.cursor is not None:
        page = await ask(page.cursor)
        found += page.items
    return [plain(item) for item in found]


def _known(answer: Any) -> dict[str, Any]:
    return {
        "sequence": answer.sequence,
        "entities": {name: plain(entity) for name, entity in answer.entities.items()},
        "memories": {key: plain(memory) for key, memory in answer.memories.items()},
        "relations": sorted(map(str, plain(answer.relations))),
        "episodes": plain(answer.episodes),
        "sources": {key: tuple(found) for key, found in answer.sources.items() if found},
    }


def _record(record: Any) -> dict[str, Any]:
    told: dict[str, Any] = plain(record)
    # In which order an entity's names stand is the store's affair.
    return {**told, "text": sorted(record.text) if record.kind == "entity" else record.text}


async def _copied(source: GraphStore, target: GraphStore, project: str) -> None:
    async for change in source.dump(project):
        await target.apply(change)


async def _settled(store: GraphStore, ids: dict[str, Kind]) -> None:
    await store.settle(list((await stale(store, ids)).values()))
