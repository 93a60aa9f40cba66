"""Webhooks made through their clients are called when memories change."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.clients.spelling import Client

pytestmark = pytest.mark.clients

SECONDS = 30


class Listener:
    """Somebody's server. What it is told comes out of `told`, in order."""

    def __init__(self) -> None:
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on stderr."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/hook"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def project(fresh: Client) -> str:
    return str(fresh.server.get("/v1/ping/", fresh.key).json()["project_id"])


def test_a_life(fresh: Client, project: str, listener: Listener, user: str) -> None:
    assert fresh.webhooks(project) == []
    made = fresh.create_webhook(project, url=listener.url, name="mine", event_types=["memory_add"])
    [shown] = fresh.webhooks(project)
    for each in (made, shown):
        assert (each["name"], each["url"], each["event_types"]) == ("mine", listener.url, ["memory_add"])
        assert each["is_active"] is True
    hook = made["webhook_id"]
    assert shown["webhook_id"] == hook

    kept = fresh.note("Ana rows", user_id=user)
    details = listener.told.get(timeout=SECONDS)["event_details"]
    assert (details["id"], details["data"]["memory"], details["event"]) == (kept, "Ana rows", "ADD")

    fresh.update_webhook(hook, name="yours", url=f"{listener.url}/new", event_types=["memory_delete"])
    [shown] = fresh.webhooks(project)
    assert (shown["name"], shown["url"], shown["event_types"]) == ("yours", f"{listener.url}/new", ["memory_delete"])

    assert fresh.delete_webhook(hook)["message"]
    assert fresh.webhooks(project) == []
    fresh.note("Ana sings", user_id=user)
    assert listener.told.empty()


def test_what_is_refused(fresh: Client, project: str) -> None:
    with fresh.refused(400, "ValidationError"):
        fresh.create_webhook(project, url="ftp://example.org/hook", name="mine", event_types=["memory_add"])
    with fresh.refused(400, "ValidationError"):
        fresh.create_webhook(project, url="https://example.org/hook", name="mine", event_types=["no_such_event"])
    with fresh.refused(404, "MemoryNotFoundError"):
        fresh.delete_webhook("00000000-0000-4000-8000-000000000000")
    assert fresh.webhooks(project) == []
