"""What is known under a name: what the properties of a document ask the graph for, the surest answers first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from graphmem.exporting.words import Lexicon, Meaning, Phrase, Way, own_way, phrase, type_phrase
from graphmem.exporting.world import Edge, World, best_first
from graphmem.models import Entity, Memory
from graphmem.text import name_key

__all__ = ["Facts", "Found", "Subject", "Told", "full_names", "name_of", "question"]

_NAME_LIKE = re.compile(r"[^\W\d_]+(?:[ ._'-][^\W\d_]+){0,3}")
"""An id that may be shown as a name: letters, in a few words."""

_HELPERS = frozenset({"is", "has", "does", "can", "was", "a", "an", "the", "user", "currently", "to", "of"})
"""Words of a yes-or-no property that say nothing of what is asked."""


class Told(NamedTuple):
    """A value, and when it was told."""

    value: Any
    said: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a part of the document is about: entities (the scope's own, or one that a relation led to), or a memory.

    `called` are the words of the property that led here, `above` the entities on the way.
    """

    ids: tuple[str, ...] = ()
    own: bool = False
    via: Edge | None = None
    memory: Memory | None = None
    called: Phrase = ()
    above: frozenset[str] = frozenset()

    def at(self, edge: Edge, called: Phrase) -> Subject:
        """Whoever is at the other end of a relation."""
        return Subject(ids=(edge.other.id,), via=edge, called=called, above=self.above | {*self.ids})

    def of(self, entity: Entity, called: Phrase) -> Subject:
        """An entity that no relation led to."""
        return Subject(ids=(entity.id,), called=called, above=self.above | {*self.ids})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One answer: by relations, as values, as entities, or in memories' words (`prose`).

    `days`: the days of the relations are asked for, not what they lead to. `single`: it is no list.
    """

    edges: Sequence[Edge] = ()
    values: Sequence[Told] = ()
    entities: Sequence[Entity] = ()
    memories: Sequence[Memory] = ()
    prose: bool = False
    days: bool = False
    single: bool = False


class Facts:
    """Answers about subjects of a world. `alike` names the relation type that a property resembles, if one does."""

    def __init__(self, world: World, lexicon: Lexicon, alike: Callable[[str], str | None]) -> None:
        self._world = world
        self._lexicon = lexicon
        self._alike = alike
        self._types = frozenset(edge.type for edges in world.edges.values() for edge in edges)
        self._categories = {phrase(each): each for memory in world.memories for each in memory.categories}
        self._metadata = _metadata(world.memories)

    def answers(self, subject: Subject, name: Phrase, about: str) -> Iterator[Found]:
        """What is known of a subject under a name, or failing that under its description."""
        readings = list(self._lexicon.readings(name, subject.called))
        for reading in readings:
            yield from self._called(subject, reading)
        yield from self._kept(subject, readings)
        yield from self._worded(subject, readings)
        yield from self._derived(subject, readings)
        if (meaning := self._lexicon.told(phrase(about))) is not None:
            yield from self._meant(subject, meaning, ())
        type_ = self._alike(question(name, about))
        if type_ is not None:
            yield Found(edges=self._world.about(subject.ids, [Way(type_)]))
        if self._lexicon.asks_for_prose(phrase(about)):
            yield Found(memories=self._memories(subject), prose=True)

    def holds(self, subject: Subject, name: Phrase) -> bool | None:
        """Whether what a yes-or-no property says is stated, or denied; None: neither is."""
        wanted = {word for word in name if word not in _HELPERS}
        meaning = self._lexicon.meaning(tuple(word for word in name if word not in _HELPERS))
        for known, answer in ((self._world.denied, False), (self._world.edges, True)):
            for edge in (edge for each in subject.ids for edge in known.get(each, ()) if not edge.inverse):
                said = {*type_phrase(edge.type), *phrase(edge.other.name)}
                if wanted and wanted <= said:
                    return answer
                if answer and meaning is not None and Way(edge.type) in meaning.ways:
                    return True
        return None

    def chosen(self, subject: Subject, choices: Sequence[Any]) -> list[Edge]:
        """The relations of a subject to what is called like a choice."""
        wanted = {phrase(choice) for choice in choices if isinstance(choice, str)}
        return [edge for edge in self._world.about(subject.ids) if phrase(edge.other.name) in wanted]

    # -- by name

    def _called(self, subject: Subject, name: Phrase) -> Iterator[Found]:
        meaning = self._lexicon.meaning(name)
        if meaning is not None and meaning.means is not None:
            yield from self._means(subject, meaning.means)
        yield from self._meant(subject, meaning or Meaning(), name)

    def _meant(self, subject: Subject, meaning: Meaning, name: Phrase) -> Iterator[Found]:
        own = [way for type_ in sorted(self._types) if name and (way := own_way(name, type_)) is not None]
        ways = tuple(dict.fromkeys((*meaning.ways, *own)))
        via = subject.via
        if via is not None and Way(via.type, via.inverse) in ways:
            yield Found(values=[Told(via.other.name, via.told)], single=True)
        start = subject.ids
        if meaning.through:
            start = tuple(edge.other.id for edge in self._world.about(subject.ids, meaning.through))
        if ways and start and (edges := self._world.about(start, ways)):
            yield Found(edges=[edge for edge in edges if edge.other.id not in subject.above])
        if subject.own and meaning.entities:
            yield Found(entities=self._world.of_types(meaning.entities))
        if subject.own and name and (found := self._world.of_types([" ".join(name)])):
            yield Found(entities=found)

    def _means(self, subject: Subject, what: str) -> Iterator[Found]:
        if subject.memory is not None:
            yield from _of_memory(subject.memory, what)
            return
        if subject.via is not None and (value := _of_edge(subject.via, self._world, what)) is not None:
            yield Found(values=[Told(value, subject.via.told)])
        memories = self._memories(subject)
        if what == "memories":
            yield Found(memories=memories)
        elif what == "relation" and subject.via is None:
            edges = self._world.about(subject.ids)
            yield Found(edges=[edge for edge in edges if edge.other.id not in subject.above])
        else:
            values = [*self._of_entity(subject, what), *_of_memories(memories, what)]
            yield Found(values=[Told(value, self._world.now) for value in values])

    def _of_entity(self, subject: Subject, what: str) -> Iterator[Any]:
        entity = self._world.named(subject.ids)
        if what == "id":
            yield from filter(None, [self._world.owner if subject.own else entity.id if entity else None])
        if entity is None:
            return
        names = full_names(entity, self._world.owner if subject.own else None)
        if what == "type":
            yield from filter(None, [entity.type])
        elif what == "aliases":
            known = {name_key(each) for each in (*names[:1], self._world.owner or "")}
            yield from (each for each in (entity.name, *entity.aliases) if name_key(each) not in known)
        elif what == "mentions":
            yield entity.mention_count
        elif what == "name":
            yield from names[:1]
        elif what in ("full_name", "first_name", "last_name") and names:
            words = names[-1].split()
            if what == "full_name":
                yield names[-1]
            elif what == "first_name":
                yield words[0]
            elif len(words) > 1:
                yield words[-1]

    # -- by what memories carry

    def _kept(self, subject: Subject, readings: Sequence[Phrase]) -> Iterator[Found]:
        """Metadata under that key: of a memory, or of all memories where the scope itself is asked of."""
        if subject.memory is not None:
            found = _metadata([subject.memory])
        elif subject.own:
            found = self._metadata
        else:
            return
        for reading in readings:
            if reading in found:
                yield Found(values=found[reading])

    def _worded(self, subject: Subject, readings: Sequence[Phrase]) -> Iterator[Found]:
        """Memories' own words: for `summary`, `travel notes`, or a category's name."""
        memories = self._memories(subject)
        for reading in readings:
            if reading in self._lexicon.free:
                yield Found(memories=memories, prose=True)
            if reading in self._categories:
                yield Found(memories=_of_category(memories, self._categories[reading]), prose=True)
            topic = reading[:-1] if reading[-1:] in self._lexicon.free else ()
            if topic in self._categories:
                yield Found(memories=_of_category(memories, self._categories[topic]), prose=True)
            elif topic:
                stated = {each for edge in self._edges_called(subject, topic) for each in edge.relation.memory_ids}
                yield Found(memories=[memory for memory in memories if memory.id in stated], prose=True)

    def _derived(self, subject: Subject, readings: Sequence[Phrase]) -> Iterator[Found]:
        """Numbers of things, and the days on which something began."""
        for reading in readings:
            if (counted := self._lexicon.counted(reading)) is not None:
                number = self._number(subject, counted)
                if number is not None:
                    yield Found(values=[Told(number, self._world.now)])
            if (dated := self._lexicon.dated(reading)) is not None:
                yield Found(edges=self._edges_called(subject, dated), days=True)

    def _number(self, subject: Subject, name: Phrase) -> int | None:
        for reading in self._lexicon.readings(name):
            meaning = self._lexicon.meaning(reading)
            if meaning is not None and meaning.means == "memories":
                return len(self._memories(subject))
            for found in self._called(subject, reading):
                if found.edges or found.entities:
                    others = {edge.other.id for edge in found.edges} | {entity.id for entity in found.entities}
                    return len(others)
        return None

    def _edges_called(self, subject: Subject, name: Phrase) -> list[Edge]:
        for reading in self._lexicon.readings(name, subject.called):
            for found in self._called(subject, reading):
                if found.edges:
                    return list(found.edges)
        return []

    def _memories(self, subject: Subject) -> list[Memory]:
        if subject.memory is not None:
            return [subject.memory]
        return best_first(self._world.memories if subject.own else self._world.mentioning(subject.ids))


def question(name: Phrase, about: str) -> str:
    """A property as a text that relation types can be compared with."""
    return ". ".join(part for part in (" ".join(name), about) if part)


def full_names(entity: Entity, owner: str | None = None) -> list[str]:
    """What an entity is called: its name, and the longest name that begins with it. An id that is no name is none.

    `owner` is the id under which it is known until it tells its name.
    """
    name = entity.name
    names = [name, *entity.aliases]
    if name == owner:
        told = [alias for alias in entity.aliases if name_key(alias) != name_key(owner)]
        if told:
            name = next((each for each in told if name_key(each).startswith(name_key(owner))), told[0])
        elif not _NAME_LIKE.fullmatch(name):
            return []
        else:
            return [name if name != name.lower() else name.replace("_", " ").replace(".", " ").title()]
    first = name_key(name).split()[:1]
    longer = [each for each in names if name_key(each).split()[:1] == first]
    return [name, max((name, *longer), key=len)]


def _of_edge(edge: Edge, world: World, what: str) -> Any:
    relation = edge.relation
    match what:
        case "relation":
            return relation.label
        case "source":
            return edge.other.name if edge.inverse else name_of(world, relation.subject_id)
        case "target":
            return name_of(world, relation.object_id) if edge.inverse else edge.other.name
        case "since" | "when":
            return relation.valid_at
        case "until":
            return relation.invalid_at
    return None


def name_of(world: World, entity_id: str) -> str:
    """What an entity is called, the scope's own one as `full_names` has it."""
    entity = world.entities[entity_id]
    names = full_names(entity, world.owner if entity_id in world.own else None)
    return names[0] if names else entity.name


def _of_memory(memory: Memory, what: str) -> Iterator[Found]:
    said = memory.observed_at
    known: dict[str, list[Any]] = {
        "memories": [memory.text],
        "name": [memory.text],
        "id": [memory.id],
        "when": [memory.valid_at or said],
        "since": [memory.valid_at],
        "until": [memory.invalid_at],
        "first_seen": [said],
        "last_seen": [memory.updated_at],
        "source": [memory.attributed_to],
        "categories": list(memory.categories),
        "type": list(memory.categories),
        "metadata": [dict(memory.metadata)],
    }
    yield Found(values=[Told(value, said) for value in known.get(what, ()) if value is not None])


def _of_memories(memories: Sequence[Memory], what: str) -> list[Any]:
    said = sorted(memory.observed_at for memory in memories)
    if what == "categories":
        counts = Counter(each for memory in memories for each in memory.categories)
        return [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    if what == "metadata":
        oldest_first = sorted(memories, key=lambda memory: memory.observed_at)
        merged = {key: value for memory in oldest_first for key, value in memory.metadata.items()}
        return [merged] if merged else []
    if said and what in ("first_seen", "last_seen"):
        return [said[0] if what == "first_seen" else said[-1]]
    return []


def _of_category(memories: Sequence[Memory], category: str) -> list[Memory]:
    return [memory for memory in memories if category in memory.categories]


def _metadata(memories: Sequence[Memory]) -> Mapping[Phrase, list[Told]]:
    """Values by their keys' words, the newest first, those of lists one by one."""
    found: dict[Phrase, list[Told]] = {}
    for memory in memories:
        for key, value in memory.metadata.items():
            told = found.setdefault(phrase(key), [])
            told += [Told(each, memory.observed_at) for each in (value if isinstance(value, list) else [value])]
    return found
