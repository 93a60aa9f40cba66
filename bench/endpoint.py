"""The bundled embedder behind OpenAI's embeddings protocol, for programs that take their vectors from an address.

::

    with Endpoint() as endpoint:
        OpenAI(base_url=endpoint.base_url, api_key="none").embeddings.create(model="bundled", input=["a", "b"])

It listens on 127.0.0.1 only, on a free port, in threads of this process, and stops with the block.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np

from graphmem.embed.bundled import BundledEmbedder
from graphmem.errors import GraphmemError

__all__ = ["Endpoint", "Refused", "answer"]


class Refused(Exception):
    """A request that is not answered with vectors; the text says what is wrong with it."""


class Endpoint:
    """The server: `base_url` is what an OpenAI client takes."""

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """Where it is, `/v1` included."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"


async def answer(embedder: BundledEmbedder, body: Any) -> dict[str, Any]:
    """What a request's body is answered with. Raises `Refused` for what OpenAI would not answer either."""
    if not isinstance(body, dict):
        raise Refused("The body has to be a JSON object.")
    texts = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise Refused("'input' has to be a text, or a list of texts, none of them empty.")
    if body.get("dimensions", embedder.dimensions) != embedder.dimensions:
        raise Refused(f"'dimensions' can only be {embedder.dimensions}.")
    if (form := body.get("encoding_format", "float")) not in ("float", "base64"):
        raise Refused("'encoding_format' has to be 'float' or 'base64'.")
    try:
        rows = await embedder.embed(texts)
    except GraphmemError as error:
        raise Refused(str(error)) from error
    written = [
        base64.b64encode(row.astype("<f4").tobytes()).decode() if form == "base64" else row.tolist()
        for row in np.asarray(rows)
    ]
    words = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(written)],
        "model": body.get("model", "bundled"),
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection; the process need not wait for it


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgement

    def setup(self) -> None:
        super().setup()
        self._embedder = BundledEmbedder()
        self._runner = asyncio.Runner()  # one for the connection: to begin a loop costs more than to embed a sentence

    def finish(self) -> None:
        self._runner.close()
        super().finish()

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/embeddings":
            return self._send(404, _error(f"Nothing is at {self.path}; embeddings are at /v1/embeddings."))
        try:
            return self._send(200, self._runner.run(answer(self._embedder, json.loads(sent))))
        except (Refused, ValueError) as error:
            return self._send(400, _error(str(error)))

    def log_message(self, *_: Any, **__: Any) -> None:
        """Says nothing: what is measured would share the terminal with it."""

    def _send(self, status: int, body: dict[str, Any]) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
