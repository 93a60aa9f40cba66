"""Pages as a reader follows them: their code blocks, in order, and how to run each.

=========  ==============================================================================================
fence      what happens
=========  ==============================================================================================
python     is run; a page is one program. A `text` block right after it is what it prints
console    each `$ command` (`> ` goes on with it) is run by a shell; the lines after it are what it says
http       is sent to a server over an empty folder. A `json` block right after it is part of the answer
other      is read only
=========  ==============================================================================================

`...` in expected output stands for anything, as a line or within one; in JSON, `"..."` stands for any value.
The comment `<!-- not run: reason -->` before a block excuses it. A page that talks to a language model finds one that
answers from a script; see `tests.docs.stand_in`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house.houses import ROOT

DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.M | re.S)
_EXCUSE = re.compile(r"<!-- not run: .+ -->\s*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands (`line` of its first body line), its words, and what should come of it."""

    page: Path
    line: int
    language: str
    body: str
    expected: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are run."""
    text = page.read_text(encoding="utf-8")
    fences = list(_FENCE.finditer(text))
    found = []
    for at, fence in enumerate(fences):
        language = fence["language"]
        if language not in ("python", "console", "http") or _EXCUSE.search(text, 0, fence.start()):
            continue
        answer = {"python": "text", "http": "json"}.get(language)
        after = fences[at + 1] if at + 1 < len(fences) else None
        follows = after and after["language"] == answer and not text[fence.end() : after.start()].strip()
        expected = _body(after) if after and follows else None
        line = text.count("\n", 0, fence.start("body")) + 1
        found.append(Block(page, line, language, _body(fence), expected))
    return found


def _body(fence: re.Match[str]) -> str:
    indent = len(fence["indent"])
    return "".join(line[indent:] if line.strip() else line for line in fence["body"].splitlines(keepends=True))


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that the page shows for it."""
    for part in re.split(r"^\$ ", block.body, flags=re.M)[1:]:
        yield _split_command(part)


def _split_command(part: str) -> tuple[str, str]:
    first, *lines = part.splitlines()
    command = [first]
    while lines and (lines[0].startswith("> ") or command[-1].endswith("\\")):
        command.append(lines.pop(0).removeprefix("> "))
    return "\n".join(command), "\n".join(lines)


def agrees(shown: str, said: str) -> bool:
    """Whether output is as the page shows it. Spaces at line ends and empty lines at the end do not count."""
    shown, said = ("\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n" for text in (shown, said))
    pattern = re.escape(shown).replace(re.escape("...\n"), "(?:.*\n)?").replace(re.escape("..."), r"[^\n]*")
    return re.fullmatch(pattern, said, flags=re.S) is not None


def holds(shown: Any, said: Any) -> bool:
    """Whether JSON has at least what the page shows, in the same places."""
    if shown == "...":
        return True
    if isinstance(shown, dict):
        return isinstance(said, dict) and all(key in said and holds(value, said[key]) for key, value in shown.items())
    if isinstance(shown, list):
        return isinstance(said, list) and len(shown) <= len(said) and all(map(holds, shown, said))
    return bool(shown == said)


def request(block: Block) -> tuple[str, str, dict[str, str], Any]:
    """The request of an http block: method, target, headers and body."""
    head, _, body = block.body.partition("\n\n")
    first, *fields = head.strip().splitlines()
    method, target = first.split(maxsplit=1)
    headers = dict(field.split(": ", 1) for field in fields)
    return method, target, headers, json.loads(body) if body.strip() else None
