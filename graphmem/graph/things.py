"""What the graph view returns: domain objects that show themselves well and turn into what notebooks use.

Showing one never asks the store anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib import import_module
from typing import Any, Literal

from graphmem.errors import InvalidInput, MissingExtra
from graphmem.models import Entity, Path, Relation

__all__ = ["Edge", "Neighbourhood", "Paths"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation with its two ends."""

    relation: Relation
    source: Entity
    target: Entity

    @property
    def type(self) -> str:
        """The relation's type: `WORKS_AT`."""
        return self.relation.type

    def __str__(self) -> str:
        return f"{self.source.name} —{self.type}→ {self.target.name}{_interval(self.relation)}"

    __repr__ = __str__

    def row(self) -> dict[str, Any]:
        """The edge as a row of a table."""
        relation = self.relation
        return {
            "id": relation.id,
            "source": self.source.name,
            "type": relation.type,
            "target": self.target.name,
            "label": relation.label,
            "valid_at": relation.valid_at,
            "invalid_at": relation.invalid_at,
            "current": relation.is_current,
            "support": relation.support,
            "source_id": relation.subject_id,
            "target_id": relation.object_id,
        }


class Paths(list[Path]):
    """Ways between two entities. If they are not `complete`, there may be others, as short or shorter.

    Of an entity with more than 500 relations the newest 500 are followed, and up to some 5,000 entities looked at.
    """

    def __init__(self, paths: Iterable[Path] = (), *, complete: bool = True) -> None:
        super().__init__(paths)
        self.complete = complete


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A part of the graph: entities, and the edges between them. If it is not `complete`, a limit left some out."""

    entities: tuple[Entity, ...]
    edges: tuple[Edge, ...]
    complete: bool = True

    def __len__(self) -> int:
        return len(self.entities)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities)

    def __str__(self) -> str:
        return "\n".join([self._size(), *(f"  {edge}" for edge in self.edges[:SHOWN]), *self._left_out()])

    __repr__ = __str__

    def _size(self) -> str:
        more = "" if self.complete else " (the nearest; a higher limit shows more)"
        return f"{len(self.entities)} entities, {len(self.edges)} relations{more}"

    def _left_out(self) -> list[str]:
        hidden = len(self.edges) - SHOWN
        return [f"  … and {hidden} more"] if hidden > 0 else []

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>"
            + "".join(f"<td>{escape(text)}</td>" for text in (edge.source.name, edge.type, edge.target.name))
            + f"<td>{escape(_interval(edge.relation).strip())}</td><td>{edge.relation.support}</td></tr>"
            for edge in self.edges[:SHOWN]
        )
        head = "".join(f"<th>{name}</th>" for name in ("source", "relation", "target", "when", "support"))
        more = "".join(escape(line) for line in self._left_out())
        return f"<p>{self._size()}</p><table><tr>{head}</tr>{cells}</table>{more}"

    def to_networkx(self) -> Any:
        """A `networkx.MultiDiGraph`: nodes are entity ids with name, type, aliases; edges are keyed by relation id.

        Raises `MissingExtra` where networkx is not installed.
        """
        graph = _load("networkx", "networkx").MultiDiGraph()
        for entity in self.entities:
            graph.add_node(
                entity.id,
                name=entity.name,
                type=entity.type,
                aliases=list(entity.aliases),
                memories=entity.mention_count,
            )
        for edge in self.edges:
            row = edge.row()
            graph.add_edge(row.pop("source_id"), row.pop("target_id"), key=row.pop("id"), **row)
        return graph

    def to_frames(self, library: Literal["pandas", "polars"] | None = None) -> tuple[Any, Any]:
        """Two tables, entities and relations, in pandas or else polars, whichever is installed.

        Times are aware datetimes, in UTC; what is unknown is null.

        Raises `MissingExtra` where neither is, `InvalidInput` for another library.
        """
        if library not in (None, "pandas", "polars"):
            raise InvalidInput(f"Tables are made with pandas or polars, not {library!r}.", field="library")
        frames = _load(library, library) if library else _first("pandas", "polars")
        entities = [
            (entity.id, entity.name, entity.type, list(entity.aliases), entity.mention_count)
            for entity in self.entities
        ]
        relations = [tuple(edge.row().values()) for edge in self.edges]
        return _frame(frames, ENTITY_COLUMNS, entities), _frame(frames, EDGE_COLUMNS, relations)

    def show(self, **options: Any) -> Any:
        """An interactive picture for notebooks, by neo4j-viz; `options` go to its `render`.

        Raises `MissingExtra` where neo4j-viz is not installed.
        """
        viz = _load("neo4j_viz", "viz")
        nodes = [
            viz.Node(id=entity.id, caption=entity.name, size=10 + min(20, entity.mention_count))
            for entity in self.entities
        ]
        relations = [
            viz.Relationship(source=edge.source.id, target=edge.target.id, caption=edge.type) for edge in self.edges
        ]
        return viz.VisualizationGraph(nodes=nodes, relationships=relations).render(**options)


SHOWN = 50
"""Edges that a neighbourhood shows of itself."""

ENTITY_COLUMNS = ("id", "name", "type", "aliases", "memories")
EDGE_COLUMNS = (
    "id", "source", "type", "target", "label", "valid_at", "invalid_at", "current", "support", "source_id", "target_id",
)  # fmt: skip
"""As `Edge.row` names them."""


def _frame(library: Any, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Any:
    """A table; one without rows has its columns all the same."""
    return library.DataFrame({name: [row[place] for row in rows] for place, name in enumerate(names)})


def _interval(relation: Relation) -> str:
    if relation.valid_at is None and relation.invalid_at is None:
        return ""
    return f" [{_day(relation.valid_at)} to {_day(relation.invalid_at)}]"


def _day(moment: datetime | None) -> str:
    return "…" if moment is None else moment.date().isoformat()


def _first(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return _load(names[0], names[0])


def _load(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtra(
            f"This needs {module}, which is not installed.",
            hint=f"pip install 'graphmem[{extra}]'",
            extra=extra,
        ) from None
