"""The arms that ask the index: memories and relations by meaning and by words, all in one round trip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graphmem.abc import Embedder, KeywordEncoder, VectorIndex
from graphmem.filters import Leaf, widen
from graphmem.models import SCOPE_FIELDS, Kind, SparseVector
from graphmem.queries import IndexFilter, VectorQuery, View
from graphmem.retrieval.options import RecallOptions

__all__ = ["Likeness", "Question", "ask_index", "ask_question", "index_filter", "likeness_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A question in all the forms the arms need.

    `dense` is the question's vector as memories are compared with it: without the names of hubs. `facts` is that of the
    whole question, as relations, which name their ends, are.
    """

    dense: NDArray[np.float32]
    facts: NDArray[np.float32]
    sparse: SparseVector
    where: IndexFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What the index said, id → score: cosines for the dense arms, sums of term weights for the sparse ones.

    `revisions` are those of the copies of memories it answered from.
    """

    dense: Mapping[str, float] = field(default_factory=dict)
    sparse: Mapping[str, float] = field(default_factory=dict)
    facts_dense: Mapping[str, float] = field(default_factory=dict)
    facts_sparse: Mapping[str, float] = field(default_factory=dict)
    revisions: Mapping[str, int] = field(default_factory=dict)


def index_filter(view: View) -> IndexFilter:
    """The view as the index can hold to it: wider, never narrower."""
    owners = view.owners

    def asked(leaf: Leaf) -> bool:
        # What its partition says of every memory, the index need not look up for each.
        return _indexed(leaf) and not (leaf.op == "eq" and owners == (f"{leaf.field[:-3]}:{leaf.values[0]}",))

    return IndexFilter(project=view.project, owners=owners, where=widen(view.where, asked))


def _indexed(leaf: Leaf) -> bool:
    known = leaf.field in SCOPE_FIELDS or leaf.field == "categories" or leaf.field.startswith("metadata.")
    return known and leaf.op in ("eq", "in")


async def ask_question(text: str, plain: str, view: View, embedder: Embedder, encoder: KeywordEncoder) -> Question:
    """Embed the question; `plain` is what is left of it without the names of hubs."""
    vectors = await embedder.embed([text] if plain == text else [text, plain], kind="query")
    return Question(dense=vectors[-1], facts=vectors[0], sparse=encoder.query(plain), where=index_filter(view))


async def ask_index(index: VectorIndex, question: Question, options: RecallOptions, wanted: int) -> Likeness:
    """Run the arms that have a weight; `wanted` is how many memories each should bring."""
    limit = max(options.breadth, wanted)
    asked: dict[str, VectorQuery] = {}

    def ask(name: str, kind: Kind, limit: int, *, by_words: bool) -> None:
        if by_words and not question.sparse.indices:
            return
        asked[name] = VectorQuery(
            kind=kind,
            filter=question.where,
            limit=limit,
            dense=None if by_words else question.facts if kind == "relation" else question.dense,
            sparse=question.sparse if by_words else None,
        )

    if options.semantic:
        ask("dense", "memory", limit, by_words=False)
    if options.keyword:
        ask("sparse", "memory", limit, by_words=True)
    if options.graph:
        ask("facts_dense", "relation", options.breadth, by_words=False)
        ask("facts_sparse", "relation", options.breadth, by_words=True)
    answers = await index.query(list(asked.values()))
    found = dict(zip(asked, answers, strict=True))
    memories = [*found.get("dense", ()), *found.get("sparse", ())]
    return Likeness(
        **{name: {hit.id: hit.score for hit in hits} for name, hits in found.items()},
        revisions={hit.id: hit.revision for hit in memories},
    )


async def likeness_of(index: VectorIndex, question: Question, ids: Iterable[str]) -> dict[str, float]:
    """The cosines of these memories with the question."""
    among = tuple(ids)
    if not among:
        return {}
    query = VectorQuery(kind="memory", filter=question.where, limit=len(among), dense=question.dense, among=among)
    [hits] = await index.query([query])
    return {hit.id: hit.score for hit in hits}
