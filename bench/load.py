"""Many clients at once: `python -m bench.load`.

Starts a server as a user does, and lets sessions call it side by side, on the routes and in the shapes of mem0's Python
client: `add(infer=False)`, `search` and `get_all`, each session with a user of its own, resting between calls as
applications do, after a few calls that warm up what is cold. Counts what was answered and how fast; afterwards every
memory that was acknowledged has to be there. With `--location` the memory is there, in a Neo4j say; else it is a
temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table

from bench.latency import facts, questions
from bench.report import write_json
from bench.speed import keep, place

MIX = {"add": 0.3, "search": 0.5, "get_all": 0.2}
"""How often a session makes which call."""

STARTING = 60.0
"""Seconds in which the server has to listen."""


@dataclass
class Tally:
    """What came of all calls: seconds by kind, answers by status, and the ids acknowledged of each user."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def failed(self) -> int:
        """Answers that blame the server, and those that did not come (counted under status 0)."""
        return sum(count for status, count in self.statuses.items() if status >= 500 or not status)


@contextmanager
def served(location: str | None) -> Iterator[str]:
    """The address of a server of our own, stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRAPHMEM_")}
        environment |= {"GRAPHMEM_HOME": folder, "GRAPHMEM_STORE": location or folder, "GRAPHMEM_LOG_LEVEL": "warning"}
        log = Path(folder) / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "graphmem", "serve", "--port", "0"],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _address(process, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STARTING)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + STARTING
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8")):
            return found[0]
        time.sleep(0.1)
    raise SystemExit(f"The server does not listen:\n{log.read_text('utf-8')}")


class Session:
    """One client, with a user of its own."""

    def __init__(self, http: httpx.AsyncClient, user: str, seed: int, tally: Tally) -> None:
        self._http = http
        self._user = user
        self._rng = random.Random(seed)
        self._facts = facts(1_000_000, users=1, seed=seed)
        self._questions = questions(1_000_000, users=1, seed=seed)
        self._tally = tally

    async def warm(self, rounds: int = 20) -> None:
        """Make every call some times: databases plan a statement when they first meet it."""
        for _ in range(rounds):
            for kind in MIX:
                await getattr(self, kind)()

    async def run(self, until: float, pause: float) -> None:
        """Call and rest, in turn, until the moment."""
        await asyncio.sleep(self._rng.random() * pause)
        while time.monotonic() < until:
            [kind] = self._rng.choices(list(MIX), list(MIX.values()))
            await getattr(self, kind)()
            await asyncio.sleep(self._rng.expovariate(1 / pause) if pause else 0)

    async def add(self) -> None:
        """Remember one fact, as it is said."""
        said = next(self._facts)["messages"]
        body = {"messages": [{"role": "user", "content": said}], "user_id": self._user, "infer": False}
        answer = await self._post("add", "/v3/memories/add/", body)
        self._tally.acknowledged[self._user] |= {each["id"] for each in answer.get("results", ())}

    async def search(self) -> None:
        """Ask something."""
        query, _ = next(self._questions)
        await self._post("search", "/v3/memories/search/", {"query": query, "filters": {"user_id": self._user}})

    async def get_all(self) -> None:
        """List the first page."""
        await self._post("get_all", "/v3/memories/?page=1&page_size=50", {"filters": {"user_id": self._user}})

    async def _post(self, kind: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            answer = await self._http.post(path, json=body)
        except httpx.TransportError:
            self._tally.statuses[0] += 1
            return {}
        self._tally.seconds[kind].append(time.perf_counter() - started)
        self._tally.statuses[answer.status_code] += 1
        return dict(answer.json()) if answer.status_code == 200 else {}


async def lost(http: httpx.AsyncClient, tally: Tally) -> int:
    """How many of the acknowledged memories are not listed."""
    missing = 0
    for user, ids in tally.acknowledged.items():
        found: set[str] = set()
        path: str | None = "/v3/memories/?page=1&page_size=1000"
        while path:
            page = (await http.post(path, json={"filters": {"user_id": user}})).json()
            found |= {each["id"] for each in page["results"]}
            path = page["next"]
        missing += len(ids - found)
    return missing


async def load(url: str, sessions: int, seconds: float, pause: float) -> tuple[Tally, int]:
    """Let the sessions call the server; what came of it, and how many acknowledged memories were lost."""
    tally, run = Tally(), uuid4().hex[:8]
    limits = httpx.Limits(max_connections=sessions, max_keepalive_connections=sessions)
    headers = {"Authorization": "Token load"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60.0, limits=limits) as http:
        await Session(http, f"{run}-first", sessions, Tally()).warm()
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(Session(http, f"{run}-{number}", number, tally).run(until, pause) for number in range(sessions))
        )
        return tally, await lost(http, tally)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=4.0, help="mean seconds that a session rests between calls")
    parser.add_argument("--location", help="where the memory is, e.g. neo4j://…; default: a temporary folder")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--keep", action="store_true", help="keep the figures, in bench/speed.json and on the page")
    chosen = parser.parse_args(arguments)
    with served(chosen.location) as url:
        tally, missing = asyncio.run(load(url, chosen.sessions, chosen.seconds, chosen.pause))
    table = Table(box=None)
    for heading in ("call", "answers", "p50 ms", "p99 ms", "most ms"):
        table.add_column(heading, justify="right")
    rows = {}
    for kind, took in tally.seconds.items():
        cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 100
        rows[kind] = {"answers": len(took), "p50": cuts[49] * 1e3, "p99": cuts[98] * 1e3, "most": max(took) * 1e3}
        table.add_row(kind, str(len(took)), *(f"{rows[kind][name]:.1f}" for name in ("p50", "p99", "most")))
    console = Console()
    console.print(table)
    acknowledged = sum(map(len, tally.acknowledged.values()))
    console.print(f"statuses {dict(tally.statuses)}; {acknowledged} memories acknowledged, {missing} of them lost")
    figures = {"calls": rows, "statuses": tally.statuses, "acknowledged": acknowledged, "lost": missing}
    if chosen.json:
        write_json(chosen.json, figures)
    if chosen.keep:
        keep("load", place(chosen.location), figures)
    if tally.failed or missing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
