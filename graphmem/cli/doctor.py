"""`graphmem doctor`: what each setting says, and whether it works."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Annotated, Any

import anyio
import typer
from pydantic import SecretStr
from rich.markup import escape
from rich.table import Table

from graphmem.cli.command import Call
from graphmem.client import Memory
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.client.remote import RemoteBackend
from graphmem.errors import GraphmemError
from graphmem.settings import Settings, load_settings

__all__ = ["doctor"]


def doctor(
    call: Call,
    *,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the model one small question, too (it may cost).")] = False,
) -> None:
    """Explain every setting, and try what they lead to: folder, store, index, embedder, model.

    Exits with 1 if something does not work.
    """
    settings = load_settings()
    checks = [_check(name, run) for name, run in _checks(call, settings, ask)]
    report = {"settings": _settings(settings), "checks": checks}

    def show() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("setting", "value", "what it says"):
            table.add_column(heading, overflow="fold")
        for row in report["settings"]:
            mark = "" if row["set"] else " [dim](default)[/]"
            table.add_row(row["name"], f"{escape(str(row['value']))}{mark}", escape(row["description"]))
        call.console.print(table)
        call.console.print()
        for check in checks:
            sign = "[green]ok[/]  " if check["ok"] else "[red]fails[/]"
            call.console.print(f"{sign} {check['name']}: {escape(check['says'])}")

    call.answer(report, show)
    if not all(check["ok"] for check in checks):
        raise typer.Exit(1)


def _settings(settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        rows.append(
            {
                "name": f"GRAPHMEM_{name.upper()}",
                "value": "(secret)" if isinstance(value, SecretStr) else None if value is None else str(value),
                "set": name in settings.model_fields_set,
                "description": field.description or "",
            }
        )
    return rows


def _check(name: str, run: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "says": run()}
    except GraphmemError as error:
        return {"name": name, "ok": False, "says": str(error)}


def _checks(call: Call, settings: Settings, ask: bool) -> list[tuple[str, Callable[[], str]]]:
    backend = locate(call.location, settings=settings)
    if isinstance(backend, RemoteBackend):
        return [("server", lambda: _opens(call, settings, f"{backend.url} answers"))]
    assert isinstance(backend, LocalBackend)
    lock = backend.engine.parts.lock
    folder = lock.folder if lock else settings.home
    checks: list[tuple[str, Callable[[], str]]] = [
        ("folder", lambda: f"{folder}, {_free(str(folder))} MB free"),
        ("store and index", lambda: _index(call, settings)),
        ("embedder", lambda: _embeds(backend)),
        ("extractor", lambda: _extractor(backend)),
    ]
    if ask:
        checks.append(("model", lambda: _asks(call, settings)))
    return checks


def _free(folder: str) -> int:
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return shutil.disk_usage(folder).free // 2**20


def _opens(call: Call, settings: Settings, says: str) -> str:
    with Memory(call.location, settings=settings):
        return says


def _index(call: Call, settings: Settings) -> str:
    with Memory(call.location, settings=settings) as memory:
        counts, found = memory.stats(), memory.index("verify")
    agree = "they agree" if found["clean"] else "they differ: run `graphmem index repair`"
    return f"{counts['memories']} memories, {counts['points']} points; {agree}"


def _embeds(backend: LocalBackend) -> str:
    async def run() -> str:
        embedder = backend.engine.parts.encoders.dense
        try:
            vectors = await embedder.embed(["Does this work?"], kind="query")
        finally:
            await embedder.aclose()
        return f"{embedder.fingerprint}, {vectors.shape[1]} dimensions"

    return anyio.run(run)


def _extractor(backend: LocalBackend) -> str:
    extractor = backend.engine.parts.extractor
    name = getattr(extractor, "name", type(extractor).__name__)
    return str(name)


def _asks(call: Call, settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as folder, Memory(folder, settings=settings) as memory:
        result = memory.add("My name is Ana, and I live in Lisbon.", user_id="doctor")
    usage = result["usage"]
    return f"{usage['llm_calls']} calls, {len(result['results'])} memories, {usage['milliseconds']:.0f} ms"
