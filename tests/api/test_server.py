"""The server as a process: it listens, says where, finishes what it began, and lets go."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api import server as server_module
from api.app import create_app
from graphmem import Memory
from graphmem.client.local import LocalBackend
from graphmem.stores.folder import FolderLock
from tests.api.live import Server, refusal, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def server(folder: Path, log: Path) -> Iterator[Server]:
    with running(folder, log) as server:
        yield server


def test_a_life(server: Server, folder: Path) -> None:
    """It says in the folder where it listens, takes memories in, tells of them in its log, and lets go of all."""
    assert FolderLock(folder).server() == server.url
    with Memory(folder) as memory:
        memory.add("Quincunx sails.", user_id="quincunx", infer=False)
        assert memory.search("who sails?", user_id="quincunx")["results"][0]["memory"] == "Quincunx sails."
    assert httpx.get(f"{server.url}/stats").json()["memories"] == 1
    told = refusal(folder, folder.with_name("second"))
    assert told.startswith("store_locked")
    assert str(server.process.pid) in told

    assert "stopped in order" in server.stop()
    assert FolderLock(folder).server() is None
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    routes = [line["route"] for line in lines if line["message"] == "request"]
    assert {"/memories", "/search", "/stats"} <= set(routes)
    assert "uincunx" not in server.log.read_text()
    with Memory(folder) as memory:
        assert [each["memory"] for each in memory.get_all(user_id="quincunx")["results"]] == ["Quincunx sails."]


def test_ctrl_c_is_an_order_too(server: Server) -> None:
    assert "stopped in order" in server.stop(signal.SIGINT)


def test_what_was_under_way_is_finished(server: Server, folder: Path) -> None:
    items = [{"messages": f"Fact {number}", "user_id": "ana", "infer": False} for number in range(400)]

    def send() -> int:
        return httpx.post(f"{server.url}/memories/batch", json={"items": items}, timeout=60).status_code

    with ThreadPoolExecutor() as pool:
        under_way = pool.submit(send)
        httpx.get(f"{server.url}/healthz").raise_for_status()
        server.stop()
        outcome = under_way.exception(timeout=60) or under_way.result()
    with Memory(folder) as memory:
        held = memory.stats()["memories"]
    # Either it was taken in and answered, or it never came in: nothing between.
    assert (outcome, held) == (200, 400) or (isinstance(outcome, httpx.TransportError) and held == 0)


def test_who_rests_between_requests_is_not_hung_up_on(server: Server) -> None:
    """A client that lets go after five seconds, as most do, must not meet a server that does so at the same moment."""
    with httpx.Client(limits=httpx.Limits(keepalive_expiry=60)) as client:
        ports = []
        for rest in (5.5, 0):
            with client.stream("GET", f"{server.url}/healthz") as answer:
                answer.read()
                ports.append(answer.extensions["network_stream"].get_extra_info("client_addr")[1])
            time.sleep(rest)
    assert ports[0] == ports[1]


def test_an_open_house_does_not_listen_to_the_world(folder: Path, log: Path) -> None:
    told = refusal(folder, log, host="0.0.0.0")
    assert "graphmem keys create" in told
    assert "Traceback" not in told


def test_a_port_in_use_is_a_clear_error(folder: Path, log: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = refusal(folder, log, port=taken.getsockname()[1])
    assert "cannot listen" in told
    assert "--port" in told


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 99_999)])
def test_an_address_that_is_none_is_a_clear_error(folder: Path, log: Path, host: str, port: int) -> None:
    assert "cannot listen" in refusal(folder, log, host, port)


def test_raw_bytes_that_are_no_http(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for sent in (
        b"\x16\x03\x01\x00\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET " + b"/x" * 60_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(sent)
            assert b" 4" in line.recv(65_536).split(b"\r\n")[0]
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_the_app_can_be_made_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_STORE", str(tmp_path / "memory"))
    backend = create_app().state.house.backend
    assert isinstance(backend, LocalBackend)
    assert backend.engine.parts.store.path == tmp_path / "memory" / "graph.sqlite"


def test_small_answers_do_not_wait_for_more() -> None:
    """asyncio switches Nagle's algorithm off only on sockets that name their protocol; 40 ms an answer hang on it."""
    with server_module._bound("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
