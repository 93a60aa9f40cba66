"""The command line as a process: pipes, signals, locales, a server that holds the folder; programs that never close."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from graphmem import Memory

GRAPHMEM = str(Path(sys.executable).with_name("graphmem"))
SECONDS = 120


def run(*words: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [GRAPHMEM, *words], capture_output=True, check=False, encoding="utf-8", timeout=SECONDS, **options
    )
    assert ended.returncode == code, f"{words} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}"
    return ended


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_HOME", str(tmp_path / "memory"))
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "hashing")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """More lines than a pipe holds."""
    with Memory(tmp_path / "memory") as memory:
        memory.add_many([{"messages": f"Note {n} of many", "user_id": "ana", "infer": False} for n in range(600)])
    return tmp_path / "memory"


def test_a_reader_that_goes_away_is_no_error(many: Path) -> None:
    for words in (["export"], ["list", "--user", "ana", "--limit", "600"], ["list", "--user", "ana", "--json"]):
        shell = f'"{GRAPHMEM}" {" ".join(words)} --path "{many}" | head -n 1; exit "${{PIPESTATUS[0]}}"'
        ended = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=SECONDS)
        assert len(ended.stdout.splitlines()) == 1
        assert (ended.returncode, ended.stderr) in ((141, ""), (0, "")), words
    assert run("stats", "--path", str(many), "--json").returncode == 0


def test_an_export_to_a_closed_pipe_ends_with_141(many: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [GRAPHMEM, "export", "--path", str(many)], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=SECONDS
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_terminal_without_arrows() -> None:
    run("add", "Ana leads Atlas", "--user", "ana", "--relation", "Ana|LEADS|Átlas")
    latin = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert "LEADS\\u2192" in run("paths", "Ana", "Atlas", "--user", "ana", env=latin).stdout
    assert json.loads(run("paths", "Ana", "Atlas", "--user", "ana", "--json", env=latin).stdout)
    assert "Átlas" in run("export", env=latin).stdout


def test_ctrl_c_stops_an_import_that_goes_on_later(tmp_path: Path) -> None:
    # The file is a pipe that nobody writes to any more: the command waits in the middle of it.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [GRAPHMEM, "import", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as importing,
        pipe.open("w"),
    ):
        importing.send_signal(signal.SIGINT)
        out, err = importing.communicate(timeout=SECONDS)
    assert (importing.returncode, out, err.strip()) == (130, "", "Stopped.")


def test_a_program_that_forgets_to_close_ends_and_loses_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from graphmem import Memory\n"
        "Memory(sys.argv[1]).add('Ana leads Atlas', user_id='ana', infer=False)\n"
        "m = Memory(sys.argv[2]); m.add('Ana leads Atlas', user_id='ana', infer=False)\n"
        "lines = m.export(); next(lines)\n"
        "sys.exit(3)\n"
    )
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    ended = subprocess.run(
        [sys.executable, "-c", program, *folders], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert (ended.returncode, ended.stderr) == (3, "")
    for folder in folders:
        with Memory(folder) as memory:
            assert memory.stats()["memories"] == 1
            assert memory.index("verify")["clean"]


# -- a server


@contextmanager
def serving(folder: Path, *, keyed: bool = False) -> Iterator[str]:
    with subprocess.Popen(
        [GRAPHMEM, "serve", "--port", "0", "--path", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            found = re.search(r"http://[\d.]+:\d+", said)
            assert found, said
            yield found[0]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(SECONDS)
        assert ("every token is accepted" in server.stdout.read()) is not keyed
    assert server.returncode == 0


def test_a_command_on_a_folder_that_a_server_holds_speaks_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "served"
    with serving(folder) as url:
        assert json.loads((folder / "holder.json").read_text())["url"] == url
        place = ("--path", str(folder))
        run("add", "Ana leads Atlas", "--user", "ana", "--relation", "Ana|LEADS|Atlas", *place)
        assert run("paths", "Ana", "Atlas", "--user", "ana", *place).stdout == "Ana —LEADS→ Atlas\n"
        found = json.loads(run("search", "who leads Atlas?", "--user", "ana", "--url", url, "--json").stdout)
        assert [hit["memory"] for hit in found["results"]] == ["Ana leads Atlas"]
        [check] = json.loads(run("doctor", "--json", *place).stdout)["checks"]
        assert (check["name"], check["ok"]) == ("server", True)
        assert "No entity" in run("graph", "Nobody", "--user", "ana", *place, code=3).stderr

        assert url in run("serve", "--port", "0", *place, code=5).stderr
        assert "owner" in run("keys", "create", "laptop", *place, code=2).stderr  # or nobody could make another

        exported = run("export", *place).stdout
        assert run("import", "-", "--path", str(tmp_path / "copy"), input=exported).stdout.startswith("1 memory from")
        with Memory(folder) as memory:
            assert memory.stats()["memories"] == 1
    assert not (folder / "holder.json").exists()
    assert run("paths", "Ana", "Atlas", "--user", "ana", *place).stdout == "Ana —LEADS→ Atlas\n"


def test_keys_are_made_by_the_server_that_holds_the_folder(tmp_path: Path) -> None:
    place = ("--path", str(tmp_path / "served"))
    with serving(tmp_path / "served"):
        made = json.loads(run("keys", "create", "boss", "--role", "owner", *place, "--json").stdout)
        assert "forbidden" in run("keys", "list", *place, "--json", code=8).stderr
        known = {**os.environ, "GRAPHMEM_API_KEY": made.pop("key")}
        assert json.loads(run("keys", "list", *place, "--json", env=known).stdout) == [made]
        run("keys", "create", "laptop", *place, env=known)
        assert "opens nothing" in run("keys", "revoke", "laptop", *place, env=known).stdout
    assert "boss" in run("keys", "list", *place).stdout


def test_a_server_with_keys_wants_one(tmp_path: Path) -> None:
    folder = tmp_path / "served"
    key = json.loads(run("keys", "create", "laptop", "--role", "reader", "--path", str(folder), "--json").stdout)["key"]
    with serving(folder, keyed=True) as url:
        shown = run("stats", "--url", url, "--json", code=8).stderr
        assert json.loads(shown)["error"] == "forbidden"
        known = {**os.environ, "GRAPHMEM_API_KEY": key}
        run("list", "--user", "ana", "--url", url, env=known)
        refused = run("add", "x", "--user", "ana", "--url", url, env=known, code=8)
        assert key not in refused.stderr
