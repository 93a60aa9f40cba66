"""Figures as parts of a page: tables between two marks, the rest of the page as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "HERE",
    "PAGE",
    "fill",
    "read_json",
    "short",
    "stage_table",
    "table",
    "write_beside",
    "write_json",
    "write_recall",
]

HERE = Path(__file__).parent
"""Where figures are kept."""

PAGE = HERE.parent / "docs" / "benchmarks.md"

COMPARED = ("graphmem", "mem0ai", "qdrant-client", "bm25s", "python")
"""Whose versions matter where they are compared."""

ABOUT = {
    "musique": "MuSiQue: passages with the triples that a model drew from them, multi-hop questions",
    "twowiki": "2WikiMultihopQA: passages without triples, multi-hop questions",
    "locomo": "LoCoMo: turns of long conversations",
    "locomo_entities": "LoCoMo, its turns with the entities that a model found in them",
    "lihua": "LiHua-World: a year of chats, each file a memory",
    "madial": "MADial-Bench: what two children lived through, asked for by dialogues",
}


def write_json(path: str | Path, figures: Any) -> None:
    """Write figures to a file; its folder is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The figures of a file; none if there is no such file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write_recall(report: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> None:
    """Put recall into its place on the page, and that of other parts, by name, below it."""
    fill("recall", "python -m bench", (*_lines(report), *_stages(report), *_others(report, others)))


def write_beside(report: Mapping[str, Any]) -> None:
    """Put what `bench.beside` found into its place on the page."""
    fill("beside", "python -m bench.beside", _beside(report))


def fill(part: str, command: str, lines: Iterable[str]) -> None:
    """Put the lines on the page, between the marks that name their part and the command which writes it.

    Raises `SystemExit` if the page has none.
    """
    begin, end = f"<!-- {part}: written by `{command}` -->", f"<!-- {part}: end -->"
    text = PAGE.read_text(encoding="utf-8")
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise SystemExit(f"{PAGE} has no place for the report: put the lines {begin} and {end} into it.")
    written = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n\n{written}\n{end}{after}", encoding="utf-8")


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    machine = ", ".join(str(value) for value in report["machine"].values())
    yield f"Measured on {machine}, with {', '.join(f'{name} {is_}' for name, is_ in report['versions'].items())}."
    yield ""
    for name, found in report["sets"].items():
        yield from _set(name, found)


def _stages(report: Mapping[str, Any]) -> Iterator[str]:
    """Where the time of the whole recipe goes, of the sets whose figures tell."""
    if rows := {name: found["stages"] for name, found in report["sets"].items() if "stages" in found}:
        yield "### Where the time of a search goes"
        yield ""
        yield (
            "The [stages](recall.md#the-stages) of the searches that `p50 ms` of *everything* is of. The walk and the"
            " talk go side by side: what ends last has what it took longer."
        )
        yield ""
        yield from stage_table(rows)


def _others(report: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for called, other in others.items():
        yield f"### {called}: other parts"
        yield ""
        yield f"`--as {called}`; embedder: {other['embedder']}, store: {other['store']}."
        yield ""
        for name, found in other["sets"].items():
            same = report["sets"][name]["arms"]["everything"]
            headings = [heading for heading in same if not heading.endswith("ms")]
            rows = {f"{name}: as above": same, **{f"{name}: {arm}": row for arm, row in found["arms"].items()}}
            yield from table(
                "", headings, {arm: [f"{row[each]:.1f}" for each in headings] for arm, row in rows.items()}
            )


def _set(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield f"{ABOUT[name]}. {found['questions']} questions, {found['items']:,} memories, added in {found['seconds']} s."
    yield ""
    arms: Mapping[str, Mapping[str, Any]] = found["arms"]
    headings = list(arms["everything"])
    yield from table("", headings, {arm: [f"{row[each]:.1f}" for each in headings] for arm, row in arms.items()})
    spans = "; ".join(f"{cut} {low}-{high}" for cut, (low, high) in found["intervals"].items())
    yield f"95 % intervals of everything (bootstrap over questions): {spans}."
    if len(found["kinds"]) > 1:
        cuts = [heading for heading in headings if heading.startswith("R@")]
        rows = {
            f"{kind} ({row['questions']})": [f"{row[cut]:.1f}" for cut in cuts] for kind, row in found["kinds"].items()
        }
        yield ""
        yield from table("by kind", cuts, rows)
    if times := found.get("in time"):
        headings = list(next(iter(times.values())))
        yield ""
        yield "The same questions as of the moment when the last of what answers them was said, and as it is known now:"
        yield ""
        yield from table(
            "asked", headings, {way: [f"{row[each]:g}" for each in headings] for way, row in times.items()}
        )
    yield ""
    yield (
        "R@10 of everything, against (points, question by question, with 95 % intervals): "
        + "; ".join(
            f"{arm} {gain['mean']:+.1f} ({gain['low']:+.1f} to {gain['high']:+.1f})"
            for arm, gain in found["against"].items()
        )
        + "."
    )
    yield ""
    tokens = found["tokens"]
    yield (
        f"Among the first 200 are {found['reached']} % of what answers. The first ten are {tokens['first ten']:,}"
        f" tokens of {tokens['everything']:,} that the user's memory holds (a token counted as four characters)."
    )
    if found["missed"]:
        yield ""
        yield "Least was found for:"
        yield ""
        yield from (f"- {question}" for question in found["missed"])
    yield ""


def _beside(report: Mapping[str, Any]) -> Iterator[str]:
    """Recall of every system on every set, what it costs at every size, and how graphmem compares with mem0."""
    yield f"Measured on {report['machine']['platform']}, {report['machine']['processors']} processors, with " + (
        ", ".join(f"{name} {report['versions'][name]}" for name in COMPARED) + "."
    )
    yield ""
    yield "Recall, in percent:"
    yield ""
    systems = list(next(iter(report["recall"].values())))
    rows = {
        f"{name}, R@{cut}": [f"{100 * found[system][cut]:.1f}" for system in systems]
        for name, found in report["recall"].items()
        for cut in found[systems[0]]
    }
    yield from table("set", systems, rows)
    yield "Speed, one user, milliseconds but for `bulk/s`; `loop` is a plain loop of the interpreter at that moment:"
    yield ""
    headings = ("bulk/s", "add p50", "add p99", "search p50", "search p99", "loop p50")
    rows = {
        f"{int(size):,}, {system}": [f"{row[each]:.1f}" if each in row else "" for each in headings]
        for size, found in report["speed"].items()
        for system, row in found.items()
    }
    yield from table("memories, system", headings, rows)
    yield "How many times as fast as mem0, in bulk, adds one by one, and searches (medians):"
    yield ""
    rows = {
        f"{int(size):,}, {system}": [f"{times:.1f}" for times in _times_as_fast(found[system], found["mem0"])]
        for size, found in report["speed"].items()
        for system in systems[:2]
    }
    yield from table("memories, system", ["bulk", "add", "search"], rows)


def _times_as_fast(ours: Mapping[str, float], theirs: Mapping[str, float]) -> tuple[float, ...]:
    waits = ("add p50", "search p50")
    return (ours["bulk/s"] / theirs["bulk/s"], *(theirs[each] / ours[each] for each in waits))


def stage_table(rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The lines of a table of the medians of a search's stages, and one behind it."""
    stages = [*dict.fromkeys(stage for row in rows.values() for stage in row)]
    cells = {name: [short(row.get(stage, 0.0)) for stage in stages] for name, row in rows.items()}
    yield from table("median of a stage, ms", stages, cells)


def short(value: float) -> str:
    """As many digits as such a figure is worth."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def table(corner: str, headings: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The lines of a table, and one behind it."""
    yield f"| {corner} | {' | '.join(headings)} |"
    yield f"|{'---|' * (len(headings) + 1)}"
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
