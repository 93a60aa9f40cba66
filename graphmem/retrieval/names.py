"""Entities that a question calls by their names, found literally and without a model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from graphmem.queries import Node
from graphmem.text import words

__all__ = ["Heard", "Wording", "heard", "phrases"]

_RUN = re.compile(r"\S+")
_WORD = re.compile(r"\w+")

LONGEST = 6
"""Words in the longest name looked for."""

MOST_WORDS = 64
"""Words of a question that are looked at: a pasted document is not a list of names."""


def phrases(text: str) -> list[str]:
    """All runs of one to six words of the question, joined as names are stored."""
    said = words(text)[:MOST_WORDS]
    return [
        " ".join(said[start:end])
        for start in range(len(said))
        for end in range(start + 1, min(start + LONGEST, len(said)) + 1)
    ]


class Heard(NamedTuple):
    """An entity by whose name the question calls something: whether it is meant as a name, and how telling that is.

    `telling`, in (0, 1], is one divided by how many memories mention anything that is called so.
    """

    meant: bool
    telling: float


def heard(found: Mapping[str, Collection[Node]], called: Mapping[str, Collection[Node]]) -> dict[str, Heard]:
    """What is known of each entity that was found by a phrase, the most telling first.

    Which of several entities of one name is meant the question does not tell: each of them may be, as likely as
    memories mention it (its commonness: Medelyan & Legg 2008). Divided by these memories, as seeds are, this is the
    same for all: one by the memories of all. So an odd spelling that a single memory has ("Ana'm") gains nothing by it.
    """
    meant = {node.id for nodes in called.values() for node in nodes}
    telling: dict[str, float] = {}
    for nodes in found.values():
        share = 1.0 / max(1, sum(node.degree for node in nodes))
        for node in nodes:
            telling[node.id] = max(share, telling.get(node.id, 0.0))
    order = sorted(telling, key=lambda each: (each not in meant, -telling[each], each))
    return {each: Heard(each in meant, telling[each]) for each in order}


class Wording:
    """A question's words in their places: which names it says as names, and what is left without them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans = [run.span() for run in _RUN.finditer(text)][:MOST_WORDS]

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        """Where each phrase stands, in runs between spaces: first and behind the last."""
        places: dict[str, list[tuple[int, int]]] = {}
        said = [words(self._said(place, place + 1)) for place in range(len(self._spans))]
        for start in range(len(said)):
            phrase: list[str] = []
            for end in range(start + 1, min(start + LONGEST, len(said)) + 1):
                phrase += said[end - 1]
                places.setdefault(" ".join(phrase), []).append((start, end))
        return places

    def _said(self, start: int, end: int) -> str:
        return self.text[self._spans[start][0] : self._spans[end - 1][1]]

    def without(self, names: Collection[str]) -> str:
        """What is left of the question without these names (given as `phrases` has them); all of it if nothing is.

        A name that most memories go with says nothing about which of them is meant, and pulls the question's vector
        towards whatever is about names. It is structure: the graph knows what hangs on it.
        """
        keep = [True] * len(self._spans)
        for name in names:
            for start, end in self._places.get(name, ()):
                keep[start:end] = [False] * (end - start)
        if all(keep):
            return self.text
        left = " ".join(self.text[begin:stop] for (begin, stop), kept in zip(self._spans, keep, strict=True) if kept)
        return left if words(left) else self.text

    def called(self, found: Mapping[str, Collection[Node]]) -> dict[str, tuple[Node, ...]]:
        """Of the entities found by a phrase, those that the question means as a name: "Brother", not a brother.

        A capital says so, where the question has any; the one it begins with only if the entity is written with one
        too. In a question without capitals, and in scripts that have none, what the entity is written with decides.
        """
        marked = any(_capital(word) for word in _WORD.findall(self.text)[1:])
        named = {}
        for phrase, nodes in found.items():
            written = tuple(node for node in nodes if _name_like(node.name))
            if marked:
                meant = max(self._meant(phrase), default=0)
                kept = tuple(nodes) if meant == 2 else written if meant else ()
            else:
                kept = written
            if kept:
                named[phrase] = kept
        return named

    def _meant(self, phrase: str) -> Iterator[int]:
        """For each place of the phrase: 2 if it is capitalised there, 1 if it only begins the question so."""
        for start, end in self._places.get(phrase, ()):
            said = _WORD.findall(self._said(start, end))
            if any(_capital(word) for word in (said if start else said[1:])):
                yield 2
            elif start == 0 and _capital(said[0]):
                yield 1


def _capital(word: str) -> bool:
    return word[0].isupper() and word != "I"


def _name_like(name: str) -> bool:
    """Whether it has a capital, or letters that know none."""
    return name != name.lower() or name == name.upper()
