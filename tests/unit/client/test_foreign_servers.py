"""What answers at an address need not be a graphmem server, and need not answer well."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from graphmem import Memory
from graphmem.errors import (
    ConfigurationError,
    Forbidden,
    GraphmemError,
    InvalidFilter,
    InvalidInput,
    NotFound,
    Unavailable,
)


@contextmanager
def answering(status: int, body: bytes, *, healthy: bool = True) -> Iterator[str]:
    """A server that says it is graphmem, if `healthy`, and answers everything else alike."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            well = healthy and self.path == "/healthz"
            said = json.dumps({"service": "graphmem"}).encode() if well else body
            self.send_response(200 if well else status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("body", [b"<html>It works!</html>", b'"hello"', b'{"service": "another"}', b"\xff\xfe"])
def test_another_server_is_no_memory(body: bytes) -> None:
    with answering(200, body, healthy=False) as url, pytest.raises(ConfigurationError, match=url), Memory(url):
        pass


def test_nothing_listens() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        memory = Memory(url, api_key="gm_very_secret")
        with pytest.raises(Unavailable, match=url) as caught:
            memory.search("tea", "ana")
        assert "gm_very_secret" not in str(caught.value)
        memory.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (418, InvalidInput),
        (500, GraphmemError),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"<html>Oops</html>", b"[1]", b"null", b'{"code": "unheard_of", "status": 1}'])
def test_a_status_is_enough_to_tell_the_kind(status: int, kind: type[GraphmemError], body: bytes) -> None:
    with answering(status, body) as url, Memory(url) as memory:
        for ask in (memory.stats, lambda: list(memory.export()), lambda: memory.add("Tea", "ana")):
            with pytest.raises(kind) as caught:
                ask()
            assert type(caught.value) is kind
            assert caught.value.status == status


def test_a_problem_arrives_with_its_data() -> None:
    problem = {
        "type": "about:blank", "title": "Bad", "status": 422, "code": "invalid_filter", "detail": "No such operator.",
        "hint": "Use eq.", "path": "$.a", "request_id": "r", "message": "odd", "hint ": "not a name",
    }  # fmt: skip
    body = json.dumps(problem).encode()
    with answering(422, body) as url, Memory(url) as memory, pytest.raises(InvalidFilter) as caught:
        memory.stats()
    error = caught.value
    assert (error.message, error.hint, error.path) == ("No such operator.", "Use eq.", "$.a")


def test_an_answer_that_is_no_json() -> None:
    with answering(200, b"<html>") as url, Memory(url) as memory, pytest.raises(ConfigurationError, match="not JSON"):
        memory.stats()
