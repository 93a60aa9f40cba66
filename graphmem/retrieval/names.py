"""Entities that a question calls by their names, found literally and without a model."""

from __future__ import annotations

from graphmem.text import words

__all__ = ["phrases"]

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
