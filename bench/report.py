"""The figures of recall as a part of a page: tables between two marks, the rest of the page as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["write_into", "write_json"]

BEGIN = "<!-- recall: written by `python -m bench` -->"
END = "<!-- recall: end -->"

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


def write_into(page: Path, report: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the report between the marks of the page, and those of other parts, by name, beside it.

    Raises `SystemExit` if the page has no marks.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page} has no place for the report: put the lines {BEGIN} and {END} into it.")
    lines = "\n".join((*_lines(report), *_others(report, others)))
    page.write_text(f"{before}{BEGIN}\n\n{lines}\n{END}{after}", encoding="utf-8")


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    machine = ", ".join(str(value) for value in report["machine"].values())
    yield f"Measured on {machine}, with {', '.join(f'{name} {is_}' for name, is_ in report['versions'].items())}."
    yield ""
    for name, found in report["sets"].items():
        yield from _set(name, found)


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
            yield from _table(
                "", headings, {arm: [f"{row[each]:.1f}" for each in headings] for arm, row in rows.items()}
            )


def _set(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield f"{ABOUT[name]}. {found['questions']} questions, {found['items']:,} memories, added in {found['seconds']} s."
    yield ""
    arms: Mapping[str, Mapping[str, Any]] = found["arms"]
    headings = list(arms["everything"])
    yield from _table("", headings, {arm: [f"{row[each]:.1f}" for each in headings] for arm, row in arms.items()})
    spans = "; ".join(f"{cut} {low}-{high}" for cut, (low, high) in found["intervals"].items())
    yield f"95 % intervals of everything (bootstrap over questions): {spans}."
    if len(found["kinds"]) > 1:
        cuts = [heading for heading in headings if heading.startswith("R@")]
        rows = {
            f"{kind} ({row['questions']})": [f"{row[cut]:.1f}" for cut in cuts] for kind, row in found["kinds"].items()
        }
        yield ""
        yield from _table("by kind", cuts, rows)
    if times := found.get("in time"):
        headings = list(next(iter(times.values())))
        yield ""
        yield "The same questions as of the moment when the last of what answers them was said, and as it is known now:"
        yield ""
        yield from _table(
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


def _table(corner: str, headings: list[str], rows: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"| {corner} | {' | '.join(headings)} |"
    yield f"|{'---|' * (len(headings) + 1)}"
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
