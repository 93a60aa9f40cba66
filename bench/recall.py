"""Recall on real questions: `python -m bench.recall`.

Fills a memory through `add_many`, asks every question through `search`, and counts which of the memories that answer it
are among the first k. Arms are switched off one by one to show what each of them brings.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.data import TASKS, Question, Task, data_folder
from graphmem import Memory, Settings
from graphmem.client.local import LocalBackend
from graphmem.retrieval import RecallOptions

MIXES: dict[str, Callable[[RecallOptions], RecallOptions]] = {
    "default": lambda options: options,
    "no graph": lambda options: replace(options, graph=0.0),
    "dense only": lambda options: replace(options, graph=0.0, keyword=0.0),
    "keyword only": lambda options: replace(options, graph=0.0, semantic=0.0),
    "graph only": lambda options: replace(options, semantic=0.0, keyword=0.0),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=[*TASKS, "all"], default="all")
    parser.add_argument("--mix", choices=[*MIXES, "all"], default="all")
    parser.add_argument("--json", help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    folder = data_folder()
    console = Console()
    report: dict[str, Any] = {}
    for name in TASKS if chosen.task == "all" else [chosen.task]:
        report[name] = run(
            TASKS[name](folder), MIXES if chosen.mix == "all" else {chosen.mix: MIXES[chosen.mix]}, console
        )
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=2)


def run(task: Task, mixes: dict[str, Callable[[RecallOptions], RecallOptions]], console: Console) -> dict[str, Any]:
    """Fill a memory with a task's items, ask its questions with each mix, print and return the figures."""
    settings = Settings(extractor="verbatim", embedder="bundled", durability="normal")
    with tempfile.TemporaryDirectory() as path, Memory(path, settings=settings) as memory:
        started = time.perf_counter()
        memory.add_many(task.items)
        took = time.perf_counter() - started
        stats = memory.stats()
        console.print(
            f"[bold]{task.name}[/]: {len(task.items)} items in {took:.1f} s ({len(task.items) / took:.0f}/s), "
            f"{stats['entities']} entities, {stats['relations']} relations, {len(task.questions)} questions"
        )
        figures = {name: _ask(memory, task, change, name) for name, change in mixes.items()}
    table = Table(box=None)
    for heading in ("mix", *(f"R@{cut}" for cut in task.cuts), "all@" + str(task.cuts[-1]), "MRR", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right" if heading != "mix" else "left")
    for name, found in figures.items():
        row = [found[f"R@{cut}"] for cut in task.cuts] + [found["all"], found["MRR"]]
        table.add_row(name, *(f"{100 * value:.1f}" for value in row), f"{found['p50']:.1f}", f"{found['p99']:.1f}")
    console.print(table)
    kinds: dict[str, float] = figures.get("default", {}).get("kinds", {})
    for kind, value in sorted(kinds.items()):
        console.print(f"  {kind}: R@{task.cuts[1]} {100 * value:.1f}")
    return {"items": len(task.items), "seconds": took, "mixes": figures}


def _ask(memory: Memory, task: Task, change: Callable[[RecallOptions], RecallOptions], name: str) -> dict[str, Any]:
    retriever = _retriever(memory)
    before = retriever.options
    retriever.options = change(before)
    try:
        ranked, times = _answers(memory, task, name)
    finally:
        retriever.options = before
    found: dict[str, Any] = {f"R@{cut}": _mean(_recall(q, r, cut) for q, r in ranked) for cut in task.cuts}
    found["all"] = _mean(float(q.gold <= set(r)) for q, r in ranked)
    found["MRR"] = _mean(_reciprocal(q, r) for q, r in ranked)
    found["p50"], found["p99"] = statistics.median(times), sorted(times)[int(len(times) * 0.99)]
    middle = task.cuts[1]
    kinds = sorted({question.kind for question in task.questions})
    found["kinds"] = {kind: _mean(_recall(q, r, middle) for q, r in ranked if q.kind == kind) for kind in kinds}
    return found


def _retriever(memory: Memory) -> Any:
    """The retriever behind a memory: switching its arms is no part of the public API."""
    backend = memory._memory._backend
    assert isinstance(backend, LocalBackend)
    return backend.engine.read._retriever


def _answers(memory: Memory, task: Task, name: str) -> tuple[list[tuple[Question, list[str]]], list[float]]:
    ranked, times = [], []
    for question in track(task.questions, description=f"  {name}", transient=True):
        started = time.perf_counter()
        result = memory.search(question.text, user_id=question.user_id, top_k=task.cuts[-1])
        times.append((time.perf_counter() - started) * 1000)
        ranked.append((question, [hit["metadata"]["key"] for hit in result["results"]]))
    return ranked, times


def _recall(question: Question, keys: Sequence[str], cut: int) -> float:
    return len(question.gold & set(keys[:cut])) / len(question.gold)


def _reciprocal(question: Question, keys: Sequence[str]) -> float:
    return next((1.0 / place for place, key in enumerate(keys, start=1) if key in question.gold), 0.0)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


if __name__ == "__main__":
    main()
