"""One process at a time in a folder, and a note that says which."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphmem.errors import ConfigurationError, DiskFull, StoreLocked

__all__ = ["FolderLock"]


class FolderLock:
    """Holds a folder for this process. The operating system lets go of it however the process ends.

    Beside the lock lies a note, `holder.json`: the process id, and the address if the holder is a server. It is only
    believed while the lock is held.
    """

    def __init__(self, folder: Path) -> None:
        # Loaded here: filelock brings a database driver along, which `import graphmem` must not.
        from filelock import FileLock

        self.folder = folder
        self._note = folder / "holder.json"
        self._lock = FileLock(folder / "graphmem.lock", blocking=False, thread_local=False)

    def acquire(self) -> None:
        """Take the folder, making it if it is not there.

        Raises `StoreLocked` (with `holder`, and `url` if it is a server) when another process has it, and
        `ConfigurationError` when it cannot be written.
        """
        from filelock import Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire()
            self._write({"pid": os.getpid()})
        except Timeout:
            holder = self._read()
            raise StoreLocked(
                f"The folder {str(self.folder)!r} is in use by process {holder.get('pid', 'unknown')}.",
                hint="Close it there, or run `graphmem serve` on it and connect to that.",
                holder=holder.get("pid"),
                url=holder.get("url"),
            ) from None
        except OSError as error:
            self._lock.release()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(
                    f"The disk of {str(self.folder)!r} is full: not even a note of who holds it fits.",
                    hint="Free some space and try again.",
                ) from error
            raise ConfigurationError(
                f"The folder {str(self.folder)!r} cannot be used: {error.strerror or error}.",
                hint="Name a folder that can be written, by --path or GRAPHMEM_HOME.",
                setting="GRAPHMEM_HOME",
            ) from error

    def announce(self, url: str) -> None:
        """Note that the holder is a server, and where it listens."""
        self._write({"pid": os.getpid(), "url": url})

    def release(self) -> None:
        """Let go; idempotent."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._lock.release()

    def server(self) -> str | None:
        """The address of the server that holds the folder now, if one does."""
        if self._lock.is_locked or not self._note.exists():
            return None
        from filelock import Timeout

        try:
            with self._lock:
                return None
        except Timeout:
            url = self._read().get("url")
            return str(url) if url else None
        except OSError:
            return None

    def _write(self, note: dict[str, Any]) -> None:
        beside = self._note.with_suffix(".tmp")
        beside.write_text(json.dumps(note))
        beside.replace(self._note)

    def _read(self) -> dict[str, Any]:
        try:
            note = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}
