"""Projects, and keys with what belongs to them, on the command line: on a folder, and through a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.live import Server, running
from tests.cli.conftest import Run


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "served", tmp_path / "log", GRAPHMEM_EMBEDDER="hashing") as server:
        yield server


def test_a_project_is_made_set_and_deleted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("projects", "list").out == "Nothing is set for any project.\n"
    made = run("projects", "create", "Support", "--description", "The desk", "--json").json
    assert (made["name"], made["description"]) == ("Support", "The desk")
    key = run("keys", "create", "desk", "--project", made["id"], "--rate", "60", "--json").json
    assert (key["projects"], key["rate"], key["grants"]) == ([made["id"]], 60, {})
    assert "60" in run("keys", "list").out
    told = run("projects", "set", made["id"], "decay=true", "enable_graph=false", 'custom_categories={"tea": "leaves"}')
    assert told.out == (
        'Support: description=The desk, custom_categories={"tea": "leaves"}, decay=true, enable_graph=false\n'
    )
    [listed] = run("projects", "list", "--json").json
    assert (listed["decay"], listed["enable_graph"], listed["custom_categories"]) == (True, False, {"tea": "leaves"})
    assert "decay=true" in " ".join(run("projects", "list").out.split())
    cleared = run("projects", "set", made["id"], "description=", "name=42", "decay=false", "--json").json
    assert (cleared["description"], cleared["name"], cleared["decay"]) == (None, "42", False)

    monkeypatch.setenv("GRAPHMEM_PROJECT", made["id"])
    run("add", "Tea is green", "--user", "ana", "--verbatim")
    refused = run("projects", "delete", made["id"], "--yes", code=2)
    assert "stays" in refused.err
    monkeypatch.delenv("GRAPHMEM_PROJECT")
    asked = run("projects", "delete", made["id"], stdin=b"n\n", code=1)
    assert "Nothing was deleted" in asked.out
    assert "1 memory" in run("projects", "delete", made["id"], "--yes").out
    assert run("projects", "list", "--json").json == []


@pytest.mark.parametrize("setting", ["decay", "colour=red", "decay=7", "name=", "excludes=health"])
def test_what_cannot_be_set(run: Run, setting: str) -> None:
    run("projects", "set", "default", setting, code=9 if setting.startswith("excludes") else 2)
    assert run("projects", "list", "--json").json == []


@pytest.mark.parametrize("served", [False, True], ids=["here", "through a server"])
def test_members_come_and_go(run: Run, request: pytest.FixtureRequest, served: bool) -> None:
    there = ("--url", request.getfixturevalue("server").url) if served else ()

    def listed(*words: str) -> dict[str, str]:
        return {each["name"]: each["role"] for each in run("members", *words, *there, "--json").json}

    project = run("projects", "create", "Support", *there, "--json").json["id"]
    assert "No member" in run("members", "list", project, *there).out
    assert listed("add", project, "tablet") == {"tablet": "reader"}
    run("members", "add", project, "tablet", *there, code=2)
    assert listed("set", project, "tablet", "--role", "writer") == {"tablet": "writer"}
    run("members", "set", project, "tablet", "--role", "king", *there, code=2)
    assert "tablet" in run("members", "list", project, *there).out
    assert listed("remove", project, "tablet") == {}
    run("members", "remove", project, "tablet", *there, code=3)


def test_through_a_server(run: Run, server: Server) -> None:
    there = ("--url", server.url)
    made = run("projects", "create", "Support", *there, "--json").json
    assert "keys create NAME --project" in run("projects", "create", "Desk", *there).out
    assert run("projects", "set", made["id"], "decay=true", *there, "--json").json["decay"] is True
    listed = run("projects", "list", *there, "--json").json
    assert [each["name"] for each in listed] == ["default", "Support", "Desk"]
    assert "Project deleted." in run("projects", "delete", made["id"], "--yes", *there).out
    run("projects", "delete", made["id"], "--yes", *there, code=3)
    key = run("keys", "create", "first", "--role", "owner", "--rate", "100", *there, "--json").json
    assert (key["rate"], key["role"]) == (100, "owner")
