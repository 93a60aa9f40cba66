"""A real server: a process of its own, on a free port."""

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

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from pathlib import Path
from api.server import run
from graphmem.assemble import assemble, assemble_neo4j
from graphmem.client.local import LocalBackend
from graphmem.errors import GraphmemError
from graphmem.settings import Settings, read_neo4j

settings, place = Settings(extractor="verbatim"), sys.argv[1]
engine = assemble_neo4j(settings, read_neo4j(place)) if "://" in place else assemble(settings, Path(place))
try:
    run(LocalBackend(engine), settings=settings, host=sys.argv[2], port=int(sys.argv[3]))
except GraphmemError as error:
    sys.exit(f"{error.code}: {error}")
print("stopped in order")
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server under way: its address, its process, and the file that it logs to."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def stop(self, order: signal.Signals = signal.SIGTERM) -> str:
        """Tell it to stop, and wait; what it printed from now on. Raises when it does not stop in order."""
        self.process.send_signal(order)
        printed, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.log.read_text()
        return printed


@contextmanager
def started(
    place: Path | str, log: Path, host: str = "127.0.0.1", port: int = 0, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """The process, which may still be starting. It logs to a file: nobody would empty a pipe.

    `settings` are for its environment, as `GRAPHMEM_HOME`.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRAPHMEM_", "OPENAI_"))}
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SCRIPT, str(place), host, str(port)],
            cwd=ROOT,
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def running(place: Path | str, log: Path, **settings: str) -> Iterator[Server]:
    """A server over the folder or Neo4j; on the way out it is stopped, if it runs still."""
    with started(place, log, **settings) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        found = re.search(r"http://\S+", told)
        assert found, told + log.read_text()
        server = Server(found[0], process, log)
        yield server
        if process.poll() is None:
            server.stop()


def refusal(folder: Path, log: Path, host: str = "127.0.0.1", port: int = 0) -> str:
    """What is said by a server that does not start."""
    with started(folder, log, host, port) as process:
        printed, _ = process.communicate(timeout=60)
    assert (process.returncode, printed) == (1, "")
    return log.read_text()
