"""The command line in this process: what it prints, and the code it ends with."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graphmem.cli.main import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.json["results"]]


Run = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the memory is when no option says so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAPHMEM_HOME", str(tmp_path / "memory"))
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "hashing")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    # Rich believes these before it looks whether its output is a terminal.
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "memory"


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `graphmem` with these words; `code` is the exit code that it has to end with."""

    def run(*words: str | os.PathLike[str], stdin: bytes = b"", code: int = 0) -> Ended:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["graphmem", *map(os.fspath, words)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                main()
        said = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
        ended = Ended(int(end.value.code or 0), *said)
        assert ended.code == code, f"ended with {ended.code}:\n{ended.out}\n{ended.err}"
        return ended

    return run


@pytest.fixture
def told(run: Run) -> Run:
    """The same, of a memory of Ana, her sister, and a move."""
    run("add", "My name is Ana Silva.", "--user", "ana", "--timestamp", "2026-01-01")
    run("add", "I live in Porto.", "--user", "ana", "--timestamp", "2026-02-01")
    run("add", "My sister is Marta.", "--user", "ana", "--timestamp", "2026-02-02")
    run("add", "Marta works at Feedzai.", "--user", "ana", "--timestamp", "2026-02-03")
    run("add", "I moved from Porto to Lisbon in May.", "--user", "ana", "--timestamp", "2026-05-20")
    return run
