"""The README and the docs are followed, block by block, in an empty folder with the defaults of a bare machine."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from api.app import ServerOptions, create_app
from graphmem.assemble import assemble
from graphmem.cli.main import main
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings
from tests.docs.pages import DOCS, ROOT, Block, agrees, blocks, commands, holds, request
from tests.docs.stand_in import standing_in

SHELL = frozenset("|&;<>$\n=")
"""What only a shell understands."""

PAGES = [page for page in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))) if blocks(page)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and a home that nobody else uses."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("GRAPHMEM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return work


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    with standing_in(page, monkeypatch) as model, served(folder / "served") as ask:
        for block in blocks(page):
            if model is not None:
                block = replace(block, body=model.placed(block.body))
            match block.language:
                case "python":
                    run_python(block, names)
                case "console":
                    run_console(block)
                case "http":
                    run_http(block, ask)
        if model is not None:
            assert model.asked() == len(model.answers), "the page asked its model less than it was prepared for"


def run_python(block: Block, names: dict[str, Any]) -> None:
    # The newlines make a traceback name the line of the page.
    code = compile("\n" * (block.line - 1) + block.body, str(block.page), "exec")
    out = io.StringIO()
    with redirect_stdout(out):
        exec(code, names)
    if block.expected is not None and not agrees(block.expected, out.getvalue()):
        pytest.fail(f"{block.place} prints:\n{out.getvalue()}", pytrace=False)


def run_console(block: Block) -> None:
    for command, shown in commands(block):
        code, said = in_shell(command) if set(command) & SHELL else in_process(shlex.split(command))
        if code or not agrees(shown or "...", said):
            pytest.fail(f"{block.place}: {command}\nends with {code} and says:\n{said}", pytrace=False)


def in_process(words: list[str]) -> tuple[int, str]:
    """The command line itself, without the second that a new process takes to load it."""
    assert words[0] == "graphmem"
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            main()
    return int(end.value.code or 0), out.getvalue()


def in_shell(command: str) -> tuple[int, str]:
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout


Ask = Callable[..., httpx.Response]


@contextmanager
def served(folder: Path) -> Iterator[Ask]:
    """Asks a server over an empty folder. `ID` in a path is the first memory of the last answer that had any."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_client(folder)) as client:
        seen = ["ID"]

        def ask(method: str, target: str, **options: Any) -> httpx.Response:
            answer = portal.call(partial(client.request, method, target.replace("ID", seen[-1]), **options))
            said = answer.json()
            if isinstance(said, dict) and said.get("results"):
                seen.append(said["results"][0]["id"])
            return answer

        yield ask


@asynccontextmanager
async def _client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(LocalBackend(assemble(Settings(), folder)), ServerOptions())
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


def run_http(block: Block, ask: Ask) -> None:
    method, target, headers, body = request(block)
    answer = ask(method, target, headers=headers, json=body)
    shown = json.loads(block.expected or "{}")
    expected = shown.get("status") if isinstance(shown, dict) else None
    fine = answer.status_code == expected if isinstance(expected, int) else answer.is_success
    if not fine or not holds(shown, answer.json()):
        pytest.fail(f"{block.place} answers {answer.status_code}:\n{answer.text}", pytrace=False)
