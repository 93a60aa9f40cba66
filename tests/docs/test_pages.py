"""Every page of the docs is followed, block by block, in an empty folder with the defaults of a bare machine."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, Block, agrees, blocks, commands

PAGES = sorted(page for page in DOCS.rglob("*.md") if blocks(page))


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_does_what_it_says(page: Path, folder: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            run_python(block, names)
        elif block.language == "console":
            run_console(block)


def run_python(block: Block, names: dict[str, Any]) -> None:
    # The newlines make a traceback name the line of the page.
    code = compile("\n" * (block.line - 1) + block.body, str(block.page), "exec")
    out = io.StringIO()
    with redirect_stdout(out):
        exec(code, names)
    if block.expected is not None:
        assert agrees(block.expected, out.getvalue()), f"{block.place} prints:\n{out.getvalue()}"


def run_console(block: Block) -> None:
    for command, shown in commands(block):
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{block.place}: {command!r} ends with {run.returncode}:\n{run.stdout}"
        assert agrees(shown or "...\n", run.stdout), f"{block.place}: {command!r} says:\n{run.stdout}"
