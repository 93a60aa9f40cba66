"""Entities that a question calls by their names, found literally and without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphmem.text import words

__all__ = ["phrases", "without"]

_WORD = re.compile(r"\S+")

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


def without(text: str, names: Sequence[str]) -> str:
    """What is left of a question without these names (given as `phrases` has them); all of it if nothing is.

    A name that most memories go with says nothing about which of them is meant, and pulls the question's vector towards
    whatever is about names. It is structure: the graph knows what hangs on it.
    """
    if not names:
        return text
    spans = [word.span() for word in _WORD.finditer(text)]
    keep = [True] * len(spans)
    for name in names:
        for start in range(len(spans)):
            for end in range(start + 1, min(start + LONGEST, len(spans)) + 1):
                if " ".join(words(text[spans[start][0] : spans[end - 1][1]])) == name:
                    keep[start:end] = [False] * (end - start)
    left = " ".join(text[begin:stop] for (begin, stop), kept in zip(spans, keep, strict=True) if kept)
    return left if words(left) else text
