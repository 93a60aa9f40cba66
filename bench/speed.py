"""The figures of speed that are kept, `bench/speed.json`, and their tables on the page.

A benchmark that is told to `--keep` puts what it found in the place of what it found before, with the same stores, and
writes the tables anew, with what they say of the aims.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bench.aims import aims
from bench.report import HERE, fill, read_json, short, stage_table, table, write_json

__all__ = ["EMBEDDED", "SERVED", "all_figures", "keep", "place", "write_page"]

KEPT = HERE / "speed.json"

EMBEDDED, SERVED, REMOTE = "embedded", "Neo4j and Edge", "Neo4j and Qdrant"
"""The pairs of stores that are measured."""

PARTS = ("graphmem", "qdrant-edge-py", "qdrant-client", "neo4j")
"""Whose versions matter for speed; the last two are those of the clients."""

FIGURES = ("bulk/s", "add p50", "add p99", "search p50", "search p99", "rest MB", "loop")
CALLS = ("add", "search", "get_all")

Rows = Mapping[str, Mapping[str, Any]]


def place(location: str | None, vectors: str = "edge") -> str:
    """What to call the pair of stores at a location, with an index."""
    if not (location and "://" in location):
        return EMBEDDED
    return SERVED if vectors == "edge" else REMOTE


def keep(benchmark: str, name: str, figures: Mapping[str, Any]) -> None:
    """Put the figures of a place, or a graph, in the place of those before, and write the page's tables anew.

    Latencies are by size; those of sizes that were not measured stay. The page tells of each place when it was measured
    last, and with what.
    """
    found = read_json(KEPT)
    held = found.setdefault(benchmark, {})
    machine = [platform.system(), platform.machine(), f"Python {platform.python_version()}"]
    if benchmark == "latency":
        figures = {**held.get(name, {}), **figures}
    held[name] = dict(figures)
    day = datetime.now(UTC).date().isoformat()
    measured = ", ".join([day, *machine, *(f"{part} {version(part)}" for part in PARTS)])
    found.setdefault("measured", {}).setdefault(benchmark, {})[name] = measured
    write_json(KEPT, found)
    write_page()


def all_figures() -> dict[str, Any]:
    """What all benchmarks keep, by the names of their files."""
    return {name: read_json(HERE / f"{name}.json") for name in ("recall", "beside", "speed")}


def write_page() -> None:
    """Write the tables of speed, and of the aims, into their places on the page."""
    figures = all_figures()
    found = figures["speed"]
    latency = found.get("latency", {})
    for part, command, stores in (
        ("embedded", "latency", EMBEDDED),
        ("Neo4j", "latency --location", SERVED),
        ("Qdrant", "latency --location --vectors", REMOTE),
    ):
        if rows := latency.get(stores):
            measured = _measured({stores: found["measured"]["latency"][stores]})
            fill(f"latency, {part}", f"python -m bench.{command} --keep", (*measured, *_latency(rows)))
    for benchmark, lines in (("load", _load), ("graphs", _graphs)):
        if rows := found.get(benchmark):
            measured = _measured(found["measured"][benchmark])
            fill(benchmark, f"python -m bench.{benchmark} --keep", (*measured, *lines(rows)))
    fill("aims", "python -m bench.latency --keep", aims(figures))


def _measured(places: Mapping[str, str]) -> Iterator[str]:
    """When each was measured, and with what: a line for all where it is the same, or one for each."""
    alike = set(places.values())
    if len(alike) == 1:
        yield f"Measured on {alike.pop()}."
    else:
        yield from (f"- {name}: measured on {measured}." for name, measured in places.items())
    yield ""


def _latency(rows: Rows) -> Iterator[str]:
    sizes = {_size(size): row for size, row in sorted(rows.items(), key=lambda each: _numbers(each[0]))}
    yield from table("memories", FIGURES, {name: [short(row[each]) for each in FIGURES] for name, row in sizes.items()})
    yield from stage_table({name: row["stages"] for name, row in sizes.items()})


def _load(places: Rows) -> Iterator[str]:
    waits = [(call, cut) for call in CALLS for cut in ("p50", "p99")]
    rows = {}
    for name, found in places.items():
        calls = found["calls"]
        answers = sum(calls[call]["answers"] for call in CALLS)
        took = [short(calls[call][cut]) for call, cut in waits]
        rows[name] = [f"{answers:,}", *took, f"{found['acknowledged']:,}", f"{found['lost']}"]
    headings = ["answers", *(f"{call} {cut}" for call, cut in waits), "acknowledged", "lost"]
    yield from table("milliseconds", headings, rows)


def _graphs(graphs: Rows) -> Iterator[str]:
    headings = ("p50", "p99", "relations")
    rows = {
        f"{graph}: {what}": [short(figures[each]) for each in headings]
        for graph, found in graphs.items()
        for what, figures in found["asked"].items()
    }
    yield from table("milliseconds", headings, rows)
    loaded = (
        f"{graph} {found['seconds']:.0f} s ({found['relations']:,} relations in {found['memories']:,} memories,"
        f" {found['relations'] / found['seconds']:,.0f} relations/s)"
        for graph, found in graphs.items()
    )
    yield f"Loading took: {'; '.join(loaded)}."


def _size(size: str) -> str:
    memories, users = _numbers(size)
    return f"{memories:,} of {f'{users} users' if users > 1 else 'one user'}"


def _numbers(size: str) -> tuple[int, int]:
    memories, users = size.split("x")
    return int(memories), int(users)
