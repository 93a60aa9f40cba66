"""The webhook commands, in a folder and through the server that holds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphmem import Memory
from tests.cli.conftest import Run
from tests.cli.test_process import GRAPHMEM, serving
from tests.cli.test_process import run as process
from tests.support.receiver import Answer, Receiver

__all__ = ["GRAPHMEM"]


@pytest.fixture(autouse=True)
def _inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_ALLOW_PRIVATE_URLS", "true")


def test_a_webhooks_life(run: Run) -> None:
    assert "no webhooks" in run("webhooks", "list").out
    with Receiver(Answer(200), Answer(500)) as receiver:
        made = run("webhooks", "create", receiver.url, "--name", "mine", "--event", "memory_add", "--json").json
        assert made["event_types"] == ["memory_add"]
        secret = made.pop("secret")
        assert run("webhooks", "list", "--json").json == [made]
        listed = run("webhooks", "list").out
        assert made["id"] in listed
        assert secret not in listed

        assert "Nothing was delivered" in run("webhooks", "log", made["id"]).out
        assert "answered 200" in run("webhooks", "test", made["id"]).out
        failed = run("webhooks", "test", made["id"], code=5)
        assert "answered 500" in failed.out
        assert "not taken" in failed.err
        assert [each["status"] for each in run("webhooks", "log", made["id"], "--json").json] == [500, 200]
        assert "Delivered" in run("webhooks", "log", made["id"]).out
        assert "told nothing" in run("webhooks", "delete", made["id"]).out
        assert "no webhook" in run("webhooks", "delete", made["id"], code=3).err


def test_the_secret_is_shown_once_to_people(run: Run) -> None:
    said = run("webhooks", "create", "http://127.0.0.1:9/", "--secret", "sixteen characters").out
    assert "sixteen characters" in said
    assert "not shown again" in said


def test_private_addresses_need_leave(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHMEM_ALLOW_PRIVATE_URLS")
    assert "open internet" in run("webhooks", "create", "http://169.254.169.254/", code=2).err


def test_through_the_server_that_holds_the_folder(tmp_path: Path) -> None:
    place = ("--path", str(tmp_path / "served"))
    with Receiver() as receiver, serving(tmp_path / "served"):
        made = json.loads(process("webhooks", "create", receiver.url, *place, "--json").stdout)
        assert made.pop("secret").startswith("gmw_")
        assert json.loads(process("webhooks", "list", *place, "--json").stdout) == [made]
        assert "answered 200" in process("webhooks", "test", made["id"], *place).stdout
        process("add", "Ana leads Atlas", "--user", "ana", "--verbatim", *place)
        receiver.wait(2)
        log = json.loads(process("webhooks", "log", made["id"], *place, "--json").stdout)
        assert {each["event_type"] for each in log} <= {"test", "memory_add"}
        process("webhooks", "delete", made["id"], *place)
        assert json.loads(process("webhooks", "list", *place, "--json").stdout) == []


def test_what_a_library_changes_is_told_by_the_next_server(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    with Receiver() as receiver:
        process("webhooks", "create", receiver.url, "--path", str(folder))
        with Memory(folder) as memory:
            memory.add("Ana leads Atlas", user_id="ana", infer=False)
        assert receiver.got == []
        with serving(folder):
            [got] = receiver.wait(1)
    assert json.loads(got.body)["event_details"]["data"] == {"memory": "Ana leads Atlas"}
