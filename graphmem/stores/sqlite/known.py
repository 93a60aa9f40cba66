"""`GraphStore.known`: what planning has to know of a partition, in a transaction that is already open."""

from __future__ import annotations

import json

from graphmem.models import Entity
from graphmem.queries import Known, KnownQuery
from graphmem.stores.sqlite.hydrate import entities_at, episodes_at, memories_by_id, relations_at, stating
from graphmem.stores.sqlite.rows import json_array
from graphmem.stores.sqlite.session import Session

__all__ = ["known"]


def known(session: Session, query: KnownQuery) -> Known:
    """The answer; an unknown partition is empty, with sequence 0."""
    project, owner = query.partition
    row = session.one("write/partition", project=project, owner=owner)
    if row is None:
        return Known()
    return _Reading(session, query, row[0]).known(row[1])


class _Reading:
    """One query on its way through the tables."""

    def __init__(self, session: Session, query: KnownQuery, partition: int) -> None:
        self.session = session
        self.query = query
        self.partition = partition
        self.called = self._called()

    def known(self, sequence: int) -> Known:
        query, session = self.query, self.session
        asked = self._asked()
        memories = set(asked.values())
        relations = self._relations()
        episodes = set(self._last_episodes())
        if query.dependents and asked:
            rows = session.all(
                "known/dependents",
                partition=self.partition,
                ids=json_array(asked.values()),
                pks=json_array(asked),
            )
            for kind, pk, id_ in rows:
                if kind == "memory":
                    memories.add(id_)
                else:
                    (relations if kind == "relation" else episodes).add(pk)
        if query.texts:
            rows = session.all("known/texts", partition=self.partition, texts=json_array(query.texts))
            memories.update(id_ for (id_,) in rows)
        stated = stating(session, relations) if relations else {}
        memories.update(*stated.values())
        sources: dict[str, list[str]] = {}
        for episode, id_ in session.all("known/sources", pks=json_array(episodes)) if episodes else ():
            sources.setdefault(episode, []).append(id_)
        found = episodes_at(session, episodes)
        return Known(
            sequence=sequence,
            entities=self._entities(),
            memories=memories_by_id(session, sorted(memories)),
            relations=tuple(relations_at(session, stated).values()),
            episodes=tuple(found),
            sources={episode.id: tuple(sources.get(episode.id, ())) for episode in found},
        )

    def _called(self) -> dict[str, int]:
        """The row numbers of the entities that are called so, or are whoever is asked for by that name."""
        query = self.query
        names = {*query.names, *query.selves.values(), *(name for name, _ in query.slots)}
        names.update(name for pair in query.pairs for name in pair)
        if not names:
            return {}
        called: dict[str, int] = dict(
            self.session.all("known/names", partition=self.partition, names=json_array(names))
        )
        if query.selves:
            rows = self.session.all("known/selves", partition=self.partition, selves=json_array(query.selves))
            called |= {query.selves[self_of]: pk for self_of, pk in rows}
        return called

    def _entities(self) -> dict[str, Entity]:
        asked = {*self.query.names, *self.query.selves.values()} & self.called.keys()
        found = entities_at(self.session, {self.called[name] for name in asked})
        return {name: found[self.called[name]] for name in sorted(asked)}

    def _asked(self) -> dict[int, str]:
        ids = self.query.memory_ids
        if not ids:
            return {}
        return dict(self.session.all("known/memories", partition=self.partition, ids=json_array(ids)))

    def _relations(self) -> set[int]:
        called = self.called
        slots = [(called[name], type_) for name, type_ in self.query.slots if name in called]
        pairs = [(called[a], called[b]) for a, b in self.query.pairs if a in called and b in called]
        if not slots and not pairs:
            return set()
        rows = self.session.all(
            "known/relations",
            partition=self.partition,
            slots=json.dumps(slots, ensure_ascii=False),
            pairs=json.dumps(pairs),
        )
        return {pk for (pk,) in rows}

    def _last_episodes(self) -> list[int]:
        query = self.query
        if not query.last_episodes:
            return []
        if query.run_id is None:
            rows = self.session.all("known/last_episodes", partition=self.partition, last=query.last_episodes)
        else:
            rows = self.session.all(
                "known/last_of_run", partition=self.partition, run=query.run_id, last=query.last_episodes
            )
        return [pk for (pk,) in rows]
