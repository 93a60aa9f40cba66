"""What is asked of the retriever, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from graphmem.models import Memory, Path, Relation
from graphmem.queries import Node, View

__all__ = ["Hit", "Recall", "RecallQuery", "ScoredRelation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallQuery:
    """A question under a view. `threshold` is compared with the final score; None lets everything pass.

    `now` is what age is counted from, by default the view's `as_of`, else the present. `decay` lets old memories fade,
    after the threshold: it moves hits, and hides none for being old. Without `graph` no relation is looked at or
    answered. With `links` the memories found tell what they mention, state and come from, which is more to read than
    all the rest of them.
    """

    text: str
    view: View
    top_k: int = 10
    threshold: float | None = None
    rerank: bool = False
    now: datetime | None = None
    decay: bool = False
    graph: bool = True
    links: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A memory found: its final score in [0, 1], what each arm gave it (in [0, 1]), and how it was reached."""

    memory: Memory
    score: float
    arms: Mapping[str, float]
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRelation:
    """A relation that matters to the question; its score is in [0, 1]."""

    relation: Relation
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The answer: hits best first, relations best first, the entities that the walk saw.

    `degraded` says why the index did not answer and the store's own search stood in; `milliseconds` are the times of
    the stages (of two that run side by side: what the second took longer), `seeds` the entities the walk began at, with
    their weights, `reached` how many nodes it saw, `stale` the memories whose copy in the index turned out to be
    outdated.
    """

    hits: tuple[Hit, ...] = ()
    relations: tuple[ScoredRelation, ...] = ()
    entities: Mapping[str, Node] = field(default_factory=dict)
    degraded: str | None = None
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    seeds: Mapping[str, float] = field(default_factory=dict)
    reached: int = 0
    stale: tuple[str, ...] = ()
