"""The graph under one scope, for programs and notebooks that are not async: `AsyncGraph`, one line a method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from graphmem.graph.things import Edge, Neighbourhood, Paths
from graphmem.graph.view import AsyncGraph
from graphmem.models import Entity
from graphmem.queries import AROUND

__all__ = ["Graph"]

Answer = TypeVar("Answer")


class Caller(Protocol):
    """Runs a coroutine function and waits for its answer."""

    def call(self, function: Callable[..., Awaitable[Answer]], *args: Any, **kwargs: Any) -> Answer:
        """The answer of `await function(...)`."""


class Graph:
    """Entities and relations that one scope sees; see `AsyncGraph`."""

    def __init__(self, graph: AsyncGraph, portal: Caller) -> None:
        self._graph = graph
        self._portal = portal

    def entity(self, name: str) -> Entity | None:
        """See `AsyncGraph.entity`."""
        return self._portal.call(self._graph.entity, name)

    def entities(self, type: str | None = None) -> list[Entity]:  # noqa: A002
        """See `AsyncGraph.entities`."""
        return self._portal.call(self._graph.entities, type)

    def value(self, name: str, type: str) -> Entity | None:  # noqa: A002
        """See `AsyncGraph.value`."""
        return self._portal.call(self._graph.value, name, type)

    def values(self, name: str, type: str) -> list[Entity]:  # noqa: A002
        """See `AsyncGraph.values`."""
        return self._portal.call(self._graph.values, name, type)

    def relations(self, name: str, types: Sequence[str] | None = None) -> list[Edge]:
        """See `AsyncGraph.relations`."""
        return self._portal.call(self._graph.relations, name, types)

    def timeline(self, name: str, types: Sequence[str] | None = None) -> list[Edge]:
        """See `AsyncGraph.timeline`."""
        return self._portal.call(self._graph.timeline, name, types)

    def neighbours(
        self, name: str, depth: int = 1, types: Sequence[str] | None = None, limit: int = AROUND
    ) -> Neighbourhood:
        """See `AsyncGraph.neighbours`."""
        return self._portal.call(self._graph.neighbours, name, depth, types, limit)

    def subgraph(
        self, name: str | None = None, depth: int = 2, types: Sequence[str] | None = None, limit: int = AROUND
    ) -> Neighbourhood:
        """See `AsyncGraph.subgraph`."""
        return self._portal.call(self._graph.subgraph, name, depth, types, limit)

    def paths(self, source: str, target: str, max_length: int = 4, limit: int = 5) -> Paths:
        """See `AsyncGraph.paths`."""
        return self._portal.call(self._graph.paths, source, target, max_length, limit)

    def cypher(
        self, query: str, /, *, limit: int = 1_000, timeout: float = 30.0, **params: Any
    ) -> list[dict[str, Any]]:
        """See `AsyncGraph.cypher`."""
        return self._portal.call(self._graph.cypher, query, limit=limit, timeout=timeout, **params)

    def to_networkx(self) -> Any:
        """See `AsyncGraph.to_networkx`."""
        return self._portal.call(self._graph.to_networkx)

    def to_frames(self, library: Any = None) -> tuple[Any, Any]:
        """See `AsyncGraph.to_frames`."""
        return self._portal.call(self._graph.to_frames, library)

    def show(self, name: str | None = None, depth: int = 2, limit: int = AROUND) -> Any:
        """See `AsyncGraph.show`."""
        return self._portal.call(self._graph.show, name, depth, limit)
