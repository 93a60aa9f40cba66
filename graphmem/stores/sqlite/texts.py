"""`search_text` and `spoken`: by words."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from graphmem.queries import Node, TextQuery, View
from graphmem.stores.sqlite.past import seen_by
from graphmem.stores.sqlite.rows import json_array
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import sight
from graphmem.text import words

__all__ = ["search_text", "spoken"]

_SCANNED = 50_000
"""How many memories, the newest, are looked through for words (about half a second)."""


def search_text(session: Session, query: TextQuery) -> list[tuple[str, float]]:
    """By the share of the question's words that the text holds, ties by id."""
    asked = set(words(query.text))
    if not asked:
        return []
    seen = seen_by(session, query.view, driving=True)
    rows = session.seen("read/texts", {**seen.params, "limit": _SCANNED}, visible=seen.visible)
    shares = ((-len(asked.intersection(words(text))) / len(asked), id_) for id_, text in rows)
    found = heapq.nsmallest(query.limit, (each for each in shares if each[0]))
    return [(id_, -share) for share, id_ in found]


def spoken(session: Session, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
    """Entities by phrase, sorted by id."""
    asked = {phrase for phrase in phrases if phrase}
    if not asked:
        return {}
    seen = sight(view)
    params = {**seen.params, "phrases": json_array(asked)}
    found: dict[str, list[Node]] = {}
    for phrase, *node in session.seen("read/spoken", params, named=seen.named):
        found.setdefault(phrase, []).append(Node(*node))
    return {phrase: tuple(nodes) for phrase, nodes in found.items()}
