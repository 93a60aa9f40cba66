"""Filling a document from the graph, without a model: what is known is put where it belongs, and nothing is made up.

A place is filled by the first answer (see `facts`) that its schema accepts. What several relations answer, a single
place takes the newest of, and a list all of, oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from graphmem.exporting.facts import Facts, Found, Subject, Told, question
from graphmem.exporting.schema import MAX_DEPTH, Node, Schema
from graphmem.exporting.values import ABSENT, distinct, typed
from graphmem.exporting.words import Phrase, is_plural, lexicon, phrase
from graphmem.exporting.world import Edge, World, joined

__all__ = ["Filler"]

MAX_ITEMS = 500
"""Items of one list."""

MAX_OBJECTS = 5_000
"""Objects of one document: lists of lists of people who know one another have no end worth reading."""

PROSE = 600
"""Characters of memories' words in one place, where the schema sets no bound."""


class Filler:
    """Fills documents of one schema from one world.

    `alike` names the relation type that a property's words resemble, if one does. `open` collects the properties that
    no word led to anything for: those worth comparing.
    """

    def __init__(self, schema: Schema, world: World, *, alike: Callable[[str], str | None] | None = None) -> None:
        self._schema = schema
        self._world = world
        self._words = lexicon()
        self._facts = Facts(world, self._words, alike or (lambda _: None))
        self._objects = 0
        self.open: dict[str, None] = {}

    def document(self) -> dict[str, Any]:
        """What is known of the scope's own entity, in the schema's shape. What is not known is left out."""
        subject = Subject(ids=self._world.own, own=True)
        for node in self._schema.alternatives(self._schema.root):
            if "object" in node.types or not node.types:
                found = self._object(node, subject, 0)
                if found is not ABSENT:
                    document: dict[str, Any] = found
                    return document
        return {}

    def _object(self, node: Node, subject: Subject, depth: int) -> Any:
        """The object's properties that are known; `ABSENT` if none is but constants."""
        if depth > MAX_DEPTH or self._objects >= MAX_OBJECTS:
            return ABSENT
        self._objects += 1
        filled, known = {}, False
        for name, raw in node.properties.items():
            for place in self._schema.alternatives(raw):
                value = self._place(place, name, subject, depth)
                if value is not ABSENT:
                    filled[name] = value
                    known = known or "const" not in place.keywords
                    break
        return filled if known else ABSENT

    def _place(self, node: Node, name: str, subject: Subject, depth: int) -> Any:
        if "const" in node.keywords:
            return node.keywords["const"]
        value = ABSENT
        if "array" in node.types:
            value = self._list(node, name, subject, depth)
        elif "object" in node.types:
            value = self._nested(node, name, subject, depth)
        elif node.types == {"boolean"}:
            value = self._truth(node, name, subject)
        else:
            value = self._scalar(node, name, subject)
        if value is ABSENT:
            self.open[question(phrase(name), node.about)] = None
        return value

    # -- objects

    def _nested(self, node: Node, name: str, subject: Subject, depth: int) -> Any:
        """Whoever the property's name leads to, or more about the same subject: `employer`, `contact details`."""
        called = phrase(name)
        if self._is_more(node, called) and subject.memory is None:
            more = replace(subject, called=(*subject.called, *called))
            value = self._object(node, more, depth + 1)
            if value is not ABSENT:
                return value
        for found in self._facts.answers(subject, called, node.about):
            for edge in reversed(found.edges):
                value = self._object(node, subject.at(edge, called), depth + 1)
                if value is not ABSENT:
                    return value
            value = self._first(node, found.values)
            if value is not ABSENT:
                return value
        return ABSENT

    def _is_more(self, node: Node, called: Phrase) -> bool:
        if self._words.is_area(called):
            return True
        return not self._words.is_thing(called) and not any(self._words.is_named(phrase(n)) for n in node.properties)

    # -- lists

    def _list(self, node: Node, name: str, subject: Subject, depth: int) -> Any:
        most = min(node.bound("maxItems") or MAX_ITEMS, MAX_ITEMS)
        called = phrase(name)
        for item in self._schema.alternatives(node.items):
            for found in self._facts.answers(subject, called, node.about or item.about):
                values = [] if found.single else self._items(item, found, subject, called, depth)
                if values:
                    return distinct(values)[:most]
            if item.choices is not None:
                values = self._each(item, self._by_name(self._facts.chosen(subject, item.choices)))
                if values:
                    return distinct(values)[:most]
        return ABSENT

    def _items(self, item: Node, found: Found, subject: Subject, called: Phrase, depth: int) -> list[Any]:
        if "object" in item.types:
            return [
                value
                for each in _subjects(found, subject, called)
                if (value := self._object(item, each, depth + 1)) is not ABSENT
            ]
        told = [*found.values, *self._by_name(found.edges)]
        told += [Told(entity.name, self._world.now) for entity in found.entities]
        oldest_first = sorted(found.memories, key=lambda memory: memory.observed_at)
        told += [Told(memory.text, memory.observed_at) for memory in oldest_first]
        return self._each(item, told)

    def _each(self, node: Node, told: Iterable[Told]) -> list[Any]:
        return [value for each in told if (value := self._typed(node, each)) is not ABSENT]

    # -- single values

    def _scalar(self, node: Node, name: str, subject: Subject) -> Any:
        called = phrase(name)
        for found in self._facts.answers(subject, called, node.about):
            if found.prose:
                value = self._prose(node, found)
            elif found.days:
                value = self._day(node, found)
            else:
                newest_first = [*found.values, *reversed(self._by_name(found.edges))]
                value = self._several(node, found, name)
                value = self._first(node, newest_first) if value is ABSENT else value
            if value is not ABSENT:
                return value
        if node.choices is not None:
            return self._first(node, reversed(self._by_name(self._facts.chosen(subject, node.choices))))
        return ABSENT

    def _several(self, node: Node, found: Found, name: str) -> Any:
        """A text for what a name in the plural asks: `hobbies` as a string."""
        if "string" not in node.types or node.choices is not None or not is_plural(name) or "format" in node.keywords:
            return ABSENT
        told = [*found.values, *self._by_name(found.edges)]
        texts = distinct(each.value for each in told if isinstance(each.value, str))
        texts += [entity.name for entity in found.entities[:MAX_ITEMS]]
        text = ", ".join(distinct(texts))
        return text if len(texts) > 1 and self._schema.accepts(node.raw, text) else ABSENT

    def _prose(self, node: Node, found: Found) -> Any:
        if node.types and "string" not in node.types:
            return ABSENT
        text = joined(found.memories, min(node.bound("maxLength") or PROSE, PROSE))
        return text if text and node.choices is None and self._schema.accepts(node.raw, text) else ABSENT

    def _day(self, node: Node, found: Found) -> Any:
        """The day that the newest relation leads to or, where it leads to none, on which it began."""
        for edge in reversed(found.edges):
            named = self._world.day(edge.other.name, edge.told)
            told = edge.other.name if named else edge.relation.valid_at
            value = ABSENT if told is None else self._typed(node, Told(told, edge.told))
            if value is not ABSENT:
                return value
        return ABSENT

    def _truth(self, node: Node, name: str, subject: Subject) -> Any:
        value = self._facts.holds(subject, phrase(name))
        if value is not None and self._schema.accepts(node.raw, value):
            return value
        return self._scalar(node, name, subject)

    def _by_name(self, edges: Iterable[Edge]) -> list[Told]:
        return [Told(edge.other.name, edge.told) for edge in edges]

    def _first(self, node: Node, told: Iterable[Told]) -> Any:
        return next((value for each in told if (value := self._typed(node, each)) is not ABSENT), ABSENT)

    def _typed(self, node: Node, told: Told) -> Any:
        return typed(self._schema, node, told.value, told.said, self._world.day)


def _subjects(found: Found, subject: Subject, called: Phrase) -> Iterator[Subject]:
    """Whom the objects of a list are about: each entity once."""
    seen = set(subject.above)
    for edge in found.edges:
        if edge.other.id not in seen:
            seen.add(edge.other.id)
            yield subject.at(edge, called)
    for entity in found.entities:
        if entity.id not in seen:
            seen.add(entity.id)
            yield subject.of(entity, called)
    for memory in found.memories if subject.memory is None else ():
        yield Subject(memory=memory, called=called, own=False)
