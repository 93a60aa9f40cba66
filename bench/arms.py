"""What is switched off to see what it brings: one arm or idea of the recipe at a time.

The product has switches for the weights of its arms alone; the rest is taken out from outside, here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from graphmem import Memory
from graphmem.client.local import LocalBackend
from graphmem.queries import Hop, Neighbour, Node, VectorQuery, View, Walk
from graphmem.retrieval import Retriever, hybrid
from graphmem.retrieval.fuse import Arm

__all__ = ["ABLATIONS", "ARMS", "retriever_of"]

Switch = Callable[[Retriever], AbstractContextManager[None]]


def retriever_of(memory: Memory) -> Retriever:
    """The retriever behind a memory: switching its arms is no part of the public API."""
    backend = memory._memory._backend
    assert isinstance(backend, LocalBackend)
    return backend.engine.read._retriever


def _weights(**changes: Any) -> Switch:
    @contextmanager
    def switch(retriever: Retriever) -> Iterator[None]:
        before = retriever.options
        retriever.options = replace(before, **changes)
        try:
            yield
        finally:
            retriever.options = before

    return switch


class _Instead:
    """A part with one method replaced; everything else is the part's own."""

    def __init__(self, part: Any, **methods: Any) -> None:
        self._part = part
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


@contextmanager
def _without_relation_vectors(retriever: Retriever) -> Iterator[None]:
    index = retriever._index

    async def query(queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
        answers = iter(await index.query([each for each in queries if each.kind != "relation"]))
        return [[] if each.kind == "relation" else next(answers) for each in queries]

    with patch.object(retriever, "_index", _Instead(index, query=query)):
        yield


@contextmanager
def _without_hub_weighting(retriever: Retriever) -> Iterator[None]:
    store = retriever._store

    def level(node: Node) -> Node:
        return node._replace(degree=1)

    async def walk(asked: Walk) -> Hop:
        hop = await store.walk(asked)
        return replace(hop, nodes={key: level(node) for key, node in hop.nodes.items()})

    async def spoken(view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
        return {key: tuple(map(level, nodes)) for key, nodes in (await store.spoken(view, phrases)).items()}

    with patch.object(retriever, "_store", _Instead(store, walk=walk, spoken=spoken)):
        yield


@contextmanager
def _ranks_for_scores(_: Retriever) -> Iterator[None]:
    """Reciprocal-rank fusion (Cormack et al. 2009, k = 60) of the same arms, with equal votes."""

    def fuse(*arms: Arm) -> dict[str, float]:
        fused: dict[str, float] = {}
        for arm in arms:
            order = sorted(arm.scores, key=lambda key: (-arm.scores[key], key)) if arm.weight else []
            for rank, key in enumerate(order, start=1):
                fused[key] = fused.get(key, 0.0) + 1.0 / (60 + rank)
        return fused

    with patch.object(hybrid, "fuse", fuse):
        yield


ARMS: dict[str, Switch] = {
    "everything": _weights(),
    "no graph": _weights(graph=0.0),
    "dense alone": _weights(graph=0.0, keyword=0.0),
    "keyword alone": _weights(graph=0.0, semantic=0.0),
    "graph alone": _weights(semantic=0.0, keyword=0.0),
}
"""The recipe, and its arms one by one. Conversation order counts as graph."""

ABLATIONS: dict[str, Switch] = {
    "no bridge": _weights(bridge=0.0),
    "no context": _weights(context=0.0),
    "no literal names": _weights(names=False),
    "no relation vectors": _without_relation_vectors,
    "no hub weighting": _without_hub_weighting,
    "no calibration (RRF)": _ranks_for_scores,
}
"""The recipe without one of its ideas."""
