"""A small local server that speaks the chat-completions and embeddings protocols, from a script.

::

    with ChatServer() as server:
        server.script(failure(429, "slow down", headers={"retry-after": "7"}), completion('{"memories": []}'))
        chat = make_chat(f"openai:test-model@{server.base_url}")
        ...
        assert server.requests[0].body["model"] == "test-model"

It listens on 127.0.0.1, on a free port, and answers as real servers do: same fields, same errors.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

DIMENSIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent. `body` is the decoded JSON, header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server sends back: JSON unless `body` is bytes. One that `hangs` is never sent."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


def completion(
    content: str | Mapping[str, Any] | None,
    *,
    refusal: str | None = None,
    finish_reason: str = "stop",
    model: str = "answering-model",
    prompt_tokens: int = 11,
    completion_tokens: int = 7,
) -> Reply:
    """A successful completion; a mapping as content is sent as JSON text."""
    text = json.dumps(content) if isinstance(content, Mapping) else content
    message = {"role": "assistant", "content": text, "refusal": refusal}
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    return Reply(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_750_000_000,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}],
            "usage": usage,
        }
    )


def failure(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Reply:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code, **more}
    return Reply(status=status, body={"error": error}, headers=headers or {})


def hang() -> Reply:
    """No answer at all: the connection stays open until the client or the server gives up."""
    return Reply(hangs=True)


def embeddings(request: Request) -> Reply:
    """Deterministic unit-range vectors of the inputs, in the encoding and with the `dimensions` asked for."""
    inputs = request.body["input"]
    inputs = [inputs] if isinstance(inputs, str) else inputs
    size = request.body.get("dimensions", DIMENSIONS)
    vectors = [_vector(text, size) for text in inputs]
    if request.body.get("encoding_format") == "base64":
        shown: list[Any] = [base64.b64encode(struct.pack(f"<{size}f", *v)).decode() for v in vectors]
    else:
        shown = vectors
    tokens = sum(len(text.split()) for text in inputs)
    return Reply(
        body={
            "object": "list",
            "model": request.body["model"],
            "data": [{"object": "embedding", "index": i, "embedding": e} for i, e in enumerate(shown)],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def closed_url() -> str:
    """A base URL with nothing behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


Step = Reply | Callable[[Request], Reply]


class ChatServer:
    """The server, a context manager. Each request takes the next step of its endpoint's script.

    `script` is for `/chat/completions`, `script_embeddings` for `/embeddings`, which without a script
    embeds by itself. A chat request beyond the script is answered by `otherwise`: it fails with status 400 and says so.
    """

    def __init__(self, otherwise: Step | None = None) -> None:
        self.requests: list[Request] = []
        self._otherwise = otherwise or failure(400, "the script has run out")
        self._chat: deque[Step] = deque()
        self._embeddings: deque[Step] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = False
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
    def base_url(self) -> str:
        """Where it listens, up to and with `/v1`."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def script(self, *steps: Step) -> None:
        """Add replies, or functions of the request, to be given to chat requests in order."""
        self._chat.extend(steps)

    def script_embeddings(self, *steps: Step) -> None:
        """The same for embedding requests."""
        self._embeddings.extend(steps)

    def _reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            endpoint = request.path.partition("?")[0].rstrip("/")
            if endpoint.endswith("/chat/completions"):
                step: Step = self._chat.popleft() if self._chat else self._otherwise
            elif endpoint.endswith("/embeddings"):
                step = self._embeddings.popleft() if self._embeddings else embeddings
            else:
                step = failure(404, f"no such endpoint: {endpoint}")
        return step if isinstance(step, Reply) else step(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            # HTTP/1.0, the default: one request per connection, so that closing waits for nobody.

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                decoded = json.loads(body) if body else None
                request = Request(method="POST", path=self.path, headers=headers, body=decoded)
                reply = server._reply(request)
                if reply.hangs:
                    server._closing.wait()
                    return
                payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"content-type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Say nothing on stderr."""

        return Handler


def _vector(text: str, size: int) -> list[float]:
    numbers: list[float] = []
    counter = 0
    while len(numbers) < size:
        digest = hashlib.sha256(f"{counter}:{text}".encode()).digest()
        numbers += [byte / 127.5 - 1.0 for byte in digest]
        counter += 1
    return numbers[:size]
