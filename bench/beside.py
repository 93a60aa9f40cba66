"""graphmem beside what one would use instead: `python -m bench.beside`.

In one run on one machine, with the same embedder and the same texts: mem0 OSS over Qdrant's local mode, the vectors
alone (qdrant-client's local mode), the words alone (BM25), and both of these fused by reciprocal rank. Recall on the
public sets, and what adds and searches cost as one user's memories grow. The others get the message's text ("Speaker:
text" where it has a named one); graphmem gets the items as they are, with the entities and relations that some sets
have, and for comparison once more without them. `bench.apart` says where the others live, `bench.peers` what they do.
A run that nothing is chosen for goes to `bench/beside.json`, and into `docs/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.apart import WARM, Apart, Asked, Job, Said
from bench.data import TASKS, Task, data_folder, same_ids
from bench.latency import facts, questions
from bench.peers import moment, timed
from bench.report import HERE, write_beside, write_json
from bench.speed import write_page
from graphmem import Memory, Settings, __version__

OURS = "graphmem"
BARE = "graphmem, texts alone"
"""Without the entities and relations that come with a set."""

SAME_TEXTS = {"locomo_entities": "locomo"}
"""Sets that differ only in what the peers are not given."""

WRITTEN = HERE / "beside.json"

SETTINGS = Settings(extractor="verbatim", embedder="bundled")

GIVEN = ("entities", "relations")
"""What some sets give with their texts."""

TOP_K = 20
"""Answers to each timed search, of every system."""

OTHERS = 13
"""The seed of facts that are not those the memory is filled with."""

FIGURES = ("bulk/s", "add p50", "add p99", "search p50", "search p99", "embedding p50", "loop p50", "disk p50")
RATIOS = {"bulk": "bulk/s", "add": "add p50", "search": "search p50"}

Told = Callable[[str], None]
Rankings = dict[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many adds and searches are timed at each size, and the seconds after which 50 are enough."""

    adds: int = 200
    searches: int = 100
    patience: float = 60.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", choices=list(TASKS), help="of recall; none after the option: no recall")
    parser.add_argument("--sizes", nargs="*", type=int, help="memories of one user; none: no speed")
    parser.add_argument("--quick", action="store_true", help="two small sets, one small size, fewer calls")
    parser.add_argument("--json", help="write the figures to this file alone")
    chosen = parser.parse_args(arguments)
    if any(size < 1 for size in chosen.sizes or ()):
        parser.error("a size is a number of memories, 1 or more")
    sets = chosen.sets if chosen.sets is not None else ["lihua", "madial"] if chosen.quick else list(TASKS)
    sizes = chosen.sizes if chosen.sizes is not None else [500] if chosen.quick else [1_000, 5_000, 20_000]
    bounds = Bounds(adds=50, searches=50, patience=10.0) if chosen.quick else Bounds()
    folder = data_folder() if sets else Path()
    report: dict[str, Any] = {"recall": {}, "speed": {}, "machine": _machine()}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # Refreshed by hand: a thread that draws would share the processors with what is measured.
    with Progress(*columns, transient=True, auto_refresh=False, console=_console()) as progress:
        bar = progress.add_task("the environment of the others", total=Run.STEPS * (len(sets) + len(sizes)))
        progress.refresh()
        with Apart() as apart:
            run = Run(progress, bar, apart)
            for name in sets:
                report["recall"][name] = run.recall(TASKS[name](folder))
            for size in sizes:
                report["speed"][str(size)] = run.speed(size, bounds)
        report["versions"] = {OURS: __version__, "python": platform.python_version(), **apart.versions}
    if chosen.json:
        write_json(chosen.json, report)
    elif not (chosen.quick or chosen.sets is not None or chosen.sizes is not None):
        write_json(WRITTEN, report)
        write_beside(report)
        write_page()


class Run:
    """One run: a step of the bar for each system, and a table after each measurement."""

    STEPS = 4
    """Of each measurement: graphmem, graphmem with texts alone, mem0, the rest."""

    def __init__(self, progress: Progress, bar: TaskID, apart: Apart) -> None:
        self._progress, self._bar, self._apart = progress, bar, apart
        self._ranked: dict[str, Rankings] = {}

    def recall(self, task: Task) -> dict[str, dict[str, float]]:
        """Of each system, the mean share of what answers a question that is among the first k, by cut."""
        bare = texts_alone(task.items)
        ranked = {OURS: ranked_by_us(task.items, task, self._told)}
        self._next()
        ranked[BARE] = ranked[OURS] if bare == task.items else ranked_by_us(bare, task, self._told)
        self._next()
        ranked |= self._others(task)
        found = {name: {str(cut): recall_at(cut, task, keys) for cut in task.cuts} for name, keys in ranked.items()}
        self._progress.console.print(recall_table(task, found))
        return found

    def speed(self, size: int, bounds: Bounds) -> dict[str, dict[str, float]]:
        """What adds and searches cost with so many memories of one user, of each system."""
        items, extra = list(facts(size, 1)), list(facts(bounds.adds, 1, seed=OTHERS))
        asked = [Asked(text, user) for text, user in questions(bounds.searches, 1)]
        found: dict[str, dict[str, Any]] = {}
        for name, change in ((OURS, list), (BARE, texts_alone)):
            self._told(f"{name}: {size} memories")
            found[name] = timed_by_us(change(items), asked, change(extra), bounds.patience)
            self._next()
        texts, adds = [said(item) for item in items], [said(item) for item in extra]
        found |= self._theirs(Job(texts, asked, adds, top_k=TOP_K, timed=True, patience=bounds.patience))
        figures = {name: summary(each) for name, each in found.items()}
        self._progress.console.print(speed_table(size, figures))
        return figures

    def _others(self, task: Task) -> Rankings:
        name = SAME_TEXTS.get(task.name, task.name)
        if name in self._ranked:
            self._next(2)
        else:
            asked = [Asked(question.text, question.user_id) for question in task.questions]
            job = Job([said(item) for item in task.items], asked, top_k=task.cuts[-1])
            self._ranked[name] = {peer: found["ranked"] for peer, found in self._theirs(job).items()}
        return self._ranked[name]

    def _theirs(self, job: Job) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for mem0 in (True, False):
            found |= self._apart.run(job, mem0=mem0, told=self._told)
            self._next()
        return found

    def _told(self, text: str) -> None:
        self._progress.update(self._bar, description=text, refresh=True)

    def _next(self, steps: int = 1) -> None:
        self._progress.update(self._bar, advance=steps, refresh=True)


def said(item: dict[str, Any]) -> Said:
    """An item of `add_many` as one would give it to something that takes texts."""
    messages = item["messages"]
    text = messages if isinstance(messages, str) else f"{messages['name']}: {messages['content']}"
    return Said(text, item["user_id"], str(item["metadata"].get("key", item["metadata"].get("number"))))


def texts_alone(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items without what is given beside their texts."""
    return [{name: item[name] for name in item if name not in GIVEN} for item in items]


def ranked_by_us(items: Sequence[dict[str, Any]], task: Task, told: Told) -> list[list[str]]:
    """The keys that graphmem finds for each question, best first."""
    with tempfile.TemporaryDirectory() as folder, Memory(folder, settings=SETTINGS) as memory:
        told(f"{OURS}: {task.name}")
        with same_ids(task.name):
            memory.add_many(items)
        found = []
        for question in task.questions:
            answer = memory.search(question.text, user_id=question.user_id, top_k=task.cuts[-1])
            found.append([hit["metadata"]["key"] for hit in answer["results"]])
        return found


def timed_by_us(
    items: Sequence[dict[str, Any]], asked: Sequence[Asked], extra: Sequence[dict[str, Any]], patience: float
) -> dict[str, Any]:
    """What the peers tell of themselves, of graphmem: seconds of filling, searches and single durable adds."""
    with tempfile.TemporaryDirectory() as folder, Memory(folder, settings=SETTINGS) as memory:
        started = time.perf_counter()
        memory.add_many(items)
        memory.index("drain")  # until nothing is left to be done later
        filled = time.perf_counter() - started
        searches = [partial(memory.search, each.text, user_id=each.user, top_k=TOP_K) for each in asked]
        for search in searches[:WARM]:
            search()
        return {
            "fill": filled,
            "texts": len(items),
            "search": timed(searches, patience),
            "add": timed((partial(memory.add, **item) for item in extra), patience),
            **moment(Path(folder)),
        }


def recall_at(cut: int, task: Task, ranked: Sequence[Sequence[str]]) -> float:
    """The mean share of a question's keys that are among its first `cut` answers."""
    pairs = zip(task.questions, ranked, strict=True)
    return statistics.mean(len(question.gold & set(keys[:cut])) / len(question.gold) for question, keys in pairs)


def summary(found: dict[str, Any]) -> dict[str, float]:
    """Memories a second in bulk, and milliseconds at the median and the 99th percentile of each kind of call."""
    figures = {"bulk/s": found["texts"] / found["fill"]}
    for kind in ("add", "search", "embedding", "loop", "disk"):
        if took := found.get(kind):
            p50, p99 = np.percentile(took, [50, 99]) * 1e3
            figures |= {f"{kind} p50": float(p50), f"{kind} p99": float(p99), f"{kind} calls": len(took)}
    return figures


def recall_table(task: Task, found: dict[str, dict[str, float]]) -> Table:
    """Percent at each cut; under x, how much graphmem finds for 1 that the other finds."""
    title = f"{task.name}: {len(task.items)} texts, {len(task.questions)} questions"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("recall, %", no_wrap=True)
    cuts = [str(cut) for cut in task.cuts]
    for heading in (*(f"R@{cut}" for cut in cuts), *(f"x@{cut}" for cut in cuts)):
        table.add_column(heading, justify="right")
    for name, row in found.items():
        ratios = [_ratio(found[OURS][cut], row[cut]) for cut in cuts]
        table.add_row(name, *(f"{100 * row[cut]:.1f}" for cut in cuts), *ratios)
    return table


def speed_table(size: int, found: dict[str, dict[str, float]]) -> Table:
    """The figures; under x, how many times as fast graphmem is as the other: below 1, the other is faster."""
    table = Table(title=f"{size} memories of one user", title_justify="left", box=None)
    table.add_column("milliseconds", no_wrap=True)
    headings = [figure.replace(" ", "\n") for figure in FIGURES]
    for heading in (*headings, *(f"x\n{name}" for name in RATIOS)):
        table.add_column(heading, justify="right")
    ours = found[OURS]
    for name, row in found.items():
        figures = [f"{row[figure]:.1f}" if figure in row else "-" for figure in FIGURES]
        ratios = [_ratio(ours["bulk/s"], row["bulk/s"])]
        ratios += [_ratio(row.get(figure), ours[figure]) for figure in RATIOS.values() if figure != "bulk/s"]
        table.add_row(name, *figures, *ratios)
    return table


def _ratio(above: float | None, below: float | None) -> str:
    return f"{above / below:.2f}" if above is not None and below else "-"


def _console() -> Console:
    """The terminal, or lines that are long enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


def _machine() -> dict[str, Any]:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "GiB": round(pages / 2**30, 1),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


if __name__ == "__main__":
    main()
