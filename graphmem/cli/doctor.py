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
from rich.padding import Padding

from graphmem.cli.command import Call
from graphmem.client import Memory
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.client.remote import RemoteBackend
from graphmem.errors import GraphmemError
from graphmem.llm import known_providers
from graphmem.settings import Settings, load_settings, shown

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
    try:
        checks = [_check(name, run) for name, run in _checks(call, settings, ask)]
    except GraphmemError as error:
        # Not even put together: an unknown embedder, a package that is not installed.
        checks = [{"name": "parts", "ok": False, "says": str(error)}]
    report: dict[str, Any] = {"settings": _settings(settings), "providers": sorted(known_providers()), "checks": checks}

    def show() -> None:
        for row in report["settings"]:
            value = "not set" if row["value"] is None else escape(str(row["value"]))
            mark = "" if row["set"] else " [dim](default)[/]"
            call.console.print(f"[bold]{row['name']}[/]  {value}{mark}", soft_wrap=True)
            call.console.print(Padding(f"[dim]{escape(row['description'])}[/]", (0, 0, 0, 4)))
        call.console.print(f"\nProviders of models: {', '.join(report['providers'])}\n")
        for check in checks:
            sign = "[green]ok[/]   " if check["ok"] else "[red]fails[/]"
            call.console.print(f"{sign} {check['name']}: {escape(check['says'])}", soft_wrap=True)

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
                "value": "(secret)" if isinstance(value, SecretStr) else None if value is None else shown(str(value)),
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
        ("extractor", lambda: _extractor(backend, settings)),
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


def _extractor(backend: LocalBackend, settings: Settings) -> str:
    name = type(backend.engine.parts.extractor).__name__.removesuffix("Extractor").lower()
    return f"{name}, {settings.llm}" if name == "model" else f"{name}, no model"


def _asks(call: Call, settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as folder, Memory(folder, settings=settings) as memory:
        result = memory.add("My name is Ana, and I live in Lisbon.", user_id="doctor")
    usage = result["usage"]
    return f"{usage['llm_calls']} calls, {len(result['results'])} memories, {usage['milliseconds']:.0f} ms"
