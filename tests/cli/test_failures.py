"""What goes wrong: the message, the exit code, and the JSON of it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from graphmem import GraphmemError, Memory, errors
from graphmem.cli.main import EXIT_CODES, app, exit_code
from tests.cli.conftest import Run

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GraphmemError)]
MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_the_code_of_its_nearest_kind(kind: type[GraphmemError]) -> None:
    nearest = next(parent for parent in kind.__mro__ if parent in EXIT_CODES)
    assert exit_code(kind("something")) == EXIT_CODES[nearest]


def test_codes_are_told_apart() -> None:
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert not {0, 126, 127, 130, 141} & set(EXIT_CODES.values())


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not hasattr(command, "commands"):
        yield path
        return
    for name, below in command.commands.items():
        yield from commands(below, (*path, name))


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    shown = run(*words, "--help").out
    assert f"$ graphmem {' '.join(words)}" in shown
    for option in ("--path", "--url", "--json"):
        assert option in shown
    assert run(*words, "-h").out == shown


def test_help_without_a_command(run: Run) -> None:
    assert "$ graphmem demo" in run("--help").out
    for group in ((), ("index",), ("keys",)):
        assert "Commands" in run(*group, code=2).out


def test_the_version(run: Run) -> None:
    from graphmem import __version__

    assert run("--version").out == f"graphmem {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serch", "x"], "No such command 'serch'"),
        (["search"], "Missing argument"),
        (["search", "x", "--colour", "red"], "No such option"),
        (["search", "x", "--top-k", "many"], "--top-k"),
    ],
)
def test_a_misspelt_command_line(run: Run, words: list[str], said: str) -> None:
    shown = run(*words, code=2)
    assert shown.err.startswith("Error:")
    assert said in shown.err
    assert "--help` explains it" in shown.err
    assert shown.out == ""
    problem = json.loads(run(*words, "--json", code=2).err)
    assert problem["error"] == "invalid_input"
    assert said in problem["message"]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["search", "x"], 2, "invalid_input"),
        (["search", "x", "--user", "ana", "--filters", "{"], 2, "invalid_input"),
        (["search", "x", "--user", "ana", "--filters", "[1]"], 2, "invalid_input"),
        (["search", "x", "--user", "ana", "--filters", '{"a": {"frobnicate": 1}}'], 2, "invalid_filter"),
        (["search", "x", "--user", "ana", "--as-of", "yesterday"], 2, "invalid_input"),
        (["search", "x", "--user", "ana", "--threshold", "7"], 2, "invalid_input"),
        (["search", "x" * 10_001, "--user", "ana"], 2, "too_large"),
        (["add", "", "--user", "ana"], 2, "invalid_input"),
        (["add", "x", "--user", "ana", "--relation", "a|b"], 2, "invalid_input"),
        (["list", "--user", "ana", "--path", "a", "--url", "http://b"], 2, "invalid_input"),
        (["get", "no-id"], 2, "invalid_input"),
        (["serve", "--url", "http://127.0.0.1:1"], 2, "invalid_input"),
        (["get", MISSING], 3, "not_found"),
        (["history", MISSING], 3, "not_found"),
        (["delete", MISSING], 3, "not_found"),
        (["graph", "Nobody", "--user", "ana"], 3, "not_found"),
        (["keys", "revoke", "nobody"], 3, "not_found"),
        (["stats", "--url", "ftp://example.org"], 7, "configuration_error"),
        (["keys", "list", "--url", "http://127.0.0.1:1"], 5, "unavailable"),
        (["schema", "show"], 9, "not_supported"),
    ],
)
def test_an_error_ends_with_its_code(run: Run, words: list[str], code: int, error: str) -> None:
    shown = run(*words, code=code)
    assert shown.err.startswith("Error:")
    assert "Traceback" not in shown.err
    problem = json.loads(run(*words, "--json", code=code).err)
    assert problem.keys() == {"error", "message", "hint"}
    assert problem["error"] == error


def test_input_that_is_not_utf_8(run: Run) -> None:
    shown = run("add", "-", "--user", "ana", stdin=b"caf\xe9", code=2)
    assert "not UTF-8: byte 4" in shown.err


def test_brackets_in_words_are_no_markup(run: Run) -> None:
    run("add", "[bold]Ana[/bold] said [/]", "--verbatim", "--user", "[red]ana")
    assert "[bold]Ana[/bold] said [/]" in run("list", "--user", "[red]ana").out
    assert "[bold]" in run("graph", "[bold]", "--user", "ana", code=3).err


def test_a_server_that_is_not_there(run: Run) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        assert url in run("stats", "--url", url, code=5).err
        assert run("doctor", "--url", url, "--json", code=1).json["checks"][0]["ok"] is False


def test_a_setting_that_cannot_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_PORT", "eighty")
    assert "GRAPHMEM_PORT" in run("stats", code=7).err


def test_a_model_that_is_not_to_be_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_LLM", "ollama:tiny@http://127.0.0.1:1/v1")
    run("add", "I live in Porto.", "--user", "ana", code=6)
    assert run("list", "--user", "ana").out == "Nothing found.\n"


def test_a_folder_that_somebody_holds(run: Run, tmp_path: Path) -> None:
    # In this process too: the lock is the folder's, not the process's.
    with Memory(tmp_path / "held"):
        shown = run("stats", "--path", tmp_path / "held", code=5)
    assert "in use by process" in shown.err
    run("stats", "--path", tmp_path / "held")


def test_a_folder_that_is_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in run("stats", "--path", tmp_path / "file", code=7).err
