"""One folder, several processes: the second speaks to the first if that is a server, else it is told who holds it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.app import ServerOptions
from api.server import serve
from graphmem import Memory
from graphmem.errors import NotFound, StoreLocked
from graphmem.settings import Settings
from tests.support.children import start
from tests.support.writer import backend

SETTINGS = Settings(embedder="hashing", extractor="rules")


async def _hold(tell: Callable[[Any], None], folder: Path) -> None:
    memory = backend(folder)
    await memory.open()
    await memory.add({"messages": "Ana likes tea", "user_id": "ana", "infer": False})
    tell(os.getpid())
    await asyncio.Event().wait()


async def _serve(tell: Callable[[Any], None], folder: Path) -> None:
    await serve(backend(folder), ServerOptions(port=0), on_listening=tell)


@contextmanager
def running(work: Callable[..., Any], folder: Path) -> Iterator[tuple[Any, Any]]:
    """A child at work, and the first thing that it says."""
    child, said = start(work, folder)
    try:
        yield child, said.recv()
    finally:
        child.kill()
        child.join()
        said.close()


def test_the_second_is_told_who_holds_the_folder(place: Path) -> None:
    with running(_hold, place) as (_, pid):
        memory = Memory(place, settings=SETTINGS)
        for _ in range(2):
            with pytest.raises(StoreLocked, match=str(pid)) as caught:
                memory.search("tea", user_id="ana")
            assert caught.value.holder == pid
            assert str(place) in str(caught.value)
            assert caught.value.hint
        memory.close()
        done = cli("search", "tea", "--user", "ana", "--path", str(place), "--json")
        assert done.returncode == 5
        assert str(pid) in json.loads(done.stderr)["message"]
    # It was killed: the system let go of the folder.
    with Memory(place, settings=SETTINGS) as memory:
        assert [each["memory"] for each in memory.get_all(user_id="ana")["results"]] == ["Ana likes tea"]


def test_two_in_one_process(place: Path) -> None:
    with Memory(place, settings=SETTINGS) as first:
        with second(place) as other, pytest.raises(StoreLocked, match=str(os.getpid())):
            other.stats()
        first.add("still here", user_id="ana", infer=False)
    with Memory(place, settings=SETTINGS) as again:
        assert again.stats()["memories"] == 1


@contextmanager
def second(place: Path) -> Iterator[Memory]:
    memory = Memory(place, settings=SETTINGS)
    try:
        yield memory
    finally:
        memory.close()


def test_the_second_speaks_to_a_server(place: Path) -> None:
    with running(_serve, place) as (child, url):
        with Memory(place) as memory:
            [added] = memory.add("Ana leads Atlas", user_id="ana", infer=False, relations=[("Ana", "LEADS", "Atlas")])[
                "results"
            ]
            assert memory.search("who leads Atlas?", user_id="ana")["results"][0]["id"] == added["id"]
            assert memory.graph(user_id="ana").value("Ana", "LEADS").name == "Atlas"
            assert memory.index("verify")["clean"]
            with pytest.raises(NotFound):
                memory.get("00000000-0000-4000-8000-000000000000")
        done = cli("search", "who leads Atlas?", "--user", "ana", "--path", str(place), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["results"][0]["id"] == added["id"]
        assert cli("stats", "--url", url).returncode == 0
        # Who was there before the server is told where it listens.
        held = json.loads((place / "holder.json").read_text())
        assert held == {"pid": child.pid, "url": url}
        os.kill(child.pid, signal.SIGTERM)
        child.join(60)
        assert child.exitcode == 0
    assert not (place / "holder.json").exists()
    with Memory(place, settings=SETTINGS) as memory:
        assert memory.get(added["id"])["memory"] == "Ana leads Atlas"


def test_who_came_before_the_server_is_told_where_it_listens(place: Path) -> None:
    with second(place) as early, running(_serve, place) as (_, url):
        with pytest.raises(StoreLocked) as caught:
            early.stats()
        assert caught.value.url == url


def test_a_note_of_a_killed_server_is_not_believed(place: Path) -> None:
    with running(_serve, place):
        pass
    assert (place / "holder.json").exists()
    with Memory(place, settings=SETTINGS) as memory:
        assert memory.add("mine", user_id="ana", infer=False)["results"]


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    command = [sys.executable, "-c", "from graphmem.cli import main; main()", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRAPHMEM_")}
    environment |= {"GRAPHMEM_EMBEDDER": "hashing"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
