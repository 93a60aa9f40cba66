"""The server that the clients speak to: a process of its own, as a user starts it, with a model and with keys."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.support.chat_server import ChatServer

__all__ = ["Served", "serving"]

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server under way. `model` is what it asks; `boss` a key that opens everything."""

    url: str
    boss: str
    model: ChatServer
    log: Path

    def new_key(self, *, role: str = "owner", project: str | None = None, rate: int | None = None) -> str:
        """A key, by default to a project that nobody has used yet. `rate` bounds its requests a minute."""
        projects = [project or f"project-{uuid4().hex}"]
        body = {"name": f"key-{uuid4().hex}", "role": role, "projects": projects, "rate": rate}
        made = httpx.post(f"{self.url}/api-keys", json=body, headers=_with(self.boss), timeout=SECONDS)
        assert made.status_code == 200, made.text
        return str(made.json()["key"])

    def get(self, path: str, key: str, **options: Any) -> httpx.Response:
        """What a caller of its own makes of a path, for what the clients have no method for."""
        return httpx.get(f"{self.url}{path}", headers=_with(key), timeout=SECONDS, **options)


@contextmanager
def serving(store: str, folder: Path, model: ChatServer) -> Iterator[Served]:
    """A server over a folder or a Neo4j. It logs to a file, has to stop in order, and nothing unforeseen may happen."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRAPHMEM_", "OPENAI_"))}
    settings = {
        "GRAPHMEM_STORE": store,
        "GRAPHMEM_HOME": str(folder),
        "GRAPHMEM_LLM": f"openai:reader@{model.base_url}",
        "GRAPHMEM_LLM_API_KEY": "of-no-use",
        "GRAPHMEM_ALLOW_PRIVATE_URLS": "true",
    }
    log = folder / "server.log"
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "graphmem", "serve", "--port", "0"],
            cwd=ROOT,
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            found = re.search(r"http://\S+", told)
            assert found, told + log.read_text()
            boss = httpx.post(
                f"{found[0]}/api-keys", json={"name": "boss", "role": "owner", "projects": ["*"]}, timeout=SECONDS
            )
            assert boss.status_code == 200, boss.text
            yield Served(found[0], boss.json()["key"], model, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0, log.read_text()[-4000:]
            assert [line for line in log.read_text().splitlines() if '"level": "error"' in line] == []
        finally:
            if process.poll() is None:
                process.kill()


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Token {key}"}
