"""Runs a command until its own standard input ends, then stops it: `python guard.py COMMAND...`.

Whoever starts the guard holds the other end. When it goes, however it goes, the end is closed and the command with it.
"""

from __future__ import annotations

import subprocess
import sys
import threading

PATIENCE = 20.0
"""Seconds the command has to stop by itself."""


def main() -> int:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def watch() -> None:
        sys.stdin.buffer.read()
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
