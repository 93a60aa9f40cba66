"""What a process that may die at any moment has begun, and what it was told is done: one JSON line each, unbuffered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Expected", "Ledger"]


class Ledger:
    """The writing side. A line is in the system's hands when the call returns, whatever becomes of the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def begin(self, deed: str, **what: Any) -> None:
        """Before asking."""
        self._write({"begin": deed, **what})

    def done(self, **what: Any) -> None:
        """After the answer to what was last begun."""
        self._write({"done": True, **what})

    def found(self, texts: Mapping[str, str]) -> None:
        """What a new process finds, by id."""
        self._write({"found": dict(texts)})

    def _write(self, line: Mapping[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


@dataclass
class Expected:
    """The reading side: what has to be there, by what was acknowledged.

    What was begun and not acknowledged may have happened or not, but not by halves.
    """

    texts: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    acknowledged: int = 0
    begun: dict[str, Any] | None = None

    def read(self, path: Path, start: int = 0) -> tuple[int, list[str]]:
        """Take in the ledger from byte `start`; where it ends, and what was not as it had to be on the way."""
        content = path.read_bytes() if path.exists() else b""
        problems = []
        for line in content[start:].splitlines():
            entry = json.loads(line)
            if "begin" in entry:
                self.begun = entry
            elif "found" in entry:
                problems += self.problems(entry["found"])
                self.settle(entry["found"])
            else:
                self._acknowledge(entry)
        return len(content), problems

    def _acknowledge(self, answer: Mapping[str, Any]) -> None:
        begun, self.begun = self.begun, None
        assert begun is not None
        self.acknowledged += 1
        self.texts.update(answer.get("texts", {}))
        for key in begun.get("ids", ()):
            self.texts.pop(key, None)
            self.gone.add(key)

    def problems(self, found: Mapping[str, str]) -> list[str]:
        """How what is there (texts by id) differs from what has to be."""
        begun = self.begun or {}
        problems = [f"{key} was deleted and is there again: {found[key]!r}" for key in self.gone & found.keys()]
        maybe_gone = set(begun.get("ids", ()))
        problems += [
            f"{key} was acknowledged and is lost: {text!r}"
            for key, text in self.texts.items()
            if key not in found and key not in maybe_gone
        ]
        left = maybe_gone & found.keys()
        if left and left != maybe_gone:
            problems.append(f"of one deletion only a part was carried out: {len(left)} of {len(maybe_gone)} are left")
        rewritten = begun.get("rewrites", {})
        problems += [
            f"{key} says {found[key]!r} instead of {text!r}"
            for key, text in self.texts.items()
            if key in found and found[key] not in (text, rewritten.get(key, text))
        ]
        new = [found[key] for key in found.keys() - self.texts.keys() - self.gone]
        problems += _strangers(new, begun)
        return problems

    def settle(self, found: Mapping[str, str]) -> None:
        """From here on, what was found is what has to be there."""
        self.gone |= self.texts.keys() - found.keys()
        self.texts = dict(found)
        self.begun = None


def _strangers(new: Sequence[str], begun: Mapping[str, Any]) -> list[str]:
    """What is there that nobody is known to have written, or only half."""
    added, holding = begun.get("adds", ()), begun.get("holding")
    if strange := [text for text in new if text not in added and (holding is None or holding not in text)]:
        return [f"nobody wrote {text!r}" for text in strange]
    if added and new and not begun.get("apart") and sorted(new) != sorted(added):
        return [f"of one write only a part was carried out: {len(new)} of {len(added)}"]
    return []
