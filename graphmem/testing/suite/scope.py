"""Whose memory: nothing leaks between projects, owners and scope ids, through any read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from graphmem.abc import GraphStore
from graphmem.filters import Filter, Leaf, Or, all_of, any_of
from graphmem.models import Memory, Partition, Scope
from graphmem.queries import Around, EntityQuery, KnownQuery, RelationQuery, Talk, TextQuery, View, Walk
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import TODAY, Scribe, collect, current, fresh
from graphmem.text import text_key

__all__ = ["ScopeTests"]

TEXT = "the sister works at the mill"
"""What everybody remembers, in the same words: only scope tells them apart."""

PEOPLE: tuple[dict[str, str], ...] = ({"user_id": "ana"}, {"user_id": "bo"}, {"agent_id": "bot"}, {"run_id": "7"})


@dataclass
class Ids:
    """What a reading showed, by kind."""

    memories: set[str] = field(default_factory=set)
    entities: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)


@dataclass
class Town:
    """Two projects with the same people in them, who remember the same, each in their own memories."""

    store: GraphStore
    projects: tuple[str, str] = field(default_factory=lambda: (fresh("north"), fresh("south")))
    scribes: list[Scribe] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)

    async def build(self) -> Town:
        """Write everything."""
        for project in self.projects:
            for ids in PEOPLE:
                await self.remember(Scribe(self.store, project, **ids))
        return self

    async def remember(self, scribe: Scribe) -> None:
        """One person's memories: alone, with an agent, in an app, in a run."""
        self.scribes.append(scribe)
        beside: list[dict[str, str]] = [{}, {"agent_id": "bot"}, {"app_id": "desk"}, {"run_id": "7", "agent_id": "bot"}]
        if scribe.scope.user_id is None:
            beside = [{}]
        for number, ids in enumerate(beside):
            sister, mill = scribe.entity(f"Sister {number}"), scribe.entity(f"Mill {number}")
            works = scribe.relation(sister, "WORKS_AT", mill)
            said = scribe.episode(TEXT, scope=scribe.beside(**ids))
            memory = scribe.memory(TEXT, states=[works], of=[said], scope=scribe.beside(**ids))
            await scribe.write(said, sister, mill, works, memory, scribe.revision(memory))
            self.memories.append(memory)

    def belonging(self, view: View) -> Ids:
        """What a view may show: worked out from what was written, not read."""
        seen = [memory for memory in self.memories if view.sees(memory)]
        return Ids(
            memories={memory.id for memory in seen},
            entities={key for memory in seen for key in memory.entity_ids},
            relations={key for memory in seen for key in memory.relation_ids},
            owners={memory.scope.owner for memory in seen},
        )


async def _by_id(town: Town, view: View) -> Ids:
    return Ids(memories=set(await town.store.memories(view, [memory.id for memory in town.memories])))


async def _by_page(town: Town, view: View) -> Ids:
    return Ids(memories={memory.id for memory in await current(town.store, view)})


async def _entities(town: Town, view: View) -> Ids:
    everything = frozenset(key for memory in town.memories for key in memory.entity_ids)
    pages = [await town.store.entities(EntityQuery(view=view, ids=ids)) for ids in (None, everything)]
    pages.append(await town.store.entities(EntityQuery(view=view, names=frozenset(f"mill {n}" for n in range(9)))))
    return Ids(entities={entity.id for page in pages for entity in page.items})


async def _relations(town: Town, view: View) -> Ids:
    ends = frozenset(key for memory in town.memories for key in memory.entity_ids)
    pages = [await town.store.relations(RelationQuery(view=view, entities=each)) for each in (None, ends)]
    found = [relation for page in pages for relation in page.items]
    return Ids(
        relations={relation.id for relation in found},
        entities={end for relation in found for end in (relation.subject_id, relation.object_id)},
        memories={key for relation in found for key in relation.memory_ids},
    )


async def _walk(town: Town, view: View) -> Ids:
    everywhere = tuple(key for memory in town.memories for key in memory.entity_ids)
    hop = await town.store.walk(Walk(view=view, entity_ids=everywhere))
    found = Ids(
        relations={relation.id for relation in hop.relations},
        memories={key for key, _ in hop.mentions},
        entities={key for _, key in hop.mentions} | set(hop.degrees),
    )
    found.memories |= {key for relation in hop.relations for key in relation.memory_ids}
    return found


async def _around(town: Town, view: View) -> Ids:
    everywhere = tuple(key for memory in town.memories for key in memory.entity_ids)
    found = await town.store.around(Around(view=view, entity_ids=everywhere, limit=1_000))
    return Ids(
        relations={relation.id for relation in found.relations},
        memories={key for relation in found.relations for key in relation.memory_ids},
        entities={entity.id for entity in found.entities},
    )


async def _talk(town: Town, view: View) -> Ids:
    every = tuple(memory.id for memory in town.memories)
    talk = Talk(view=view, memory_ids=every, reach=len(every), pause=timedelta(days=10_000))
    found = await town.store.talk(talk)
    return Ids(memories={*found, *(turn.memory_id for turns in found.values() for turn in turns)})


async def _words(town: Town, view: View) -> Ids:
    return Ids(memories={key for key, _ in await town.store.search_text(TextQuery(view=view, text=TEXT, limit=1_000))})


async def _owners(town: Town, view: View) -> Ids:
    return Ids(owners=set(await town.store.owners(view, 1_000)))


async def _count(town: Town, view: View) -> Ids:
    number = await town.store.count(view)
    mine = town.belonging(view).memories
    return Ids(memories=mine if number == len(mine) else {f"{number} instead of {len(mine)}"})


READS = {
    "memories": (_by_id, {"memories"}),
    "find": (_by_page, {"memories"}),
    "count": (_count, {"memories"}),
    "entities": (_entities, {"entities"}),
    "relations": (_relations, {"relations", "entities", "memories"}),
    "walk": (_walk, {"relations", "entities", "memories"}),
    "around": (_around, {"relations", "entities", "memories"}),
    "talk": (_talk, {"memories"}),
    "search_text": (_words, {"memories"}),
    "owners": (_owners, {"owners"}),
}
"""Every read under a view, and the kinds of things it must show in full."""


def _user(name: str) -> Leaf:
    return Leaf("user_id", "eq", name)


VIEWS: dict[str, tuple[tuple[str, ...] | None, Filter]] = {
    "one user": (("user:ana",), _user("ana")),
    "one user, whoever owns": (None, _user("ana")),
    "one owner, whatever the filter": (("user:ana",), all_of()),
    "two users": (("user:ana", "user:bo"), Or((_user("ana"), _user("bo")))),
    "a user with an agent": (("user:ana",), all_of(_user("ana"), Leaf("agent_id", "eq", "bot"))),
    "an agent, over all its users": (None, Leaf("agent_id", "eq", "bot")),
    "a run, over all owners": (None, Leaf("run_id", "eq", "7")),
    "an agent or another user": (None, any_of(Leaf("agent_id", "eq", "bot"), _user("bo"))),
    "a user outside of any app": (("user:ana",), all_of(_user("ana"), Leaf("app_id", "in", ()))),
    "a user that the owners leave out": (("user:bo",), _user("ana")),
    "no owner at all": ((), all_of()),
    "an owner of that name that is none": (("agent:ana", "ana", "user:an"), all_of()),
    "the whole project": (None, all_of()),
}
"""Owners and filter of views, by what they are."""


class ScopeTests(StoreSuite):
    """Every read, under every kind of view, in a town where everybody remembers the same."""

    @pytest.mark.parametrize("name", VIEWS)
    async def test_a_view_shows_its_own_and_nothing_else(self, store: GraphStore, name: str) -> None:
        """Through every read; in both projects."""
        town = await Town(store).build()
        owners, where = VIEWS[name]
        for project in town.projects:
            view = View(project=project, owners=owners, where=where, today=TODAY)
            belonging = town.belonging(view)
            for method, (read, kinds) in READS.items():
                found = await read(town, view)
                for kind in kinds:
                    assert getattr(found, kind) == getattr(belonging, kind), (method, kind)

    async def test_the_views_tell_the_town_apart(self, store: GraphStore) -> None:
        """The test above would not be worth much if its views showed all or nothing."""
        town = await Town(store).build()
        sizes = {
            name: len(town.belonging(View(project=town.projects[0], owners=owners, where=where, today=TODAY)).memories)
            for name, (owners, where) in VIEWS.items()
        }
        assert sizes["the whole project"] == 10
        assert sizes["an agent, over all its users"] == 5
        assert sizes["a run, over all owners"] == 3
        assert sizes["no owner at all"] == 0

    async def test_spoken_names_stay_with_project_and_owners(self, store: GraphStore) -> None:
        """The same name in other partitions is not theirs."""
        town = await Town(store).build()
        project = town.projects[0]
        for owners in (("user:ana",), ("user:ana", "user:bo"), (), None):
            view = View(project=project, owners=owners, today=TODAY)
            found = await store.spoken(view, ["sister 0", "mill 3", "sister"])
            expected = {
                "sister 0": await self.named(town, view, "sister 0"),
                "mill 3": await self.named(town, view, "mill 3"),
            }
            assert {phrase: {node.id for node in nodes} for phrase, nodes in found.items()} == {
                k: v for k, v in expected.items() if v
            }

    async def named(self, town: Town, view: View, name: str) -> set[str]:
        """The entities of that name in the view."""
        return {
            entity.id for entity in (await town.store.entities(EntityQuery(view=view, names=frozenset({name})))).items
        }

    async def test_planning_knows_one_partition(self, store: GraphStore) -> None:
        """Whatever is asked for by name, text, slot or id."""
        town = await Town(store).build()
        for scribe in town.scribes:
            everything = frozenset(memory.id for memory in town.memories)
            query = KnownQuery(
                partition=scribe.partition,
                names=frozenset(f"{who} {n}" for who in ("sister", "mill") for n in range(4)),
                texts=frozenset({text_key(TEXT)}),
                slots=frozenset({("sister 0", "WORKS_AT")}),
                pairs=frozenset({("sister 1", "mill 1")}),
                memory_ids=everything,
                dependents=True,
                last_episodes=100,
            )
            [known] = await store.known(query)
            own = {m.id: m for m in town.memories if m.scope.partition == scribe.partition}
            assert set(known.memories) == set(own)
            assert {r.id for r in known.relations} == {key for m in own.values() for key in m.relation_ids}
            assert {e.id for e in known.entities.values()} == {key for m in own.values() for key in m.entity_ids}
            assert {e.id for e in known.episodes} == {key for m in own.values() for key in m.episode_ids}
            assert {key for keys in known.sources.values() for key in keys} == set(own)

    async def test_what_goes_by_project_stays_in_it(self, store: GraphStore) -> None:
        """History, counts, scopes, settings and dumps."""
        town = await Town(store).build()
        north, south = town.projects
        for memory in town.memories:
            other = south if memory.scope.project == north else north
            assert await store.history(other, memory.id) == []
            assert len(await store.history(memory.scope.project, memory.id)) == 1
        alone = Scribe(store, fresh("east"))
        assert not any((await store.tally(alone.project)).values())
        assert await store.scopes(alone.project) == []
        assert [change async for change in store.dump(alone.project)] == []
        await store.put_setting(north, "colour", "red")
        assert await store.setting(south, "colour") is None
        changes = [change async for change in store.dump(north, "user:ana")]
        assert {change.partition for change in changes} == {Partition(north, "user:ana")}
        changes = [change async for change in store.dump(north)]
        assert {change.partition for change in changes} == {
            Partition(north, Scope(project=north, **ids).owner) for ids in PEOPLE
        }

    async def test_ids_of_scopes_are_compared_as_they_are(self, store: GraphStore) -> None:
        """Case, accents, blanks, wildcards and quotes make different people."""
        project = fresh("project")
        names = [
            "ana",
            "Ana",
            "Aná",
            "ana ",
            "an%",
            "a_a",
            "an*",
            "ana'--",
            'ana"',
            "ana\\",
            "\uff41na",
            "ana:bo",
            "user:ana",
        ]
        scribes = [Scribe(store, project, user_id=name) for name in names]
        for scribe in scribes:
            await scribe.write(scribe.memory(f"of {scribe.scope.user_id}"))
        for scribe in scribes:
            by_filter = View(project=project, where=_user(scribe.scope.user_id or ""), today=TODAY)
            for view in (by_filter, scribe.view()):
                assert [m.scope for m in await current(store, view)] == [scribe.scope]
        assert {each["id"] for each in await store.scopes(project)} == set(names)

    async def test_scanning_holds_every_project(self, store: GraphStore) -> None:
        """The index serves all of them."""
        town = await Town(store).build()
        scanned = {mark.id for mark in await collect(store.scan())}
        assert {memory.id for memory in town.memories} <= scanned
