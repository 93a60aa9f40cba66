"""What hubs cost: `python -m bench.graphs fb15k237`.

Loads a real graph through `add_many`, a memory for each node with its edges as the caller's triples, and measures
neighbourhoods as the graph view tells of them: of entities that have about as many edges as the mean, and of the entity
with most edges. A neighbourhood is the nearest 100 relations, unless more are asked for.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.data import data_folder
from bench.report import write_json
from bench.speed import keep
from graphmem import Memory, Settings
from graphmem.queries import AROUND, MAX_AROUND

MOST = 100
"""Edges in one memory: a node with more is told in several."""

BATCH = 2_000

BEFORE = 3
"""Calls of each kind before those that are measured."""

REST = 90
"""Seconds between loading and measuring."""

WARM = 3
"""Times that all neighbourhoods are asked for before: what a server does for the first time it interprets."""


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
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.location or folder
        with Memory(place, settings=settings) as memory:
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
        with Memory(place, settings=settings) as memory:
            # A database and an index that were just filled are busy with themselves.
            time.sleep(0 if chosen.loaded else REST)
            found = _measure(memory, degrees)
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


def _measure(memory: Memory, degrees: Counter[str]) -> dict[str, tuple[list[float], float]]:
    graph = memory.graph(user_id="graph")
    some, hub = _some(degrees)

    def around(depth: int, limit: int = AROUND) -> Callable[[str], Any]:
        return lambda name: graph.neighbours(name, depth=depth, limit=limit)

    hubs = [hub] * 20
    for name in some * WARM:
        around(2)(name)
    return {
        "1 hop, average entity": _timed(some, around(1)),
        "2 hops, average entity": _timed(some, around(2)),
        "1 hop, the hub": _timed(hubs, around(1)),
        "2 hops, the hub": _timed(hubs, around(2)),
        "2 hops, average entity, up to 10,000": _timed(some, around(2, MAX_AROUND)),
        "2 hops, the hub, up to 10,000": _timed(hubs, around(2, MAX_AROUND)),
        "search that names an average entity": _timed(
            some, lambda name: memory.search(f"what is {name}?", user_id="graph")
        ),
        "search that names the hub": _timed(hubs, lambda name: memory.search(f"what is {name}?", user_id="graph")),
    }


def _timed(names: Sequence[str], work: Callable[[str], Any]) -> tuple[list[float], float]:
    """Milliseconds of each, and how many relations they answered on average; some are asked before, unmeasured."""
    times, sizes = [], []
    for name in [*names[:BEFORE], *names]:
        started = time.perf_counter()
        found = work(name)
        times.append((time.perf_counter() - started) * 1000)
        sizes.append(len(found["relations"] if isinstance(found, dict) else found.edges))
    return times[BEFORE:], statistics.mean(sizes)


def _percentile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


if __name__ == "__main__":
    main()
