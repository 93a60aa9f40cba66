"""What graphmem is meant to reach, beside what was measured, and of what is missed why.

The figures come from what the benchmarks keep; the reasons are what their stages and experiments show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.report import short, table

__all__ = ["AIMS", "Aim", "aims"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure, and what it is to be: at `most`, or at `least`.

    `path` leads to it among all that is kept, by names with dots between; `over` to one that it is divided by. `why` is
    why it is missed.
    """

    what: str
    path: str
    over: str | None = None
    most: float | None = None
    least: float | None = None
    why: str | Callable[[Mapping[str, Any]], str] = ""

    def seen(self, figures: Mapping[str, Any]) -> float | None:
        """The figure; None where it was not measured."""
        found, base = _at(figures, self.path), 1.0 if self.over is None else _at(figures, self.over)
        return float(found / base) if found is not None and base else None

    def reason(self, figures: Mapping[str, Any]) -> str:
        """Why it is missed, by these figures."""
        return self.why if isinstance(self.why, str) else self.why(figures)

    def met(self, seen: float) -> bool:
        """Whether that is enough."""
        return (self.most is None or seen <= self.most) and (self.least is None or seen >= self.least)


def _at(figures: Any, path: str) -> Any:
    """What the path leads to; None where it leads nowhere."""
    for step in path.split("."):
        if not isinstance(figures, Mapping) or step not in figures:
            return None
        figures = figures[step]
    return figures


def _recall(name: str, **goals: float) -> tuple[Aim, ...]:
    path = f"recall.sets.{name}.arms.everything"
    return tuple(
        Aim(what=f"{name}: R@{cut[1:]}, %", path=f"{path}.R@{cut[1:]}", least=least) for cut, least in goals.items()
    )


LATENCY = "speed.latency"
"""The path to what is kept by the pair of stores and the size."""


def _latency(where: str, size: str, memories: str, **goals: Any) -> Aim:
    figure = goals.pop("figure")
    return Aim(what=f"{where}, {memories}: {figure}", path=f"{LATENCY}.{where}.{size}.{figure}", **goals)


GRAPH = (
    "The graph is most of it (see *no graph*, and the stages): two hops in SQLite, the likeness of what was reached,"
    " and ranking it, all in one interpreter"
)

LARGEST = 3
"""Stages that a reason names."""


def _graph(path: str) -> Callable[[Mapping[str, Any]], str]:
    """What a search spends its time on, with the largest of the stages that are kept below the path."""

    def why(figures: Mapping[str, Any]) -> str:
        stages: Mapping[str, float] = _at(figures, f"{path}.stages") or {}
        largest = sorted(stages, key=lambda stage: -stages[stage])[:LARGEST]
        told = ", ".join(f"{stage} {short(stages[stage])}" for stage in largest)
        return f"{GRAPH}. The largest stages, in ms: {told}" if told else GRAPH

    return why


def _too_few(name: str) -> Callable[[Mapping[str, Any]], str]:
    """How many questions would do: an interval narrows with the root of their number."""

    def why(figures: Mapping[str, Any]) -> str:
        found = figures["recall"]["sets"][name]
        gain, questions = found["against"]["no graph"], found["questions"]
        if gain["mean"] <= -1:
            return ""  # then it is a loss, and no number of questions would show otherwise
        enough = questions * ((gain["mean"] - gain["low"]) / (gain["mean"] + 1)) ** 2
        return (
            f"The mean is {gain['mean']:+.1f}. With differences spread as they are, some {enough:.0f} questions would"
            f" show that it is no loss, and there are {questions}"
        )

    return why


def _milliseconds(figures: Mapping[str, Any]) -> str:
    """What a memory costs in bulk, with a graph to draw and without."""
    speed = figures["beside"]["speed"]["20000"]
    whole, bare = (1000 / speed[name]["bulk/s"] for name in ("graphmem", "graphmem, texts alone"))
    return (
        f"One interpreter does extraction, planning, writing and vectors: {whole:.1f} ms a memory at 20,000 of one"
        f" user, and {bare:.1f} without a graph to draw"
    )


def _crossing(figures: Mapping[str, Any]) -> str:
    """At how many memories mem0 would take fifty times as long, if it grew on in a line and graphmem not."""
    speed = figures["beside"]["speed"]["20000"]
    size = 50 * speed["graphmem"]["search p50"] / speed["mem0"]["search p50"] * 20_000
    return f"mem0's grows with what it holds, ours hardly: along these lines it is fifty at some {round(size, -3):,.0f}"


AIMS: tuple[Aim, ...] = (
    *_recall("musique", r2=48, r5=70, r10=83, r20=91),
    *_recall("twowiki", r2=62, r5=72, r10=78),
    *_recall("locomo", r5=63, r10=73, r25=84),
    *_recall("locomo_entities", r5=66, r10=76, r25=86),
    *(
        Aim(
            what=f"{name}, questions of several hops: what the graph brings at R@10, points",
            path=f"recall.sets.{name}.against.no graph.mean",
            least=5,
        )
        for name in ("musique", "twowiki")
    ),
    *(
        Aim(
            what=f"{name}: what the graph brings at R@10, points, low end of the 95 % interval",
            path=f"recall.sets.{name}.against.no graph.low",
            least=-1,
            why=_too_few(name),
        )
        for name in ("locomo", "locomo_entities", "lihua", "madial")
    ),
    Aim(
        what="musique: search p50, ms",
        path="recall.sets.musique.arms.everything.p50 ms",
        most=6,
        why=_graph("recall.sets.musique"),
    ),
    *(
        _latency("embedded", size, memories, figure="search p50", most=most, why=_graph(f"{LATENCY}.embedded.{size}"))
        for size, memories, most in (("100000x100", "100,000 of 100 users", 5), ("100000x1", "100,000 of one user", 15))
    ),
    _latency(
        *("embedded", "1000x1", "1,000 of one user"),
        figure="add p50",
        most=3,
        why="1.8 is writing, half of it the disk; finding what is known, planning, the vectors, extraction and the"
        " index take 0.3 to 0.7 each",
    ),
    _latency("embedded", "10000x10", "10,000 of 10 users", figure="bulk/s", least=1500, why=_milliseconds),
    Aim(
        what="20,000 of one user: search, times as fast as mem0's",
        path="beside.speed.20000.mem0.search p50",
        over="beside.speed.20000.graphmem.search p50",
        least=50,
        why=_crossing,
    ),
    Aim(
        what="20,000 of one user: bulk, times as fast as mem0's",
        path="beside.speed.20000.graphmem.bulk/s",
        over="beside.speed.20000.mem0.bulk/s",
        least=10,
        why=_milliseconds,
    ),
    _latency("Neo4j and Edge", "100000x100", "100,000 of 100 users", figure="search p50", most=25),
    _latency("Neo4j and Edge", "100000x100", "100,000 of 100 users", figure="search p99", most=100),
    _latency("Neo4j and Edge", "100000x100", "100,000 of 100 users", figure="add p50", most=30),
    _latency("Neo4j and Edge", "100000x100", "100,000 of 100 users", figure="bulk/s", least=300),
    *(
        Aim(
            what=f"Neo4j, {graph}: 2 hops around {where}, p50",
            path=f"speed.graphs.{graph}.asked.2 hops, {where}.p50",
            most=most,
        )
        for graph in ("fb15k237", "wordnet30")
        for where, most in (("average entity", 10), ("the hub", 50))
    ),
)


def aims(figures: Mapping[str, Any]) -> Iterator[str]:
    """All that was measured beside what it is to be; then, of what is missed, why."""
    measured = [(aim, seen) for aim in AIMS if (seen := aim.seen(figures)) is not None]
    rows = {}
    for aim, seen in measured:
        goal = f"≤ {aim.most:,g}" if aim.most is not None else f"≥ {aim.least:,g}"
        rows[aim.what] = [goal, f"{seen:,.1f}", "met" if aim.met(seen) else "**missed**"]
    yield from table("aim", ("goal", "seen", ""), rows)
    if missed := [aim for aim, seen in measured if not aim.met(seen)]:
        yield "Why some are missed:"
        yield ""
        yield from (f"- {aim.what}: {aim.reason(figures) or 'not known'}." for aim in missed)
        yield ""
