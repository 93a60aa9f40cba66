"""Starts the server that the jars of Maven's central repository make, in a home folder of its own, on free ports."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import platformdirs

__all__ = ["NotHere", "Server", "jars", "local_server"]

HERE = Path(__file__).parent
PATIENCE = 120.0
"""Seconds that a start may take on a busy machine; 6 are usual."""

OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")

CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.http.advertised_address=127.0.0.1:{http}
server.https.enabled=false
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.memory.heap.max_size={heap}m
server.memory.pagecache.size={cache}m
dbms.security.procedures.unrestricted=apoc.*
db.tx_log.preallocate=false
"""

ENCRYPTED = """\
server.bolt.tls_level=REQUIRED
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={tls}
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
"""


class NotHere(Exception):
    """What a local server needs is not on this machine."""


def jars() -> Path:
    """The folder of the server's jars, fetched once a machine. Raises `NotHere` without Java 17 or Maven."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NotHere(f"{program} is not installed (Debian: openjdk-17-jre-headless, maven)")
    pom = (HERE / "pom.xml").read_bytes()
    folder = Path(platformdirs.user_cache_dir("graphmem")) / "neo4j-local"
    done = folder / "pom.xml"
    if done.exists() and done.read_bytes() == pom:
        return folder / "lib"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    fetched = subprocess.run(
        [*command, f"-DoutputDirectory={folder / 'lib'}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        raise NotHere(f"Maven could not fetch Neo4j: {fetched.stdout[-2000:]}{fetched.stderr[-2000:]}")
    done.write_bytes(pom)
    return folder / "lib"


class Server:
    """One server. `start`, `stop` and `kill` may follow one another; the home folder keeps the data meanwhile.

    With `tls`, a folder with `private.key` and `public.crt`, it speaks nothing else.
    """

    def __init__(
        self,
        home: Path,
        *,
        bolt: int | None = None,
        http: int | None = None,
        heap: int = 512,
        cache: int = 256,
        tls: Path | None = None,
    ) -> None:
        self.home = home
        self.tls = tls
        self.bolt, self.http = bolt or _free_port(), http or _free_port()
        self._heap = heap
        self._cache = cache
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where drivers connect; whoever signed its certificate."""
        return f"{'bolt' if self.tls is None else 'bolt+ssc'}://127.0.0.1:{self.bolt}"

    @property
    def browser(self) -> str:
        """Where Neo4j Browser is, already connected."""
        return f"http://127.0.0.1:{self.http}/browser/?dbms=bolt://127.0.0.1:{self.bolt}&db=neo4j"

    def start(self) -> None:
        """Start it and wait until it answers a query."""
        lib, plugins, conf = jars(), self.home / "plugins", self.home / "conf"
        plugins.mkdir(parents=True, exist_ok=True)
        conf.mkdir(exist_ok=True)
        for jar in lib.glob("apoc-*.jar"):
            if not (plugins / jar.name).exists():
                shutil.copy(jar, plugins)
        said = CONFIGURATION.format(bolt=self.bolt, http=self.http, heap=self._heap, cache=self._cache)
        (conf / "neo4j.conf").write_text(said if self.tls is None else said + ENCRYPTED.format(tls=self.tls))
        # APOC has to be on the class path, too: on the plugins' path alone its configuration is not found.
        others = [str(jar) for jar in sorted(lib.glob("*.jar")) if not jar.name.startswith("apoc-")]
        command = [
            "java",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
            "-XX:+UseG1GC",
            f"-Xms{self._heap}m",
            f"-Xmx{self._heap}m",
            "-cp",
            os.pathsep.join([f"{plugins}/*", *others]),
            "org.neo4j.server.CommunityEntryPoint",
            f"--home-dir={self.home}",
            f"--config-dir={conf}",
        ]
        with (self.home / "server.log").open("ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, str(HERE / "guard.py"), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl+C is for whoever started it
            )
        self._await()

    def _await(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with neo4j.GraphDatabase.driver(self.url, connection_timeout=2) as driver, driver.session() as session:
                    session.run("RETURN 1").consume()
            except (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError, OSError):
                if self._guard is None or self._guard.poll() is not None or time.monotonic() > until:
                    said = (self.home / "server.log").read_text(errors="replace")[-3000:]
                    self.stop()
                    raise RuntimeError(f"Neo4j did not start: {said}") from None
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """Stop it in good order; idempotent."""
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.wait(2 * PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would: at once."""
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            children = subprocess.run(["pgrep", "-P", str(guard.pid)], capture_output=True, text=True, check=True)
            for pid in children.stdout.split():
                os.kill(int(pid), 9)
            guard.stdin.close()
            guard.wait(2 * PATIENCE)


@contextlib.contextmanager
def local_server(tls: Path | None = None) -> Iterator[Server]:
    """A server in a home folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="graphmem-neo4j-", ignore_cleanup_errors=True) as home:
        server = Server(Path(home), tls=tls)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
