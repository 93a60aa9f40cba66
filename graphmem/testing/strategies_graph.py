"""Hypothesis strategies for what is written and read: changes that mostly fit, and questions about everything.

They draw from small vocabularies, so that names clash, relations run parallel, moments touch and texts repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from graphmem.changes import DropEpisode, DropMemory, Watch
from graphmem.filters import TRUE, Filter, Leaf, Not, Or
from graphmem.ids import new_id
from graphmem.models import Entity, Episode, Event, Memory, Mention, Relation
from graphmem.queries import KnownQuery, View
from graphmem.testing.oracle_state import State
from graphmem.testing.worlds import START, TODAY, Scribe, Thing
from graphmem.text import name_key, text_key

__all__ = ["NAMES", "TEXTS", "TYPES", "Author", "known_queries", "moments", "views", "watches"]

NAMES = ("Ana", "ANA", "Bo", "bo.", "Mum", "東京", "O'Brien")
"""What entities are called. Some share a key."""

TYPES = ("KNOWS", "LIVES_IN")
"""Of relations."""

TEXTS = ("likes tea", "Likes TEA.", "lives in Porto", "knows Bo well", "Café com leite", "東京 is far")
"""What memories say. Some share a key."""

_KINDS = (None, None, "Person", "Place")
_ROLES = ("user", "assistant")
_HOUR = timedelta(hours=1)
_WHERE: tuple[Filter, ...] = (
    TRUE,
    TRUE,
    Leaf("metadata.n", "eq", 1),
    Not(Leaf("metadata.n", "exists")),
    Leaf("agent_id", "eq", "bot"),
    Or((Leaf("run_id", "eq", "7"), Leaf("categories", "eq", "x"))),
    Leaf("text", "icontains", "TEA"),
    Leaf("valid_at", "lt", START),
)

Item = TypeVar("Item")


def moments() -> st.SearchStrategy[datetime]:
    """Moments around those at which things happen: on the hour, or a microsecond beside it."""
    shift = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1)])
    return st.builds(lambda hours, by: START + hours * _HOUR + by, st.integers(-2, 14), shift)


def views(project: str, owners: Sequence[str]) -> st.SearchStrategy[View]:
    """Views of a project, over some of its owners or all."""
    some = st.lists(st.sampled_from(owners), unique=True, max_size=len(owners)).map(tuple)
    return st.builds(
        View,
        project=st.just(project),
        where=st.sampled_from(_WHERE),
        owners=st.none() | some,
        today=st.sampled_from([TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
        as_of=st.none() | moments(),
        known_at=st.none() | moments(),
        include_superseded=st.booleans(),
        include_expired=st.booleans(),
    )


def _some(items: Sequence[Item], most: int = 3) -> st.SearchStrategy[frozenset[Item]]:
    return st.frozensets(st.sampled_from(items), max_size=most) if items else st.just(frozenset())


def watches(ids: Sequence[str]) -> st.SearchStrategy[Watch]:
    """What a plan may have been based on."""
    return st.builds(
        Watch,
        names=_some([name_key(name) for name in NAMES], 2),
        texts=_some([text_key(text) for text in TEXTS], 1),
        subjects=_some(ids, 1),
        ids=_some(ids, 2),
    )


def known_queries(scribe: Scribe, memory_ids: Sequence[str]) -> st.SearchStrategy[KnownQuery]:
    """What planning may ask. Names in slots and pairs are asked for by themselves, too."""
    keys = sorted({name_key(name) for name in NAMES})
    key = st.sampled_from(keys)
    return st.builds(
        KnownQuery,
        partition=st.just(scribe.partition),
        names=st.just(frozenset(keys)),
        selves=st.sampled_from([{}, {scribe.partition.owner: "ana"}]),
        texts=_some([text_key(text) for text in TEXTS]),
        slots=st.frozensets(st.tuples(key, st.sampled_from(TYPES)), max_size=4),
        pairs=st.frozensets(st.tuples(key, key), max_size=4),
        memory_ids=_some(memory_ids, 6),
        dependents=st.booleans(),
        run_id=st.sampled_from([None, "7"]),
        last_episodes=st.integers(0, 5),
    )


class _AtOnce(Scribe):
    """A scribe for whom all of a change happens in one moment."""

    at = START

    def now(self) -> datetime:
        """The moment of the change."""
        return self.at


@dataclass
class Author:
    """Draws a change for one partition: what is there is looked up in `state`, and mostly treated well."""

    draw: Any
    state: State
    scribe: Scribe
    at: datetime
    things: list[Thing] = field(default_factory=list)
    free: list[Memory] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place = self.scribe.partition
        writer = _AtOnce(self.scribe.store, place.project, **self.scribe.scope.ids)
        writer.at = self.at
        self.scribe = writer
        self.free = list(self.state.within(place))
        for entity in self.state.entities.values():
            if self.state.of(place, entity):
                self.named[entity.id] = entity.name
                self.called |= dict.fromkeys(self.state.keys(entity.id), entity.id)

    def founding(self) -> list[Thing]:
        """A few memories to begin with."""
        for _ in range(4):
            self.tell()
        return self.things

    def clearing(self) -> list[Thing]:
        """Everything goes, or everything but the episodes."""
        place = self.scribe.partition
        gone: list[Thing] = [DropMemory(memory.id) for memory in self.state.within(place)]
        if self.draw(st.booleans()):
            gone += [DropEpisode(e.id) for e in self.state.episodes.values() if e.scope.partition == place]
        return gone

    def deeds(self) -> list[Thing]:
        """One to three deeds, none of them on a memory that another one is about."""
        every = [self.tell, self.tell, self.retell, self.retire, self.retire, self.restore, self.drop]
        every += [self.rename, self.tend_relation, self.tend_episode, self.blunder]
        for _ in range(self.draw(st.integers(1, 3))):
            self.draw(st.sampled_from(every))()
        return self.things

    # -- on memories

    def tell(self) -> None:
        """A new memory, of new things and known ones."""
        memory = self._said(self.scribe.memory(scope=self._scope()))
        self.things += [memory, self.scribe.revision(memory, at=self.at)]

    def retell(self) -> None:
        """Another text, other links, other everything."""
        if old := self._taken():
            new = replace(self._said(old), updated_at=self.at)
            entry = self.scribe.revision(new, Event.UPDATE, at=self.at, old_text=old.text, new_text=new.text)
            self.things += [new, entry]

    def retire(self) -> None:
        """By another memory, or by nothing."""
        if old := self._taken():
            heirs = [memory.id for memory in self.state.within(self.scribe.partition) if memory.id != old.id]
            by = self.draw(st.none() | st.sampled_from(heirs)) if heirs else None
            closed = self.at if self.draw(st.booleans()) else old.invalid_at
            new = replace(old, expired_at=self.at, invalid_at=closed, superseded_by=by)
            self.things += [new, self.scribe.revision(new, Event.SUPERSEDE, at=self.at)]

    def restore(self) -> None:
        """As if it had never been retired."""
        if old := self._taken():
            new = replace(old, expired_at=None, superseded_by=None)
            self.things += [new, self.scribe.revision(new, Event.RESTORE, at=self.at)]

    def drop(self) -> None:
        """With or without a word about it."""
        if old := self._taken():
            self.things.append(DropMemory(old.id))
            if self.draw(st.booleans()):
                self.things.append(self.scribe.revision(old, Event.DELETE, at=self.at))

    def _taken(self) -> Memory | None:
        """A memory that nothing else in this change is about."""
        return self.free.pop(self.draw(st.integers(0, len(self.free) - 1))) if self.free else None

    def _said(self, memory: Memory) -> Memory:
        """The memory with newly drawn content and links; what is new in those is put before it."""
        draw, maybe = self.draw, st.none() | moments()
        relations = [self._relation() for _ in range(draw(st.integers(0, 3)))]
        mentions = {(m.entity_id, m.name): m for m in (self._mention() for _ in range(draw(st.integers(0, 2))))}
        for end in {end for relation in relations for end in (relation.subject_id, relation.object_id)}:
            mentions[end, self.named[end]] = Mention(
                entity_id=end, name=self.named[end], type=draw(st.sampled_from(_KINDS))
            )
        return replace(
            memory,
            text=draw(st.sampled_from(TEXTS)),
            metadata=draw(st.sampled_from([{}, {"n": 1}, {"n": [1, "a"]}, {"n": True}])),
            categories=draw(st.sampled_from([(), ("x",), ("y", "x")])),
            valid_at=draw(maybe),
            invalid_at=draw(maybe),
            expiration_date=draw(st.sampled_from([None, None, TODAY - timedelta(days=1), TODAY])),
            mentions=tuple(sorted(mentions.values())),
            relation_ids=tuple(sorted({relation.id for relation in relations})),
            episode_ids=tuple(sorted({self._episode().id for _ in range(draw(st.integers(0, 1)))})),
        )

    def _scope(self) -> Any:
        beside: list[dict[str, Any]] = [{}, {"agent_id": "bot"}, {"run_id": "7"}, {"agent_id": "bot", "run_id": "7"}]
        mine = self.scribe.scope.ids
        return self.scribe.beside(**{**self.draw(st.sampled_from(beside)), **mine})

    # -- on what they link to

    def _mention(self) -> Mention:
        name = self.draw(st.sampled_from(NAMES))
        key, kind = name_key(name), self.draw(st.sampled_from(_KINDS))
        if key not in self.called:
            known = sorted(self.named, key=list(self.named).index)
            alias = known and self.draw(st.booleans())
            self.called[key] = self.draw(st.sampled_from(known)) if alias else self._entity(name).id
        return Mention(entity_id=self.called[key], name=name, type=kind)

    def _entity(self, name: str) -> Entity:
        owner = self.scribe.partition.owner
        taken = any(entity.self_of for entity in self.state.entities.values()) or self.things
        entity = self.scribe.entity(name, self_of=None if taken else owner)
        self.things.append(entity)
        self.named[entity.id] = name
        return entity

    def _relation(self) -> Relation:
        there = [each for each in self.state.relations.values() if self.state.of(self.scribe.partition, each)]
        if there and self.draw(st.booleans()):
            return self.draw(st.sampled_from(there))  # type: ignore[no-any-return]
        subject, other = (self._mention().entity_id for _ in range(2))
        label, kind = self.draw(st.sampled_from(["said so", "it's said"])), self.draw(st.sampled_from(TYPES))
        dates = {name: self.draw(st.none() | moments()) for name in ("valid_at", "invalid_at")}
        relation = Relation(
            id=new_id(),
            **self.scribe.partition._asdict(),
            subject_id=subject,
            type=kind,
            object_id=other,
            label=label,
            created_at=self.at,
            **dates,
        )
        self.things.append(relation)
        return relation

    def _episode(self) -> Episode:
        there = [e for e in self.state.episodes.values() if e.scope.partition == self.scribe.partition]
        if there and self.draw(st.booleans()):
            return self.draw(st.sampled_from(there))  # type: ignore[no-any-return]
        # No two at one moment: their order is a matter of writing, which a test of its own looks at.
        said = len(self.state.episodes) + len(self.things)
        at = self.at + timedelta(seconds=said)
        episode = self.scribe.episode(scope=self._scope(), observed_at=at, role=self.draw(st.sampled_from(_ROLES)))
        self.things.append(episode)
        return episode

    def rename(self) -> None:
        """To a name in use for it, or to one that is not."""
        if self.named:
            entity = self.state.entities.get(self.draw(st.sampled_from(list(self.named))))
            if entity is not None:
                self.things.append(replace(entity, name=self.draw(st.sampled_from(NAMES))))

    def tend_relation(self) -> None:
        """Retire one, by some memory or by nothing; or take it back."""
        there = [each for each in self.state.relations.values() if self.state.of(self.scribe.partition, each)]
        if there:
            relation = self.draw(st.sampled_from(there))
            gone = None if relation.expired_at else self.at
            heirs = [None, *(memory.id for memory in self.state.within(self.scribe.partition))]
            by = self.draw(st.sampled_from(heirs)) if gone else None
            self.things.append(replace(relation, expired_at=gone, invalid_at=gone, superseded_by=by))

    def tend_episode(self) -> None:
        """Redact one, drop one, or keep one without any memory."""
        there = [e for e in self.state.episodes.values() if e.scope.partition == self.scribe.partition]
        if there and self.draw(st.booleans()):
            episode = self.draw(st.sampled_from(there))
            self.things.append(DropEpisode(episode.id) if self.draw(st.booleans()) else replace(episode, content=""))
        else:
            self._episode()

    def blunder(self) -> None:
        """What must fail: a reference to nothing, or a name that is taken."""
        if self.draw(st.booleans()):
            ghost = Mention(entity_id=new_id(), name="Ghost")
            self.things.append(self.scribe.memory(about=[ghost]))
        else:
            taken = sorted(self.called) or NAMES
            double = self.scribe.entity(self.draw(st.sampled_from(taken)))
            self.things += [double, self.scribe.memory(about=[double])]
