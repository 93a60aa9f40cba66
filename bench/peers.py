"""What a user would pick instead, measured in an environment of its own: `python peers.py job.json`.

`bench.apart` writes the job and starts this; nothing of graphmem is imported. The job names texts, questions and single
adds, all with their vectors and the seconds each vector took where it was made. To the seconds of what takes vectors
ready-made, plain Qdrant and the fusion, those are added, as if it embedded in its own process. mem0 embeds by itself,
over HTTP, as it does with every model. Lines on stdout tell how far it is; the figures go to the file the job names.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Protocol

import numpy as np

tell = partial(print, flush=True)

BATCH = 500
"""Texts between two words of progress, and points in one write of Qdrant."""

RANK_CONSTANT = 60
"""Of reciprocal-rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)."""

DEPTH = 100
"""How far down each ranking is fused, or as far as is asked for."""

LEAST = 50
"""Calls that are measured however long they take."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, whose it is, its key, its vector, and the seconds that took."""

    text: str
    user: str
    key: str
    vector: Any
    seconds: float


class Peer(Protocol):
    """A thing to compare with; where it `embeds` by itself, its own seconds are all. It writes durably."""

    embeds: bool

    def fill(self, texts: Sequence[Text], told: Callable[[int], None]) -> None: ...

    def add(self, text: Text) -> None: ...

    def search(self, question: Text, top_k: int) -> list[str]:
        """Keys of the user's texts, best first."""

    def close(self) -> None: ...


class Mem0:
    """mem0 OSS over Qdrant's local mode, `infer=False`; its embedder is an OpenAI client of the address given."""

    embeds = True

    def __init__(self, folder: Path, base_url: str, dimensions: int) -> None:
        model = {"openai_base_url": base_url, "api_key": "none", "model": "bundled"}
        store = {"path": str(folder / "qdrant"), "embedding_model_dims": dimensions, "on_disk": True}
        self._memory: Any = importlib.import_module("mem0").Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": store},
                "embedder": {"provider": "openai", "config": {**model, "embedding_dims": dimensions}},
                "llm": {"provider": "openai", "config": model},  # has to be there; `infer=False` never calls it
                "history_db_path": str(folder / "history.db"),
            }
        )

    def fill(self, texts: Sequence[Text], told: Callable[[int], None]) -> None:
        """One by one: there is no other way."""
        for number, text in enumerate(texts, 1):
            self.add(text)
            if not number % BATCH:
                told(number)

    def add(self, text: Text) -> None:
        self._memory.add(text.text, user_id=text.user, infer=False, metadata={"key": text.key})

    def search(self, question: Text, top_k: int) -> list[str]:
        """Without its threshold, which would only leave out what it found."""
        found = self._memory.search(question.text, filters={"user_id": question.user}, top_k=top_k, threshold=0.0)
        return [each["metadata"]["key"] for each in found["results"]]

    def embed(self, text: str) -> None:  # the round trip that each add and each search contains
        self._memory.embedding_model.embed(text)

    def close(self) -> None:
        self._memory.close()


class Dense:
    """The vectors alone: qdrant-client's local mode, filtered by user."""

    embeds = False

    def __init__(self, folder: Path, dimensions: int) -> None:
        qdrant: Any = importlib.import_module("qdrant_client")
        self._models: Any = qdrant.models
        self._client: Any = qdrant.QdrantClient(path=str(folder / "dense"))
        size = self._models.VectorParams(size=dimensions, distance=self._models.Distance.COSINE)
        self._client.create_collection("texts", vectors_config=size)
        self._count = 0

    def fill(self, texts: Sequence[Text], told: Callable[[int], None]) -> None:
        for start in range(0, len(texts), BATCH):
            self._write(texts[start : start + BATCH])
            told(min(start + BATCH, len(texts)))

    def add(self, text: Text) -> None:
        self._write([text])

    def search(self, question: Text, top_k: int) -> list[str]:
        models = self._models
        own = models.FieldCondition(key="user_id", match=models.MatchValue(value=question.user))
        found = self._client.query_points(
            "texts", query=question.vector.tolist(), query_filter=models.Filter(must=[own]), limit=top_k
        )
        return [str(point.payload["key"]) for point in found.points]

    def close(self) -> None:
        self._client.close()

    def _write(self, texts: Sequence[Text]) -> None:
        points = []
        for number, each in enumerate(texts, self._count):
            payload = {"key": each.key, "user_id": each.user, "text": each.text}
            points.append(self._models.PointStruct(id=number, vector=each.vector.tolist(), payload=payload))
        self._count += len(points)
        self._client.upsert("texts", points)


class Keyword:
    """The words alone: bm25s with its defaults, English stop words and Snowball stems, an index for each user."""

    embeds = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bm25: Any = importlib.import_module("bm25s")
        self._stemmer: Any = importlib.import_module("Stemmer").Stemmer("english")
        self._indexes: dict[str, tuple[Any, list[str]]] = {}

    def fill(self, texts: Sequence[Text], told: Callable[[int], None]) -> None:
        users: dict[str, list[Text]] = defaultdict(list)
        for each in texts:
            users[each.user].append(each)
        for user, owned in users.items():
            index = self._bm25.BM25()
            index.index(self._tokens([each.text for each in owned]), show_progress=False)
            index.save(self._folder / f"bm25-{len(self._indexes)}", show_progress=False)
            self._indexes[user] = index, [each.key for each in owned]
        told(len(texts))

    def add(self, text: Text) -> None:
        raise NotImplementedError("bm25s adds no text: it indexes all of them again.")

    def search(self, question: Text, top_k: int) -> list[str]:
        index, keys = self._indexes[question.user]
        places, scores = index.retrieve(self._tokens([question.text]), k=min(top_k, len(keys)), show_progress=False)
        return [keys[place] for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    def close(self) -> None: ...

    def _tokens(self, texts: list[str]) -> Any:
        return self._bm25.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


class Fused:
    """Rankings merged by reciprocal rank. Its parts are filled, and closed, by themselves."""

    embeds = False

    def __init__(self, *parts: Peer) -> None:
        self._parts = parts

    def fill(self, texts: Sequence[Text], told: Callable[[int], None]) -> None:
        told(len(texts))

    def add(self, text: Text) -> None:
        raise NotImplementedError("One of its parts cannot add.")

    def search(self, question: Text, top_k: int) -> list[str]:
        return fuse([part.search(question, max(top_k, DEPTH)) for part in self._parts])[:top_k]

    def close(self) -> None: ...


def fuse(rankings: Sequence[Sequence[str]]) -> list[str]:
    """Reciprocal-rank fusion: each ranking gives 1 / (60 + place); what scores alike stays as it was met."""
    scores: dict[str, float] = defaultdict(float)
    for ranking in rankings:
        for place, key in enumerate(ranking, 1):
            scores[key] += 1.0 / (RANK_CONSTANT + place)
    return sorted(scores, key=lambda key: -scores[key])


def timed(calls: Iterable[Callable[[], object]], patience: float) -> list[float]:
    """Seconds of each call; after `patience` seconds no more than 50 calls."""
    took: list[float] = []
    until = time.monotonic() + patience
    for call in calls:
        if len(took) >= LEAST and time.monotonic() > until:
            break
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return took


def moment(folder: Path) -> dict[str, list[float]]:
    """How fast the machine is just now: seconds of a plain loop, and of a durable write of one page, fifty of each."""
    with (folder / "page").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        loops = timed([lambda: sum(number % 997 for number in range(50_000))] * LEAST, 0.0)
        return {"loop": loops, "disk": timed([write] * LEAST, 0.0)}


def measure(name: str, peer: Peer, job: dict[str, Any]) -> dict[str, Any]:
    """Fill it, and answer every question; or time searches and single adds, if the job says so."""
    texts, questions, adds, top_k = job["texts"], job["questions"], job["adds"], job["top_k"]

    def with_vectors(work: Callable[[Text], object], given: Sequence[Text]) -> list[float]:
        took = timed((partial(work, each) for each in given), job["patience"])
        return [seconds + (0.0 if peer.embeds else each.seconds) for seconds, each in zip(took, given, strict=False)]

    started = time.perf_counter()
    peer.fill(texts, lambda count: tell(f"{name}: {count} of {len(texts)} stored"))
    filled = time.perf_counter() - started + (0.0 if peer.embeds else sum(text.seconds for text in texts))
    found: dict[str, Any] = {"fill": filled, "texts": len(texts)}
    tell(f"{name}: {len(questions)} questions")
    if not job["timed"]:
        return found | {"ranked": [peer.search(question, top_k) for question in questions]}
    for question in questions[: job["warm"]]:
        peer.search(question, top_k)
    found["search"] = with_vectors(lambda each: peer.search(each, top_k), questions)
    if isinstance(peer, Mem0):
        found["embedding"] = timed((partial(peer.embed, each.text) for each in questions), job["patience"])
    if not isinstance(peer, Keyword | Fused):
        tell(f"{name}: {len(adds)} single adds")
        found["add"] = with_vectors(peer.add, adds)
    return found | moment(Path(job["folder"]))


def texts_of(path: str) -> list[Text]:
    """The texts of a file of the job, with their vectors from the file beside it."""
    rows = np.load(f"{path}.npy")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [Text(vector=row, **json.loads(line)) for line, row in zip(lines, rows, strict=True)]


def stay_here(event: str, given: tuple[Any, ...]) -> None:
    """An audit hook that lets nothing look up or connect to another machine, such as counters of usage."""
    host = {"socket.connect": lambda: given[1][0], "socket.getaddrinfo": lambda: given[0]}.get(event, str)()
    if host not in ("", "127.0.0.1", b"127.0.0.1"):
        raise PermissionError(f"A connection to {host!r} was refused: this comparison stays on its machine.")


def main() -> None:
    """Do the job that the first argument names."""
    sys.addaudithook(stay_here)
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(job["folder"])
    job |= {kind: texts_of(job[kind]) for kind in ("texts", "questions", "adds")}
    peers: dict[str, Peer] = {}
    dimensions = len(job["texts"][0].vector)
    if job["mem0"]:
        peers["mem0"] = Mem0(folder, job["base_url"], dimensions)
    else:
        dense, keyword = Dense(folder, dimensions), Keyword(folder)
        peers = {"Qdrant": dense, "BM25": keyword, "fusion": Fused(dense, keyword)}
    found = {name: measure(name, peer, job) for name, peer in peers.items()}
    for peer in peers.values():
        peer.close()
    if "fusion" in found:
        found["fusion"]["fill"] = found["Qdrant"]["fill"] + found["BM25"]["fill"]
    versions = {each.metadata["Name"]: each.version for each in distributions()}
    Path(job["out"]).write_text(json.dumps({"figures": found, "versions": versions}), encoding="utf-8")


if __name__ == "__main__":
    main()
