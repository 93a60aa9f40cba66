"""The graph as data people see it: entities, edges, neighbourhoods, paths, time lines."""

from __future__ import annotations

from graphmem.graph.sync import Graph
from graphmem.graph.things import Edge, Neighbourhood, Paths
from graphmem.graph.view import AsyncGraph

__all__ = ["AsyncGraph", "Edge", "Graph", "Neighbourhood", "Paths"]
