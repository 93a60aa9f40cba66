"""Starts a Neo4j for a person, prints where it is, and runs until Ctrl+C: `just neo4j [HOME]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.neo4j_local.server import Server


def main() -> None:
    home = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="graphmem-neo4j-"))
    home.mkdir(parents=True, exist_ok=True)
    server = Server(home, heap=1024, cache=1024)  # as in docker-compose.yml
    print("Starting Neo4j (the first time on a machine, Maven fetches it) ...", flush=True)
    server.start()
    print(f"Bolt:    {server.url}   (no user, no password)")
    print(f"Browser: {server.browser}")
    print(f"Data:    {home}")
    print("Ctrl+C stops it.", flush=True)
    try:
        while True:
            input()
    except (EOFError, KeyboardInterrupt):
        print("\nStopping ...")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
