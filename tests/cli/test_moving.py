"""Import and export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphmem import Memory
from graphmem.cli.moving import _digest
from tests.cli.conftest import Run

CHATS = [
    {"messages": [{"role": "user", "content": "I live in Porto."}], "timestamp": "2026-02-01"},
    {"messages": "Marta works at Feedzai.", "timestamp": "2026-02-02", "metadata": {"n": 7}},
    {"messages": "Rui leads Atlas", "user_id": "rui", "relations": [["Rui", "LEADS", "Atlas"]]},
]


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def test_chats_come_in(run: Run, tmp_path: Path) -> None:
    chats = write(tmp_path / "chats.jsonl", *CHATS)
    assert run("import", chats, "--user", "ana").out == "3 memories from 3 lines.\n"
    ana = run("list", "--user", "ana", "--json").json["results"]
    assert [(each["memory"], each["observed_at"][:10]) for each in ana] == [
        ("Marta works at Feedzai.", "2026-02-02"),
        ("Ana lives in Porto.", "2026-02-01"),
    ]
    assert run("paths", "Rui", "Atlas", "--user", "rui").out == "Rui —LEADS→ Atlas\n"


def test_verbatim_draws_nothing(run: Run, tmp_path: Path) -> None:
    run("import", write(tmp_path / "chats.jsonl", *CHATS[1:2]), "--user", "ana", "--verbatim")
    assert run("entities", "--user", "ana", "--type", "Organization").out == "Nothing found.\n"


def test_what_is_refused_is_named(run: Run, tmp_path: Path) -> None:
    latin = "Café".encode("latin-1")
    path = write(tmp_path / "mixed.jsonl", {"messages": ""}, "not JSON", "", *CHATS[:1], {"messages": "x", "colour": 1})
    path.write_bytes(path.read_bytes() + b'{"messages": "' + latin + b'"}\n')
    report = run("import", path, "--user", "ana", "--json", code=2).json
    assert (report["memories"], report["lines"]) == (1, 6)
    assert [refusal["line"] for refusal in report["refused"]] == [1, 2, 5, 6]
    shown = run("import", path, code=2)
    assert "line 4 refused: Whose memory?" in shown.out
    assert "colour" in shown.out


def test_many_refusals_are_counted(run: Run, tmp_path: Path) -> None:
    shown = run("import", write(tmp_path / "bad.jsonl", *["no"] * 30), code=2).out
    assert shown.count(" refused: ") == 20
    assert "… and 10 more lines refused." in shown


def test_an_export_comes_back_whole(told: Run, tmp_path: Path) -> None:
    exported = told("export").out
    assert "Silva" in exported
    copy = tmp_path / "copy"
    told("import", write(tmp_path / "all.jsonl", exported.rstrip("\n")), "--path", copy)
    for command in (["list", "--past"], ["entities"], ["timeline", "Ana"]):
        question = [*command, "--user", "ana", "--json"]
        assert told(*question, "--path", copy).json == told(*question).json
    for memory_id in told("list", "--user", "ana", "--past", "--json").ids:
        before, after = (
            told("history", memory_id, "--json").json,
            told("history", memory_id, "--json", "--path", copy).json,
        )
        assert after == before


def test_an_export_is_piped_into_an_import(told: Run, tmp_path: Path) -> None:
    shown = told("import", "-", "--path", tmp_path / "copy", stdin=told("export").out.encode())
    assert shown.out.startswith("5 memories from ")


def test_an_interrupted_import_goes_on(run: Run, tmp_path: Path, folder: Path) -> None:
    lines = [{"messages": f"Note {number}", "user_id": "ana", "infer": False} for number in range(600)]
    path = write(tmp_path / "many.jsonl", *lines)

    class Enough(Exception):
        pass

    def stop(_: object) -> None:
        raise Enough

    name, count = _digest(path)
    assert count == 600
    with Memory(folder) as memory, path.open() as content:
        with pytest.raises(Enough):
            memory.import_lines(content, name=name, progress=stop)
        done = memory.stats()["memories"]
    assert 0 < done < 600
    report = run("import", path, "--json").json
    assert (report["skipped"], report["memories"]) == (done, 600 - done)
    assert run("stats", "--json").json["memories"] == 600


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    assert "No such file" in run("import", tmp_path / "nothing.jsonl", code=2).err
    assert "directory" in run("import", tmp_path, code=2).err
