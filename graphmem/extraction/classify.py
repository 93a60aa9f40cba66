"""Sorting memories into offered categories without a model: by likeness, and by the words they share."""

from __future__ import annotations

import json
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graphmem.abc import Embedder, KeywordEncoder
from graphmem.text import words

__all__ = ["DEFAULT_CATEGORIES", "Classifier"]


def _shipped() -> Mapping[str, str]:
    data = json.loads(files(__package__).joinpath("data", "categories.json").read_text("utf-8"))
    return MappingProxyType(data["categories"])


DEFAULT_CATEGORIES = _shipped()
"""mem0's categories, name → description: what is offered where neither call nor project names any."""

ENOUGH = 0.62
"""The score from which on a category is given: rather none than a wrong one. On 55 memories sorted by hand it gave 48
categories, 47 of them right, and a right one to 88 in 100; at 0.55 it was 51 of 53 and 96 in 100, at 0.70 all of 36 and
69. On 55 others, not looked at before: 41 of 42, and 75 in 100 (tests/unit/extraction/sorted.json: English, mem0's
categories, the bundled embedder)."""

CLOSE = 0.85
"""A second category's least share of the best one's score: what is much less like the text is not what it is about."""

MOST = 3
"""Categories of one memory."""

WORDS = 0.25
"""What sharing a word adds to a score where no other category has that word. With 0.15 a third of what was rightly
sorted stayed without a category; with 0.35 more was sorted wrongly."""

MAX_READ = 2_000
"""Characters of a text that are looked at: what it is about, it begins with."""

KEPT = 64
"""Choices whose vectors are kept."""

_PHRASES = re.compile(r"[,;:.\n]+")


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """Categories made ready: those of `vectors` from the first in `starts` to the next are of one category's phrases;
    `terms` say how much each word tells of which categories, by their places."""

    names: tuple[str, ...]
    starts: tuple[int, ...]
    vectors: NDArray[np.float32]
    terms: Mapping[int, Mapping[int, float]]


class Classifier:
    """Chooses categories by what an embedder and a keyword encoder say of texts.

    A category is as like a text as its likest phrase is: its name, or one of those that its description lists. Words in
    common add to that, the less, the more categories have them. Likeness is 0 between what has nothing to do with each
    other, and 1 between the same: embedders differ in what cosine they give the one, so that is asked of each.
    """

    def __init__(self, embedder: Embedder, encoder: KeywordEncoder) -> None:
        self._embedder = embedder
        self._encoder = encoder
        self._ready: OrderedDict[tuple[tuple[str, str], ...], _Choice] = OrderedDict()
        self._unlike: float | None = None

    async def choose(self, texts: Sequence[str], offered: Mapping[str, str]) -> list[tuple[str, ...]]:
        """For each text those of the `offered` (name → description) that it is about, best first; often none.

        Raises `ModelError` when the embedder fails.
        """
        if not texts or not offered:
            return [()] * len(texts)
        choice = await self._choice(offered)
        read = [text[:MAX_READ] for text in texts]
        unlike = await self._cosine_of_unlike()
        cosines = await self._embedder.embed(read) @ choice.vectors.T
        likest = (np.maximum.reduceat(cosines, choice.starts, axis=1) - unlike) / (1.0 - unlike)
        return [self._chosen(text, row.tolist(), choice) for text, row in zip(read, likest, strict=True)]

    def _chosen(self, text: str, likeness: Sequence[float], choice: _Choice) -> tuple[str, ...]:
        shared = [0.0] * len(choice.names)
        for term in self._encoder.query(text).indices:
            for place, weight in choice.terms.get(term, {}).items():
                shared[place] = max(shared[place], weight)
        scores = [score + WORDS * weight for score, weight in zip(likeness, shared, strict=True)]
        floor = max(ENOUGH, CLOSE * max(scores))
        places = sorted((place for place, score in enumerate(scores) if score >= floor), key=lambda at: -scores[at])
        return tuple(choice.names[place] for place in places[:MOST])

    async def _cosine_of_unlike(self) -> float:
        """The mean cosine between the names of the shipped categories, which have little in common."""
        if self._unlike is None:
            vectors = await self._embedder.embed([next(_phrases(*each)) for each in DEFAULT_CATEGORIES.items()])
            pairs = np.triu_indices(len(vectors), k=1)
            self._unlike = min(0.99, max(0.0, float((vectors @ vectors.T)[pairs].mean())))
        return self._unlike

    async def _choice(self, offered: Mapping[str, str]) -> _Choice:
        key = tuple(offered.items())
        found = self._ready.get(key)
        if found is None:
            phrases = [[*_phrases(name, about)] for name, about in key]
            starts = tuple(accumulate((len(some) for some in phrases[:-1]), initial=0))
            vectors = await self._embedder.embed([phrase for some in phrases for phrase in some])
            found = _Choice(tuple(offered), starts, vectors, self._terms(phrases))
            self._ready[key] = found
            while len(self._ready) > KEPT:
                self._ready.popitem(last=False)
        self._ready.move_to_end(key)
        return found

    def _terms(self, phrases: Sequence[Sequence[str]]) -> dict[int, dict[int, float]]:
        """Each term's weight for each category that speaks it: shared out among those that do."""
        spoken = [frozenset(self._encoder.query(" ".join(some)).indices) for some in phrases]
        speakers = Counter(term for terms in spoken for term in terms)
        found: dict[int, dict[int, float]] = {}
        for place, terms in enumerate(spoken):
            for term in terms:
                found.setdefault(term, {})[place] = 1.0 / speakers[term]
        return found


def _phrases(name: str, about: str) -> Iterator[str]:
    """What a category is known by: its name in words, and the phrases of its description."""
    yield " ".join(words(name)) or name
    yield from filter(None, (phrase.strip() for phrase in _PHRASES.split(about)))
