"""Recall on real questions, through `add_many` and `search`: what the arms bring, and each idea of the recipe."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import platformdirs
from rich.progress import Progress

from bench.arms import Switch, retriever_of
from bench.data import Question, Task, same_ids
from bench.figures import difference, figures, interval, medians, recalls
from graphmem import Memory, Settings
from graphmem.assemble import index_folder
from graphmem.settings import read_neo4j

__all__ = ["filled", "measure"]

VECTORS = platformdirs.user_cache_path("graphmem") / "bench" / "vectors.sqlite"
"""Where the vectors of embedders other than the bundled one stay between runs, those of all sets. It may be removed."""

REACH = 200
"""How far down a last look goes for what was not found: what is there was reached, and lost in the order."""


class Asked(NamedTuple):
    """A task's questions, answered: for each the keys found, the milliseconds it took, and those of its stages."""

    ranked: list[list[str]]
    times: list[float]
    stages: list[dict[str, float]]


def _no_more(_: Question) -> dict[str, Any]:
    return {}


MOMENTS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "now": _no_more,
    "as_of": lambda question: {"as_of": question.said},
    "known_at": lambda _: {"known_at": datetime.now(UTC)},
}
"""How a dated question is asked."""


@contextmanager
def filled(
    task: Task, progress: Progress, location: str | None = None, embedder: str = "bundled"
) -> Iterator[tuple[Memory, float | None]]:
    """A memory with a task's items, and the seconds it took; in a temporary folder, or in a Neo4j at `location`.

    Its project is the task's name. Vectors of an embedder other than the bundled one are kept in `VECTORS` from run to
    run; then the seconds are None, as they would tell of what was kept already.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            extractor="verbatim", embedder=embedder, durability="normal", project=task.name, home=Path(folder)
        )
        kept = embedder != "bundled"
        if kept:
            _share_vectors(settings, location)
        with Memory(location or folder, settings=settings) as memory:
            adding = progress.add_task(f"{task.name}: add", total=len(task.items))
            started = time.perf_counter()
            with same_ids(task.name):
                memory.add_many(task.items, progress=lambda done: progress.update(adding, completed=done))
            yield memory, None if kept else time.perf_counter() - started
            progress.remove_task(adding)


def _share_vectors(settings: Settings, location: str | None) -> None:
    """Let the file of vectors that a memory keeps in its folder be that of all runs."""
    folder = index_folder(settings, read_neo4j(location)) if location else settings.home
    folder.mkdir(parents=True, exist_ok=True)
    VECTORS.parent.mkdir(parents=True, exist_ok=True)
    (folder / "cache.sqlite").symlink_to(VECTORS)


def measure(memory: Memory, task: Task, arms: Mapping[str, Switch], progress: Progress) -> dict[str, Any]:
    """Ask a task's questions with each of the arms: figures by arm, and what the first of them did not find."""
    answers: dict[str, Asked] = {}
    report: dict[str, Any] = {"questions": len(task.questions), "items": len(task.items), "arms": {}}
    for name, switch in arms.items():
        with switch(retriever_of(memory)):
            answers[name] = _answers(memory, task, f"{task.name}: {name}", progress)
        ranked, times, _ = answers[name]
        found = figures(task.questions, ranked, task.cuts)
        found |= {"p50 ms": round(statistics.median(times), 1), "p99 ms": round(float(np.quantile(times, 0.99)), 1)}
        report["arms"][name] = found
    first = next(iter(arms))
    best = answers[first].ranked
    report["stages"] = {stage: round(took, 2) for stage, took in medians(answers[first].stages).items()}
    report["intervals"] = {f"R@{cut}": interval(recalls(task.questions, best, cut)) for cut in task.cuts}
    middle = 10
    report["against"] = {
        name: difference(recalls(task.questions, best, middle), recalls(task.questions, asked.ranked, middle))
        for name, asked in answers.items()
        if name != first
    }
    report["kinds"] = _by_kind(task, best)
    if all(question.said for question in task.questions):
        report["in time"] = _in_time(memory, task, progress)
    report["reached"] = _reached(memory, task, progress)
    report["tokens"] = _tokens(task, best)
    report["missed"] = _missed(task, best) if task.quotable else []
    return report


def _answers(
    memory: Memory, task: Task, name: str, progress: Progress, more: Callable[[Question], dict[str, Any]] = _no_more
) -> Asked:
    """Ask every question once; `more` tells how else. Each explains itself, which takes no time worth measuring.

    So the stages are those of the very searches that are timed. Asked again, a question would find its vectors at hand.
    """
    answers = Asked([], [], [])
    for question in progress.track(task.questions, description=name):
        asked = {"user_id": question.user_id, "top_k": task.cuts[-1], "explain": True, **more(question)}
        started = time.perf_counter()
        result = memory.search(question.text, **asked)
        answers.times.append((time.perf_counter() - started) * 1000)
        answers.ranked.append([hit["metadata"]["key"] for hit in result["results"]])
        answers.stages.append(result["explain"]["milliseconds"])
    return answers


def _by_kind(task: Task, ranked: Sequence[Sequence[str]]) -> dict[str, Any]:
    found = {}
    for kind in sorted({question.kind for question in task.questions}):
        pairs = [(q, keys) for q, keys in zip(task.questions, ranked, strict=True) if q.kind == kind]
        questions, keys = [q for q, _ in pairs], [k for _, k in pairs]
        found[kind] = {"questions": len(questions), **figures(questions, keys, task.cuts)}
    return found


def _in_time(memory: Memory, task: Task, progress: Progress) -> dict[str, Any]:
    """The questions as of the moment when the last that answers them was said, and by what is known at present.

    Of each: recall of the temporal questions and of all, how many answers were said after that moment, milliseconds.
    """
    said = {item["metadata"]["key"]: item["timestamp"] for item in task.items}
    temporal = [place for place, question in enumerate(task.questions) if question.kind == "temporal"]
    rows = {}
    for name, moment in MOMENTS.items():
        ranked, times, _ = _answers(memory, task, f"{task.name}: {name}", progress, moment)
        pairs = list(zip(task.questions, ranked, strict=True))
        some = figures([task.questions[i] for i in temporal], [ranked[i] for i in temporal], task.cuts)
        every = figures(task.questions, ranked, task.cuts)
        rows[name] = {
            **{f"temporal R@{cut}": some[f"R@{cut}"] for cut in task.cuts},
            **{f"R@{cut}": every[f"R@{cut}"] for cut in task.cuts},
            "said later": sum(said[key] > question.said for question, keys in pairs for key in keys if question.said),
            "p50 ms": round(statistics.median(times), 1),
        }
    return rows


def _reached(memory: Memory, task: Task, progress: Progress) -> float:
    """Recall at `REACH`: what is missing there, no order of the candidates could bring."""
    answers = _answers(memory, task, f"{task.name}: reach", progress, lambda _: {"top_k": REACH})
    return float(figures(task.questions, answers.ranked, (REACH,))[f"R@{REACH}"])


def _tokens(task: Task, ranked: Sequence[Sequence[str]]) -> dict[str, float]:
    """What the first ten answers cost a reader, against all that its user ever said; in tokens of four characters."""
    texts = {item["metadata"]["key"]: (_text(item), item["user_id"]) for item in task.items}
    whole: dict[str, int] = {}
    for text, user in texts.values():
        whole[user] = whole.get(user, 0) + len(text) // 4
    answers = [sum(len(texts[key][0]) // 4 for key in keys[:10]) for keys in ranked]
    everything = [whole[question.user_id] for question in task.questions]
    return {"first ten": round(statistics.mean(answers)), "everything": round(statistics.mean(everything))}


def _text(item: Mapping[str, Any]) -> str:
    messages = item["messages"]
    return messages if isinstance(messages, str) else str(messages["content"])


def _missed(task: Task, ranked: Sequence[Sequence[str]]) -> list[str]:
    """The questions of which least was found, up to five."""
    found = recalls(task.questions, ranked, task.cuts[-1])
    order = sorted(range(len(found)), key=lambda place: (found[place], place))
    worst: list[Question] = [task.questions[place] for place in order[:5] if found[place] < 1.0]
    return [question.text for question in worst]
