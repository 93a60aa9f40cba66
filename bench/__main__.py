"""Measure recall on all sets and write it down: `python -m bench`.

Fills a memory with each set, asks its questions with the recipe, with its arms one by one, and without each of its
ideas. The figures go to `bench/recall.json`, and into `docs/benchmarks.md`. `--quick` asks the recipe alone, on the
sets that are read in seconds, writes nothing, and fails where recall is more than two points below what is written.
`--as NAME` writes what other parts find, another embedder or store, to `bench/recall-NAME.json`, and into the page.
The vectors of another embedder are kept for the next run, in `bench/vectors.sqlite` of graphmem's folder in the user's
cache: remove that file where a model of the same name makes others now. How long adding took is not told then.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.arms import ABLATIONS, ARMS
from bench.data import TASKS, data_folder
from bench.recall import filled, measure
from bench.report import HERE, read_json, write_json, write_recall
from bench.speed import write_page as write_speed

WRITTEN = HERE / "recall.json"
QUICK = ("musique", "locomo", "madial")
BRIEF = ("everything", "no graph", "dense alone")
"""What is asked of other parts."""

MARGIN = 2.0
"""Points of recall below what is written that are still taken for the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if recall dropped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", help=f"some of {','.join(TASKS)}, by commas; default: all")
    parser.add_argument("--location", help="an empty Neo4j, neo4j://…; default: a temporary folder")
    parser.add_argument("--embedder", default="bundled", help="as GRAPHMEM_EMBEDDER; default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="compare with what is written, and write nothing")
    parser.add_argument("--as", dest="parts", metavar="NAME", help="what to call the parts that are not the default")
    parser.add_argument("--json", type=Path, help="write the figures to this file alone")
    chosen = parser.parse_args(arguments)
    folder, console = data_folder(), Console()
    names = chosen.sets.split(",") if chosen.sets else QUICK if chosen.quick else list(TASKS)
    if unknown := set(names) - TASKS.keys():
        parser.error(f"there is no set {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    report: dict[str, Any] = {"machine": _machine(), "versions": _versions(), "sets": {}}
    report["embedder"] = chosen.embedder.partition(":")[0]
    report["store"] = "Neo4j and Edge" if chosen.location else "embedded"
    arms = ARMS | ABLATIONS
    if chosen.quick or chosen.parts:
        arms = {name: arms[name] for name in (("everything",) if chosen.quick else BRIEF)}
    with Progress(console=console, transient=True) as progress:
        for name in names:
            task = TASKS[name](folder)
            with filled(task, progress, chosen.location, chosen.embedder) as (memory, seconds):
                took = {} if seconds is None else {"seconds": round(seconds, 1)}
                report["sets"][name] = took | measure(memory, task, arms, progress)
            console.print(_table(name, report["sets"][name]))
    if chosen.quick:
        return _compared(report["sets"], console)
    if chosen.json:
        write_json(chosen.json, report)
    elif chosen.parts:
        write_json(WRITTEN.with_name(f"recall-{chosen.parts}.json"), report)
    elif not (chosen.sets or chosen.location or chosen.embedder != "bundled"):
        write_json(WRITTEN, report)
    if not chosen.json:
        write_page()
        write_speed()  # and the aims, of recall too
    return 0


def write_page() -> None:
    """Write what is kept of recall into its place on the page."""
    others = {path.stem.removeprefix("recall-"): read_json(path) for path in sorted(HERE.glob("recall-*.json"))}
    write_recall(read_json(WRITTEN), others)


def _table(name: str, found: dict[str, Any]) -> Table:
    table = Table(title=f"{name}: {found['questions']} questions, {found['items']} memories", box=None)
    headings = list(next(iter(found["arms"].values())))
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right")
    for arm, row in found["arms"].items():
        table.add_row(arm, *(f"{row[heading]:.1f}" for heading in headings))
    return table


def _compared(sets: dict[str, Any], console: Console) -> int:
    """Say where recall is lower than written; 1 if anywhere by more than the margin."""
    written = read_json(WRITTEN)["sets"]
    dropped = 0
    for name, found in sets.items():
        for heading, value in found["arms"]["everything"].items():
            before = written[name]["arms"]["everything"][heading]
            if heading.startswith("R@") and value < before - MARGIN:
                console.print(f"[red]{name}: {heading} is {value}, and was {before}.")
                dropped = 1
    if not dropped:
        console.print(f"Recall is as written, within {MARGIN:g} points.")
    return dropped


def _machine() -> dict[str, Any]:
    return {"system": platform.system(), "processor": platform.machine(), "python": platform.python_version()}


def _versions() -> dict[str, str]:
    names = ("graphmem", "qdrant-edge-py", "wordllama", "snowballstemmer", "numpy")
    return {name: version(name) for name in names}


if __name__ == "__main__":
    sys.exit(main())
