"""How answers look to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphmem.cli.command import counted
from graphmem.views import AddResult, HistoryEntry, MemoryPage, MemoryView, RelationView, SearchResult

__all__ = [
    "relation_line",
    "show_added",
    "show_history",
    "show_memories",
    "show_memory",
    "show_search",
]

NARROW = 72
"""Columns below which a table with ids has no room left for the memory."""


def relation_line(relation: RelationView) -> str:
    """``Marta —WORKS_AT→ Critical Software``, with its interval where one is known."""
    when = ""
    if relation["valid_at"] or relation["invalid_at"]:
        when = f"  [{_day(relation['valid_at'])} to {_day(relation['invalid_at'])}]"
    return f"{relation['source']} —{relation['relationship']}→ {relation['target']}{when}"


def show_added(console: Console, result: AddResult) -> None:
    """What an add did."""
    if not result["results"]:
        console.print("Nothing to remember.")
    for item in result["results"]:
        # Not wrapped here: an id is to be copied whole.
        console.print(f"[bold]{item['event']:<9}[/] {escape(item['memory'])}  [dim]{item['id']}[/]", soft_wrap=True)
        if "previous_memory" in item:
            console.print(f"          [dim]was: {escape(item['previous_memory'])}[/]", soft_wrap=True)
    for word, relations in (("+", result["relations"]["added"]), ("-", result["relations"]["closed"])):
        for relation in relations:
            console.print(f"  {word} {escape(relation_line(relation))}", soft_wrap=True)
    usage = result["usage"]
    cost = f"{usage['milliseconds']:.1f} ms"
    if usage["llm_calls"]:
        tokens = usage["prompt_tokens"] + usage["completion_tokens"]
        cost += f", {counted(usage['llm_calls'], 'model calls')}, {counted(tokens, 'tokens')}"
    console.print(f"[dim]{cost}[/]")


def show_search(console: Console, result: SearchResult) -> None:
    """Hits with their scores and paths, then the relations that matter."""
    if "degraded" in result:
        console.print(f"[yellow]Degraded:[/] {escape(result['degraded'])}")
    if not result["results"]:
        console.print("Nothing found.")
        return
    table = Table(box=None, pad_edge=False)
    for heading, justify in (("score", "right"), ("sem", "right"), ("key", "right"), ("graph", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("memory and path", overflow="fold")
    for hit in result["results"]:
        arms = [f"{hit['scores'].get(arm, 0.0):.2f}" for arm in ("semantic", "keyword", "graph")]
        past = " [yellow](superseded)[/]" if hit["state"] == "superseded" else ""
        shown = f"{escape(_short(hit['memory']))}{past}\n[dim]{escape(hit['path']['text'])}[/]"
        table.add_row(f"[bold]{hit['score']:.2f}[/]", *arms, shown)
    console.print(table)
    if result["relations"]:
        console.print("\n[bold]relations[/]")
        for relation in result["relations"]:
            console.print(f"  {relation.get('score', 0.0):.2f}  {escape(relation_line(relation))}")
    if "explain" in result:
        _show_explain(console, result)


def _show_explain(console: Console, result: SearchResult) -> None:
    explain = result["explain"]
    stages = explain["milliseconds"]
    console.print(f"\n[bold]times[/]  {sum(stages.values()):.2f} ms: " + _pairs(stages.items()))
    console.print(f"[bold]seeds[/]  {escape(_pairs(explain['seeds'].items())) or 'none'}")
    console.print(f"[bold]reached[/]  {explain['reached']} nodes")


def _pairs(pairs: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in pairs)


def show_memories(console: Console, page: MemoryPage) -> None:
    """A list of memories."""
    if not page["results"]:
        console.print("Nothing found.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "said", "memory"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "memory")
    for memory in page["results"]:
        past = " [yellow](superseded)[/]" if memory["state"] == "superseded" else ""
        row = (f"[dim]{memory['id']}[/]", _day(memory["observed_at"]), escape(_short(memory["memory"])) + past)
        if console.width < NARROW:
            console.print(f"{row[2]}\n  {row[0]}  {row[1]}", soft_wrap=True)
        else:
            table.add_row(*row)
    if table.rows:
        console.print(table)
    if page["cursor"]:
        console.print(f"[dim]There are more: --cursor {page['cursor']}[/]", soft_wrap=True)


def show_memory(console: Console, memory: MemoryView) -> None:
    """One memory, whole."""
    console.print(escape(memory["memory"]))
    for name, value in memory.items():
        if name != "memory" and value not in (None, [], {}, False):
            console.print(f"  [dim]{name}[/]  {escape(_plain(value))}", soft_wrap=True)


def show_history(console: Console, entries: Sequence[HistoryEntry]) -> None:
    """Revisions, oldest first."""
    table = Table(box=None, pad_edge=False)
    for heading in ("at", "event", "memory", "why"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        text = entry["new_memory"] or entry["old_memory"] or "—"
        table.add_row(entry["at"][:19], entry["event"], escape(_short(text)), escape(entry["reason"] or ""))
    console.print(table)


def _plain(value: object) -> str:
    match value:
        case list():
            return ", ".join(_plain(each) for each in value)
        case dict():
            return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items() if each is not None)
    return str(value)


def _day(moment: str | None) -> str:
    return "…" if moment is None else moment[:10]


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
