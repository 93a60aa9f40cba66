"""A graph store of dicts and comprehensions: slow, and as near to the words of the contract as code can be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from graphmem.changes import (
    Applied,
    ChangeSet,
)
from graphmem.errors import InvalidInput
from graphmem.ids import new_id
from graphmem.models import Entity, Episode, Memory, Relation, Revision, Subgraph
from graphmem.queries import (
    Around,
    EntityQuery,
    Hop,
    Known,
    KnownQuery,
    MemoryQuery,
    Node,
    Page,
    RelationQuery,
    Talk,
    TextQuery,
    Turn,
    View,
    Walk,
)
from graphmem.testing.oracle_upkeep import Upkeep, ends
from graphmem.text import text_key, words

__all__ = ["OracleStore"]

Item = TypeVar("Item")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class OracleStore(Upkeep):
    """The contract in memory, for comparison. Not for use: every read looks at everything."""

    def __init__(self) -> None:
        super().__init__()
        self._cursors: dict[str, Any] = {}

    async def open(self) -> None:
        """Nothing to do."""

    async def aclose(self) -> None:
        """Nothing to do."""

    # -- writing

    async def apply(self, *changes: ChangeSet) -> tuple[Applied, ...]:
        """All on a copy, which then becomes the state."""
        if len({change.partition for change in changes}) < len(changes):
            raise InvalidInput("Two changes of one partition cannot be applied together.", field="changes")
        state = self.state.copied()
        answers = tuple(state.apply(change) for change in changes)
        self.state = state
        return answers

    # -- what is seen

    def _page(self, items: list[Item], order: Callable[[Item], Any], query: Any, *, turned: bool = False) -> Page[Item]:
        """A cursor is a ticket for the place at which the page ended."""
        if query.cursor is not None and query.cursor not in self._cursors:
            raise InvalidInput("This cursor was not given by this store.", field="cursor")
        items = sorted(items, key=order, reverse=turned)
        if query.cursor is not None:
            end = self._cursors[query.cursor]
            items = [item for item in items if (order(item) < end if turned else order(item) > end)]
        page, rest = items[: query.limit], items[query.limit :]
        if not rest:
            return Page(tuple(page))
        ticket = new_id()
        self._cursors[ticket] = order(page[-1])
        return Page(tuple(page), ticket)

    def _seen(self, view: View) -> dict[str, Memory]:
        memories = (self._rewound(memory, view.known_at) for memory in self.state.memories.values())
        return {memory.id: memory for memory in memories if view.sees(memory)}

    def _rewound(self, memory: Memory, known_at: datetime | None) -> Memory:
        if known_at is None:
            return memory
        past = [each for each in self._revisions(memory.id) if each.at <= known_at and each.state]
        return memory.with_state(past[-1].state) if past else memory

    def _revisions(self, *memory_ids: str) -> list[Revision]:
        mine = (entry for _, entry in self.state.revisions.values() if entry.memory_id in memory_ids)
        return sorted(mine, key=lambda entry: entry.at)

    def _entities_seen(self, seen: dict[str, Memory]) -> list[Entity]:
        every = (self._entity(entity, seen.values()) for entity in self.state.entities.values())
        return [entity for entity in every if entity.mention_count]

    def _relations_seen(self, view: View, seen: dict[str, Memory]) -> list[Relation]:
        every = (self._relation(relation, seen.values()) for relation in self.state.relations.values())
        return [relation for relation in every if view.sees_relation(relation)]

    # -- reading

    async def memories(self, view: View, ids: Collection[str], *, links: bool = True) -> dict[str, Memory]:
        """Those seen among `ids`, with what hangs on them in any case."""
        return {key: memory for key, memory in self._seen(view).items() if key in set(ids)}

    async def find(self, query: MemoryQuery) -> Page[Memory]:
        """All seen, sorted, cut."""
        if query.cursor is not None and query.offset:
            raise InvalidInput("A page has a cursor or an offset, not both.", field="offset")
        found = sorted(self._seen(query.view).values(), key=_by_creation, reverse=query.newest_first)
        return self._page(found[query.offset :], _by_creation, query, turned=query.newest_first)

    async def count(self, view: View) -> int:
        """How many are seen."""
        return len(self._seen(view))

    async def entities(self, query: EntityQuery) -> Page[Entity]:
        """All seen, narrowed, sorted, cut."""
        found = [
            entity
            for entity in self._entities_seen(self._seen(query.view))
            if (query.names is None or query.names & self.state.keys(entity.id))
            and (query.ids is None or entity.id in query.ids)
            and (query.type is None or entity.type == query.type)
        ]
        return self._page(found, lambda entity: (entity.key, entity.id), query)

    async def relations(self, query: RelationQuery) -> Page[Relation]:
        """All seen, narrowed, sorted, cut."""
        found = [
            relation
            for relation in self._relations_seen(query.view, self._seen(query.view))
            if (query.entities is None or query.entities & ends(relation, query.side))
            and (query.types is None or relation.type in query.types)
            and (query.ids is None or relation.id in query.ids)
        ]
        return self._page(found, _by_interval, query)

    async def spoken(self, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
        """Every entity of project and owners whose names read so."""
        found: dict[str, tuple[Node, ...]] = {}
        for entity in sorted(self.state.entities.values(), key=lambda entity: entity.id):
            if entity.project == view.project and (view.owners is None or entity.owner in view.owners):
                for phrase in {" ".join(words(name)) for name in self.state.names(entity.id)} & set(phrases):
                    found[phrase] = (*found.get(phrase, ()), self._node(entity.id))
        return found

    async def walk(self, walk: Walk) -> Hop:
        """One hop: the best few of each entity's relations and memories."""
        seen = self._seen(walk.view)
        relations = self._relations_seen(walk.view, seen)

        def best(things: Iterable[Any], prefer: tuple[str, ...]) -> list[Any]:
            newest = sorted(things, key=_by_creation, reverse=True)
            places = {key: place for place, key in enumerate(prefer)}
            return sorted(newest, key=lambda thing: places.get(thing.id, len(places)))[: walk.hub_cap]

        followed: dict[str, Relation] = {}
        mentions: set[tuple[str, str]] = set()
        facts = {r.id: r for r in relations if r.id in walk.facts and not walk.last}
        if walk.hub_cap > 0:
            followed |= facts
        for key in dict.fromkeys((*walk.entity_ids, *(end for r in facts.values() for end in ends(r, "either")))):
            touching = [r for r in relations if key in ends(r, "either") and not walk.last]
            mentioning = [memory for memory in seen.values() if walk.memories and key in memory.entity_ids]
            if walk.last and mentioning and self._node(key).degree > walk.hub_cap:
                mentioning = [memory for memory in mentioning if memory.id in walk.prefer_memories]
            followed |= {relation.id: relation for relation in best(touching, walk.prefer_relations)}
            for memory in best(mentioning, walk.prefer_memories):
                mentions |= {(memory.id, met) for met in ((key,) if walk.last else memory.entity_ids)}
        met = {key for _, key in mentions} | {key for r in followed.values() for key in ends(r, "either")}
        return Hop(
            facts=tuple(facts),
            relations=tuple(followed[key] for key in sorted(followed)),
            mentions=tuple(sorted(mentions)),
            nodes={key: self._node(key) for key in met},
        )

    async def around(self, around: Around) -> Subgraph:
        """Every entity's relations, one entity after another, cut."""
        seen = self._seen(around.view)
        relations = [
            relation
            for relation in sorted(self._relations_seen(around.view, seen), key=_by_creation, reverse=True)
            if relation.id not in around.known and (around.types is None or relation.type in around.types)
        ]
        every = {r.id: r for key in around.entity_ids for r in relations if key in ends(r, "either")}
        found = list(every.values())[: around.limit]
        met = {key for relation in found for key in ends(relation, "either")}
        entities = tuple(entity for entity in self._entities_seen(seen) if entity.id in met)
        return Subgraph(entities=entities, relations=tuple(found))

    async def talk(self, talk: Talk) -> dict[str, tuple[Turn, ...]]:
        """All episodes of a scope in a row, and those around each turn cut out of it."""
        turns = {m.id: m for m in self._seen(talk.view).values() if m.origin.extractor == "verbatim" and m.episode_ids}
        order = {key: place for place, key in enumerate(self.state.episodes)}
        every = sorted(self.state.episodes.values(), key=lambda e: (e.observed_at, e.created_at, order[e.id]))
        place_of = {episode.id: place for place, episode in enumerate(every)}
        told: dict[str, list[str]] = {}
        for key, memory in sorted(turns.items()):
            told.setdefault(min(memory.episode_ids, key=place_of.__getitem__), []).append(key)
        found = {}
        for key in {*talk.memory_ids} & turns.keys():
            own = self.state.episodes[min(turns[key].episode_ids, key=place_of.__getitem__)]
            row = [e for e in every if e.scope == own.scope and abs(e.observed_at - own.observed_at) <= talk.pause]
            here = next(place for place, episode in enumerate(row) if episode.id == own.id)
            found[key] = tuple(
                Turn(memory_id, place - here, episode.role, episode.name)
                for place, episode in enumerate(row)
                if abs(place - here) <= talk.reach
                for memory_id in told.get(episode.id, ())
            )
        return found

    def _node(self, entity_id: str) -> Node:
        name, type_ = self.state.entities[entity_id].name, self.state.type(entity_id)
        degree = sum(entity_id in memory.entity_ids for memory in self.state.memories.values())
        return Node(entity_id, name, type_, degree)

    async def search_text(self, query: TextQuery) -> list[tuple[str, float]]:
        """The share of the question's words that the memory's present text holds."""
        asked = set(words(query.text))
        seen = self._seen(query.view)
        shares = {key: len(asked & set(words(self.state.memories[key].text))) / max(1, len(asked)) for key in seen}
        found = sorted((-share, key) for key, share in shares.items() if share)
        return [(key, -share) for share, key in found[: query.limit]]

    async def history(self, project: str, memory_id: str) -> list[Revision]:
        """Its revisions and those of its predecessors."""
        chain = {memory_id}
        while more := {m.id for m in self.state.memories.values() if m.superseded_by in chain} - chain:
            chain |= more
        places = {entry.id: partition for partition, entry in self.state.revisions.values()}
        return [entry for entry in self._revisions(*chain) if places[entry.id].project == project]

    async def owners(self, view: View, limit: int) -> tuple[str, ...]:
        """Whose the seen memories are."""
        return tuple(sorted({memory.scope.owner for memory in self._seen(view).values()})[:limit])

    # -- reading for planning

    async def known(self, *queries: KnownQuery) -> tuple[Known, ...]:
        """One answer a query."""
        return tuple(self._known(query) for query in queries)

    def _known(self, query: KnownQuery) -> Known:
        state, partition = self.state, query.partition
        memories = {memory.id: memory for memory in state.within(partition)}
        entities = [self._entity(e, memories.values()) for e in state.entities.values() if state.of(partition, e)]
        relations = [self._relation(r, memories.values()) for r in state.relations.values() if state.of(partition, r)]
        called = {key: entity for entity in entities for key in state.keys(entity.id)}
        selves = {entity.self_of: entity for entity in entities if entity.self_of}
        called |= {name: selves[self_of] for self_of, name in query.selves.items() if self_of in selves}

        def names(entity_id: str) -> set[str]:
            return {name for name, entity in called.items() if entity.id == entity_id}

        asked = {key for key in memories if key in query.memory_ids}
        chosen = asked | {m.id for m in memories.values() if text_key(m.text) in query.texts}
        hanging = asked if query.dependents else set()
        chosen |= {m.id for m in memories.values() if m.superseded_by in hanging}
        found = [
            relation
            for relation in relations
            if any((name, relation.type) in query.slots for name in names(relation.subject_id))
            or any((a, b) in query.pairs for a in names(relation.subject_id) for b in names(relation.object_id))
            or relation.superseded_by in hanging
            or hanging & set(relation.memory_ids)
        ]
        chosen |= {key for relation in found for key in relation.memory_ids}
        episodes = self._episodes(query, {key for m in hanging for key in memories[m].episode_ids})
        return Known(
            sequence=state.sequences.get(partition, 0),
            entities={n: called[n] for n in {*query.names, *query.selves.values()} if n in called},
            memories={key: memories[key] for key in chosen},
            relations=tuple(found),
            episodes=tuple(episodes),
            sources={
                episode.id: tuple(sorted(m.id for m in memories.values() if episode.id in m.episode_ids))
                for episode in episodes
            },
        )

    def _episodes(self, query: KnownQuery, besides: set[str]) -> list[Episode]:
        here = [e for e in self.state.episodes.values() if e.scope.partition == query.partition]
        here.sort(key=lambda episode: (episode.observed_at, episode.created_at))
        run = [e.id for e in here if query.run_id is None or e.scope.run_id == query.run_id]
        last = set(run[len(run) - query.last_episodes :] if query.last_episodes < len(run) else run)
        return [episode for episode in here if episode.id in last | besides]


def _by_creation(thing: Memory | Relation) -> tuple[Any, ...]:
    return thing.created_at, thing.id


def _by_interval(relation: Relation) -> tuple[Any, ...]:
    return relation.valid_at is not None, relation.valid_at or _LONG_AGO, relation.created_at, relation.id
