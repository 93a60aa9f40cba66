"""The arms that ask the index: memories and relations by meaning and by words, all in one round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    whole question, as relations, which name their ends, are. `rest` is that of what it asks apart from the names in it,
    where there are any.
    """

    dense: NDArray[np.float32]
    facts: NDArray[np.float32]
    rest: NDArray[np.float32] | None
    sparse: SparseVector
    where: IndexFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What the index said, id → score: cosines for the dense arms, sums of term weights for the sparse ones.

    `rest` is the memory most like what the question asks apart from its names. `revisions` are those of the copies of
    memories it answered from.
    """

    dense: Mapping[str, float] = field(default_factory=dict)
    sparse: Mapping[str, float] = field(default_factory=dict)
    facts_dense: Mapping[str, float] = field(default_factory=dict)
    facts_sparse: Mapping[str, float] = field(default_factory=dict)
    rest: Mapping[str, float] = field(default_factory=dict)
    revisions: Mapping[str, int] = field(default_factory=dict)


def index_filter(view: View) -> IndexFilter:
    """The view as the index can hold to it: wider, never narrower."""

    def asked(leaf: Leaf) -> bool:
        # What its partition says of every memory, the index need not look up for each.
        return _indexed(leaf) and not view.implies(leaf)

    return IndexFilter(project=view.project, owners=view.owners, where=widen(view.where, asked))


def _indexed(leaf: Leaf) -> bool:
    known = leaf.field in SCOPE_FIELDS or leaf.field == "categories" or leaf.field.startswith("metadata.")
    return known and leaf.op in ("eq", "in")


async def ask_question(
    text: str, plain: str, rest: str, view: View, embedder: Embedder, encoder: KeywordEncoder
) -> Question:
    """Embed the question, in one batch; `plain` is what is left of it without the names of hubs, `rest` without any."""
    forms = list(dict.fromkeys((text, plain, rest)))
    vectors = dict(zip(forms, await embedder.embed(forms, kind="query"), strict=True))
    return Question(
        dense=vectors[plain],
        facts=vectors[text],
        rest=None if rest == text else vectors[rest],
        sparse=encoder.query(plain),
        where=index_filter(view),
    )


async def ask_index(index: VectorIndex, question: Question, options: RecallOptions, wanted: int) -> Likeness:
    """Run the arms that have a weight; `wanted` is how many memories each should bring."""
    limit = max(options.breadth, wanted)
    asked: dict[str, VectorQuery] = {}

    def ask(name: str, kind: Kind, limit: int, dense: NDArray[np.float32] | None) -> None:
        if dense is None and not question.sparse.indices:
            return
        asked[name] = VectorQuery(
            kind=kind,
            filter=question.where,
            limit=limit,
            dense=dense,
            sparse=question.sparse if dense is None else None,
        )

    if options.semantic:
        ask("dense", "memory", limit, question.dense)
    if options.keyword:
        ask("sparse", "memory", limit, None)
    if options.graph:
        ask("facts_dense", "relation", options.breadth, question.facts)
        ask("facts_sparse", "relation", options.breadth, None)
        if question.rest is not None and options.bridge:
            ask("rest", "memory", 1, question.rest)
    answers = await index.query(list(asked.values()))
    found = dict(zip(asked, answers, strict=True))
    memories = [*found.get("dense", ()), *found.get("sparse", ())]
    return Likeness(
        **{name: {hit.id: hit.score for hit in hits} for name, hits in found.items()},
        revisions={hit.id: hit.revision for hit in memories},
    )


async def likeness_of(
    index: VectorIndex, where: IndexFilter, *asked: tuple[Kind, NDArray[np.float32], Sequence[str]]
) -> list[dict[str, float]]:
    """For each of `asked`, the cosines of these memories or relations with a vector, in one round trip."""
    queries = [
        VectorQuery(kind=kind, filter=where, limit=len(among), dense=vector, among=tuple(among))
        for kind, vector, among in asked
        if among
    ]
    answers = iter(await index.query(queries) if queries else ())
    return [{hit.id: hit.score for hit in next(answers)} if among else {} for _, _, among in asked]
