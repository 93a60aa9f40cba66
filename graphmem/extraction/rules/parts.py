"""Taking a sentence apart into statements: "I work at Acme and live in Lisbon" are two.

Each can then be true, over or corrected without the other. Only what "and", "but" or a semicolon joins is taken apart,
and only where every part states something by itself; a comma parts what has a subject of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from graphmem.extraction.rules.phrases import Phrases
from graphmem.extraction.rules.talk import Fact
from graphmem.extraction.rules.verbs import Clause

__all__ = ["Part", "split_parts"]

_JOINS = frozenset({"and", "but", ";"})
_AROUND = frozenset({",", ";", "and", "but", "then"})
_SUBORDINATE = frozenset(
    ["who", "which", "whom", "whose", "that", "because", "when", "while", "if", "although", "though", "unless", "after"]
)


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens [start, end) that state something by themselves; `subject` is put before where it is not said again."""

    start: int
    end: int
    clauses: tuple[Clause, ...]
    facts: tuple[Fact, ...]
    subject: str | None = None


def split_parts(phrases: Phrases, clauses: Sequence[Clause], facts: Sequence[Fact]) -> list[Part]:
    """The parts of a sentence, in order; one where it cannot be taken apart."""
    whole = [Part(0, len(phrases.tokens), tuple(clauses), tuple(facts))]
    if len(clauses) + len(facts) < 2 or any(token.word in _SUBORDINATE for token in phrases.tokens):
        return whole
    statements = sorted(
        {*((clause.start, clause.end) for clause in clauses), *((fact.at, fact.at + 1) for fact in facts)}
    )
    continued = {clause.start for clause in clauses if clause.is_continued}
    cuts: list[int] = []
    for (_, end), (start, _) in pairwise(statements):
        joins = [at for at in range(end, start) if phrases.tokens[at].word in _JOINS]
        if not joins and start > end and phrases.tokens[start - 1].word == "," and start not in continued:
            joins = [start - 1]  # "I left Lisbon, I live in Faro"
        cuts += joins[-1:]
    parts = []
    for start, end in pairwise([0, *cuts, len(phrases.tokens)]):
        part = _part(phrases, start, end, clauses, facts)
        if part is None:
            return whole
        parts.append(part)
    return parts


def _part(phrases: Phrases, start: int, end: int, clauses: Sequence[Clause], facts: Sequence[Fact]) -> Part | None:
    """What stands in the tokens [start, end); None where it cannot stand alone."""
    mine = tuple(clause for clause in clauses if start <= clause.start < end)
    own = tuple(fact for fact in facts if start <= fact.at < end)
    while start < end and phrases.tokens[start].word in _AROUND:
        start += 1
    if not mine:
        return Part(start, end, mine, own) if own else None
    first = mine[0]
    if not first.is_continued or any(fact.at < first.start for fact in own):
        return Part(start, end, mine, own)
    if len(first.subjects) != 1 or first.start != start or first.hope is not None:
        return None
    return Part(start, end, mine, own, first.subjects[0].entity)
