"""Telling what is known of somebody: profile, summary."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphmem.cli.command import Call, command, counted
from graphmem.views import ProfileView

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, profile, name="profile", scoped=True, example=["profile --user ana"])
    command(app, summary, name="summary", scoped=True, example=["summary --user ana"])


def profile(call: Call) -> None:
    """Show who a user, agent, app or run is: name, facts by relation, categories."""
    with call.memory() as memory:
        found = memory.profile(**call.ids)
    call.answer(found, lambda: _show(call.console, found))


def summary(call: Call) -> None:
    """Tell in a few sentences what is known of a user, agent, app or run."""
    with call.memory() as memory:
        found = memory.summary(**call.ids)
    call.answer(found, lambda: call.console.print(found["summary"] or "Nothing is known.", markup=False))


def _show(console: Console, profile: ProfileView) -> None:
    name = profile["name"] or "nameless"
    also = f", also called {', '.join(profile['aliases'])}" if profile["aliases"] else ""
    console.print(f"[bold]{escape(name)}[/]{escape(also)}: {counted(profile['memories'], 'memories')}", soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = [(label, names) for label, names in profile["facts"].items()]
    rows += [(f"{label} (of)", names) for label, names in profile["incoming"].items()]
    rows += [("categories", [f"{name} {count}" for name, count in profile["categories"].items()])]
    for label, names in rows:
        if names:
            table.add_row(f"[dim]{escape(label)}[/]", escape(", ".join(names)))
    if table.rows:
        console.print(table)
