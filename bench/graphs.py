"""What hubs cost: `python -m bench.graphs fb15k237`.

Loads a real graph through `add_many`, a memory for each node with its edges as the caller's triples, and measures
neighbourhoods: of entities chosen at random, and of the entity with most edges. A walk is what a search does: two hops
over what is visible, at most eight relations of each entity; the rest goes through the graph view, which tells all.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.data import data_folder
from bench.report import write_json
from bench.speed import keep
from graphmem import Memory, Settings
from graphmem.abc import GraphStore
from graphmem.filters import field_equals
from graphmem.models import Scope
from graphmem.queries import EntityQuery, View, Walk
from graphmem.retrieval import RecallOptions
from graphmem.stores.neo4j import Neo4jStore
from graphmem.stores.sqlite import SQLiteStore
from graphmem.text import name_key

MOST = 100
"""Edges in one memory: a node with more is told in several."""

BATCH = 2_000

CAP = RecallOptions().hub_cap
"""Relations of one entity that a search follows."""


def items(folder: Path, most_edges: int) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Items for `add_many`, and how many edges each name has. Nodes of the same name become one entity."""
    names: dict[str, str] = {}
    texts: dict[str, str] = {}
    for row in _rows(folder / "nodes.csv.gz"):
        names[row["id"]], texts[row["id"]] = row["name"], row["text"]
    edges: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    degrees: Counter[str] = Counter()
    for count, row in enumerate(_rows(folder / "edges.csv.gz")):
        if count == most_edges:
            break
        source, target = names[row["src"]], names[row["dst"]]
        kind = row["rel"].strip("/").split("/")[-1].replace("_", " ")
        edges[row["src"]].append((source, kind, target))
        degrees.update({source, target})
    made = []
    for key, triples in edges.items():
        for start in range(0, len(triples), MOST):
            text = f"{names[key]}: {texts[key] or 'nothing is said of it'} ({start // MOST})"
            part = triples[start : start + MOST]
            made.append({"messages": text[:2000], "user_id": "graph", "infer": False, "relations": part})
    return made, degrees


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", choices=["fb15k237", "wordnet30"])
    parser.add_argument("--location", help="where the memory is, e.g. neo4j://…, empty; default: a temporary folder")
    parser.add_argument("--edges", type=int, default=sys.maxsize, help="how many edges of the graph are loaded")
    parser.add_argument("--loaded", action="store_true", help="the graph is there already: only measure")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--keep", action="store_true", help="keep the figures, in bench/speed.json and on the page")
    chosen = parser.parse_args(arguments)
    console = Console()
    made, degrees = items(data_folder() / "graphs" / chosen.graph, chosen.edges)
    settings = Settings(extractor="verbatim")
    with tempfile.TemporaryDirectory() as folder, Memory(chosen.location or folder, settings=settings) as memory:
        started = time.perf_counter()
        batches = range(0, 0 if chosen.loaded else len(made), BATCH)
        for start in track(batches, description=chosen.graph, transient=True):
            memory.add_many(made[start : start + BATCH])
        took = time.perf_counter() - started
        counts = memory.stats()
        console.print(
            f"{len(made)} memories, {counts['entities']} entities, {counts['relations']} relations in {took:.0f} s"
            f" ({counts['relations'] / took:.0f} relations/s)"
        )
        found = _measure(memory, degrees)
        found |= asyncio.run(_walks(chosen.location or folder, degrees))
    table = Table(box=None)
    for heading in ("what", "p50 ms", "p99 ms", "relations"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what, (times, size) in found.items():
        table.add_row(what, f"{statistics.median(times):.1f}", f"{_percentile(times):.1f}", f"{size:.0f}")
    console.print(table)
    asked = {
        what: {"p50": statistics.median(times), "p99": _percentile(times), "relations": size}
        for what, (times, size) in found.items()
    }
    figures = {"seconds": took, **counts, "asked": asked}
    if chosen.json:
        write_json(chosen.json, figures)
    if chosen.keep:
        keep("graphs", chosen.graph, figures)


def _some(degrees: Counter[str]) -> tuple[list[str], str]:
    """Names of entities with about as many edges as the mean, and the one with most."""
    mean = statistics.mean(degrees.values())
    average = sorted(degrees, key=lambda name: abs(degrees[name] - mean))[:200]
    [(hub, _)] = degrees.most_common(1)
    return random.Random(5).sample(average, min(100, len(average))), hub


async def _walks(location: str, degrees: Counter[str]) -> dict[str, tuple[list[float], float]]:
    """Two hops from an entity over what is visible, by the store's own `walk`, as a search goes."""
    some, hub = _some(degrees)
    owner = Scope(project="default", user_id="graph").owner
    view = View(project="default", where=field_equals("user_id", "graph"), owners=(owner,), today=date.today())
    store: GraphStore = Neo4jStore(location) if "://" in location else SQLiteStore(Path(location) / "graph.sqlite")
    await store.open()

    async def walked(name: str) -> tuple[float, int]:
        page = await store.entities(EntityQuery(view=view, names=frozenset([name_key(name)])))
        frontier: tuple[str, ...] = (page.items[0].id,)
        found = 0
        started = time.perf_counter()
        for _ in range(2):
            hop = await store.walk(Walk(view=view, entity_ids=frontier, hub_cap=CAP, memories=False))
            frontier = tuple({end for each in hop.relations for end in (each.subject_id, each.object_id)} - {*frontier})
            found += len(hop.relations)
        return (time.perf_counter() - started) * 1000, found

    async def timed(names: Sequence[str]) -> tuple[list[float], float]:
        taken = [await walked(name) for name in [*names[:3], *names]][3:]
        return [took for took, _ in taken], statistics.mean(found for _, found in taken)

    try:
        return {
            "walk of 2 hops, average entity": await timed(some),
            "walk of 2 hops, the hub": await timed([hub] * 20),
        }
    finally:
        await store.aclose()


def _measure(memory: Memory, degrees: Counter[str]) -> dict[str, tuple[list[float], float]]:
    graph = memory.graph(user_id="graph")
    some, hub = _some(degrees)
    return {
        "1 hop, average entity": _timed(some, lambda name: graph.neighbours(name, depth=1)),
        "2 hops, average entity": _timed(some, lambda name: graph.neighbours(name, depth=2)),
        "1 hop, the hub": _timed([hub] * 20, lambda name: graph.neighbours(name, depth=1)),
        "2 hops, the hub": _timed([hub] * 20, lambda name: graph.neighbours(name, depth=2)),
        "search that names an average entity": _timed(
            some, lambda name: memory.search(f"what is {name}?", user_id="graph")
        ),
        "search that names the hub": _timed(
            [hub] * 20, lambda name: memory.search(f"what is {name}?", user_id="graph")
        ),
    }


def _timed(names: Sequence[str], work: Callable[[str], Any]) -> tuple[list[float], float]:
    """Milliseconds of each, the first three left out, and how many relations they answered on average."""
    times, sizes = [], []
    for name in [*names[:3], *names]:
        started = time.perf_counter()
        found = work(name)
        times.append((time.perf_counter() - started) * 1000)
        sizes.append(len(found["relations"] if isinstance(found, dict) else found.edges))
    return times[3:], statistics.mean(sizes)


def _percentile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


if __name__ == "__main__":
    main()
