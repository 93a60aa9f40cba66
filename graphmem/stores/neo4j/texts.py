"""`search_text` and `spoken`: by words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphmem.queries import Node, TextQuery, View
from graphmem.stores.neo4j.past import seen_by
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.neo4j.where import sight
from graphmem.text import words

__all__ = ["search_text", "spoken"]

_CLAUSES = 500
"""How many words the full-text index is asked for at once; it refuses more than 1,024."""


async def search_text(tx: Tx, query: TextQuery) -> list[tuple[str, float]]:
    """By the share of the question's words that the text holds, ties by id."""
    asked = sorted(set(words(query.text)))
    if not asked or query.limit < 1:
        return []
    seen = await seen_by(tx, query.view)
    questions = [_any(asked[start : start + _CLAUSES]) for start in range(0, len(asked), _CLAUSES)]
    params = {**seen.params, "questions": questions, "words": asked, "limit": query.limit}
    rows = await tx.rows("search/text", params, visible=seen.visible)
    return [(id_, held / len(asked)) for id_, held in rows]


def _any(asked: Sequence[str]) -> str:
    """One of these words, as the full-text index is asked: in quotes nothing but these two says anything."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in asked)
    return " ".join(f'"{word}"' for word in quoted)


async def spoken(tx: Tx, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
    """Entities by phrase, sorted by id."""
    asked = {phrase for phrase in phrases if phrase}
    if not asked:
        return {}
    seen = sight(view)
    rows = await tx.rows("search/spoken", {**seen.params, "phrases": list(asked)}, named=seen.named)
    found: dict[str, list[Node]] = {}
    for phrase, *node in rows:
        found.setdefault(phrase, []).append(Node(*node))
    return {phrase: tuple(sorted(nodes)) for phrase, nodes in found.items()}
