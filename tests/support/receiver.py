"""A small local HTTP server that takes what it is sent, and answers from a script."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

__all__ = ["Answer", "Got", "Receiver"]

PATIENCE = 30.0
"""Seconds after which what has to come is taken never to come."""


@dataclass(frozen=True, slots=True)
class Got:
    """What was sent here; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: `pieces` are written one by one, `length` is what the header says of them, if it is said."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    hangs: bool = False


Step = Answer | Callable[[Got], Answer]


class Receiver:
    """A context manager. Each request takes the next step of the script, the last one for ever; without, 200.

    `host` is where it listens; with a `tls` context it speaks HTTPS.
    """

    def __init__(self, *steps: Step, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self._steps = deque(steps or (Answer(),))
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer((host, 0), self._handler())
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self._http.server_address[0]}:{self.port}/hook"

    def wait(self, count: int) -> list[Got]:
        """What was sent, when it is so much."""
        with self._changed:
            there = self._changed.wait_for(lambda: len(self.got) >= count, PATIENCE)
        assert there, f"only {len(self.got)} of {count} came"
        return list(self.got)

    def _take(self, got: Got) -> Answer:
        with self._changed:
            self.got.append(got)
            step = self._steps.popleft() if len(self._steps) > 1 else self._steps[0]
            self._changed.notify_all()
        return step if isinstance(step, Answer) else step(got)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._take(Got(self.command, self.path, headers, body))
                if answer.hangs:
                    receiver._closing.wait(PATIENCE)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # whoever asked may have heard enough
                    for piece in answer.pieces:
                        self.wfile.write(piece)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing on stderr."""

        return Handler
