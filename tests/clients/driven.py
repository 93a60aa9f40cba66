"""A process with one of their clients in it, spoken to step by step."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.clients.kinds import Kind

__all__ = ["Driver", "Failed", "driven"]

PATIENCE = 90.0
"""Seconds after which a step is taken to hang, and its process is ended."""


class Failed(Exception):
    """What a client raised: the name of its class, its words, and what else it carries."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error['class']}: {error['message']}")
        self.class_name: str = error["class"]
        self.message: str = error["message"]
        self.code: str | None = error["code"]
        self.status: int | None = error["status"]
        self.details: Any = error["details"]
        self.debug: Any = error["debug"]


class Driver:
    """The process. `called` are the methods called so far."""

    def __init__(self, kind: Kind, process: subprocess.Popen[str], log: Path) -> None:
        self.kind = kind
        self.called: set[str] = set()
        self._process = process
        self._log = log

    def connect(self, name: str, **options: Any) -> None:
        """Make a client, to be called by `name`. Raises `Failed`."""
        self._ask({"do": "connect", "as": name, "class": self.kind.class_name, "options": options})

    def call(
        self, name: str, method: str, args: Sequence[Any], options: Mapping[str, Any], typed: str | None = None
    ) -> Any:
        """What the method of that client answers; its options may go as an object of a class. Raises `Failed`."""
        self.called.add(method)
        step = {"do": "call", "on": name, "method": method, "args": args, "options": options}
        return self._ask({**step, "typed": typed} if typed else step)

    def methods(self, name: str) -> set[str]:
        """The public methods of that client."""
        return set(self._ask({"do": "methods", "on": name}))

    def strays(self) -> list[str]:
        """The addresses beyond this machine that anything in the process reached for since this was last asked."""
        return list(self._ask({"do": "strays"}))

    def _ask(self, step: Mapping[str, Any]) -> Any:
        to, out = self._process.stdin, self._process.stdout
        assert to is not None
        assert out is not None
        ending = threading.Timer(PATIENCE, self._process.kill)
        ending.start()
        try:
            to.write(json.dumps(step) + "\n")
            to.flush()
            line = out.readline()
        finally:
            ending.cancel()
        assert line, f"{self.kind} ended or hung at {step}:\n{self._log.read_text()[-4000:]}"
        answer = json.loads(line)
        if error := answer.get("error"):
            raise Failed(error)
        return answer["result"]


@contextmanager
def driven(kind: Kind, folder: Path) -> Iterator[Driver]:
    """A driver, with a home folder of its own, and telemetry off as their documentation says it is done."""
    log = folder / f"{kind}.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MEM0_DIR": str(folder / f"{kind}.mem0"),
        "MEM0_TELEMETRY": "False" if kind.language == "python" else "false",
        "PYTHONWARNINGS": "ignore",
    }
    with (
        log.open("w") as written,
        subprocess.Popen(
            kind.command(),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Driver(kind, process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
