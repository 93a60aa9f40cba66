"""A small local server that speaks Qdrant's REST protocol, on top of the client's local mode.

::

    with QdrantServer(version="1.15.0", api_key="right") as server:
        index = QdrantIndex(server.url, api_key="right")
        ...
        assert server.requests[0].path == "/"

It listens on 127.0.0.1, on a free port, and notes every request. Like a real server it ignores what its version does
not know, and like one in strict mode it refuses filters over fields without an index. `refuse` has the next requests
fail as told.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import warnings
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent, from which port. `body` is the decoded JSON, header names are lower case."""

    method: str
    port: int
    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def line(self) -> str:
        """`POST /collections/{}/points`: method and path without the collection's name."""
        return f"{self.method} {re.sub(r'(?<=/collections/)(?!aliases$)[^/]+', '{}', self.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server sends back. One that `hangs` is not sent before the server stops."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = ()  # type: ignore[assignment]
    hangs: bool = False


class Refusal(Exception):
    """A request that the server answers with an error."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.reply = Reply(status=status, body={"status": {"error": said}, "time": 0.0})


class QdrantServer:
    """The server; a context manager. It keeps what it holds when it is left, until it is thrown away."""

    def __init__(
        self, *, version: str = "1.20.0", api_key: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Request] = []
        self.version = tuple(int(part) for part in version.split("."))
        self.before: Callable[[Request], None] = lambda request: None
        self._said = version
        self._port = 0  # a free one
        self._key = api_key
        self._tls = tls
        self._client = QdrantClient(":memory:")
        self._indexed: defaultdict[str, set[str]] = defaultdict(set)
        self._script: deque[Reply] = deque()
        self._turn = threading.RLock()
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def start(self) -> None:
        """Listen, at the address of before if there was one, with what was held then."""
        handler = type("Handler", (_Handler,), {"server_of": self})
        self._stopping.clear()
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._http.daemon_threads = True
        if self._tls is not None:
            self._http.socket = self._tls.wrap_socket(self._http.socket, server_side=True)
        self._port = self._http.server_port
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        """Be away: nothing listens, and connections that are open end with their next request."""
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def is_stopped(self) -> bool:
        return self._stopping.is_set()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}"

    @property
    def lines(self) -> list[str]:
        """Method and path of every request so far."""
        return [request.line for request in self.requests]

    @property
    def aliases(self) -> dict[str, str]:
        with self._turn:
            return {each.alias_name: each.collection_name for each in self._client.get_aliases().aliases}

    @property
    def collections(self) -> set[str]:
        with self._turn:
            return {each.name for each in self._client.get_collections().collections}

    def points(self, collection: str) -> list[models.Record]:
        """Everything in it, tombstones and note included."""
        with self._turn:
            return self._client.scroll(collection, limit=100_000, with_vectors=True)[0]

    def refuse(self, *replies: Reply) -> None:
        """Answer the next requests so."""
        self._script.extend(replies)

    # -- answering

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        self.before(request)
        if self._script:
            reply = self._script.popleft()
            if reply.hangs:
                self._stopping.wait()
            return reply
        if self._key is not None and request.headers.get("api-key") != self._key:
            return Reply(status=401, body="Must provide an API key or an Authorization bearer token")
        try:
            with self._turn, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = self._route(request)
        except Refusal as refusal:
            return refusal.reply
        except ValueError as error:
            return Refusal(404 if "not found" in str(error) else 400, str(error)).reply
        if request.path == "/":
            return Reply(body=result)
        return Reply(body={"result": _plain(result), "status": "ok", "time": 0.001})

    def _route(self, request: Request) -> Any:
        match request.method, request.path.strip("/").split("/"):
            case "GET", [""]:
                return {"title": "qdrant - vector search engine", "version": self._said}
            case "GET", ["aliases"]:
                return self._client.get_aliases()
            case "GET", ["collections"]:
                return self._client.get_collections()
            case "POST", ["collections", "aliases"]:
                actions = models.ChangeAliasesOperation.model_validate(request.body).actions
                return self._client.update_collection_aliases(actions)
            case "GET", ["collections", name, "exists"]:
                return {"exists": self._client.collection_exists(name)}
            case "PUT", ["collections", name]:
                return self._create(name, models.CreateCollection.model_validate(request.body))
            case "DELETE", ["collections", name]:
                self._indexed.pop(name, None)
                return self._client.delete_collection(name)
            case "PUT", ["collections", name, "index"]:
                self._indexed[name].add(models.CreateFieldIndex.model_validate(request.body).field_name)
                return _done()
            case method, ["collections", name, "points", *rest]:
                return self._points(f"{method} {'/'.join(rest)}", name, request.body)
        raise Refusal(404, "")

    def _create(self, name: str, asked: models.CreateCollection) -> bool:
        if self._client.collection_exists(name):
            raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
        return self._client.create_collection(name, asked.vectors, sparse_vectors_config=asked.sparse_vectors)

    def _points(self, operation: str, name: str, body: Any) -> Any:
        client = self._client
        if not client.collection_exists(name):
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        unknown = set(_filtered(body)) - self._indexed[self.aliases.get(name, name)]
        if unknown:
            raise Refusal(400, f"Index required but not found for {sorted(unknown)}")
        match operation:
            case "PUT ":
                points = models.PointsList.model_validate(body)
                condition = points.update_filter if self.version >= (1, 16) else None
                client.upsert(name, points.points, update_filter=condition)
                return _done()
            case "POST ":
                wanted = models.PointRequest.model_validate(body)
                vectors = bool(wanted.with_vector)
                return client.retrieve(name, wanted.ids, wanted.with_payload, vectors)
            case "POST scroll":
                page = models.ScrollRequest.model_validate(body)
                found, following = client.scroll(
                    name,
                    page.filter,
                    limit=page.limit or 10,
                    offset=page.offset,
                    with_payload=page.with_payload or False,
                    with_vectors=page.with_vector or False,
                )
                return {"points": _plain(found), "next_page_offset": following}
            case "POST count":
                return client.count(name, models.CountRequest.model_validate(body).filter)
            case "POST query/batch":
                searches = models.QueryRequestBatch.model_validate(body).searches
                if self.version < (1, 19):
                    searches = [each.model_copy(update={"params": None}) for each in searches]
                return client.query_batch_points(name, searches)
        raise Refusal(404, "")


def _done() -> dict[str, Any]:
    return {"operation_id": 0, "status": "completed"}


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(each) for each in result]
    return result.model_dump(mode="json") if hasattr(result, "model_dump") else result


def _filtered(body: Any) -> Iterator[str]:
    """The payload fields that a request's filters ask for."""
    if isinstance(body, list):
        for each in body:
            yield from _filtered(each)
    elif isinstance(body, dict):
        if isinstance(body.get("key"), str):
            yield body["key"]
        for name, each in body.items():
            if name not in ("points", "vector", "payload"):
                yield from _filtered(each)


class _Handler(BaseHTTPRequestHandler):
    server_of: QdrantServer
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        if self.server_of.is_stopped:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else None
        path = urlsplit(self.path).path
        port = self.client_address[1]
        reply = self.server_of.answer(Request(method=self.command, port=port, path=path, headers=headers, body=body))
        if reply.hangs:
            self.close_connection = True
            return
        data = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in dict(reply.headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  (the base class's names)

    def log_message(self, *_: Any) -> None:
        """Nothing: tests look at `requests`."""
