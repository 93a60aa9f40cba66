"""Where sentences end. Of no language, apart from the titles and abbreviations of `names.json`; linear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from graphmem.extraction.names import word_lists

__all__ = ["Sentence", "split_sentences"]

MAX_LENGTH = 1_000
"""Characters. What goes on longer without an end is cut between words."""

_END = re.compile(
    r"(?P<stop>[.!?…]+[\"'”’)\]*_]*)(?=\s|$)"  # noqa: RUF001
    r"|(?P<wide>[。！？｡]+[」』”）)]*)"  # noqa: RUF001
    r"|(?P<line>[ \t]*\r?\n[ \t]*(?:\r?\n[ \t]*)*)"
)
_BULLET = re.compile(r"(?:[-*•–—>#]+|\d{1,2}[.)]|\([a-z0-9]\))[ \t]+")  # noqa: RUF001
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Z]|e\.g|i\.e|vs|approx|no|cf|est|inc|ltd|jr)$", re.IGNORECASE)
_SINGLE = re.compile(r"(?:^|[\s(.])[A-Z]$")
_LAST_WORD = re.compile(r"[^\W\d_]+$")


class Sentence(NamedTuple):
    """A sentence, bullets and surrounding space left out: `text` is `content[start:end]`."""

    start: int
    end: int
    text: str


def split_sentences(content: str) -> Iterator[Sentence]:
    """The sentences of `content`, in order."""
    start = 0
    for match in _END.finditer(content):
        if match.lastgroup == "stop" and _goes_on(content, start, match):
            continue
        if match.lastgroup == "line" and _wraps(content, match):
            continue
        end = match.start() if match.lastgroup == "line" else match.end()
        yield from _pieces(content, start, end)
        start = match.end()
    yield from _pieces(content, start, len(content))


def _goes_on(content: str, start: int, match: re.Match[str]) -> bool:
    """Whether the point belongs to an abbreviation, or what follows goes on in lower case after an ellipsis."""
    after = content[match.end() : match.end() + 2].strip()[:1]
    if match["stop"].startswith(("..", "…")):
        return after.islower()
    if match["stop"][0] != ".":
        return False
    if content[start : match.start()].strip().isdigit():
        return True  # "1." counts
    before = content[max(start, match.start() - 12) : match.start()]
    word = _LAST_WORD.search(before)
    if word and word[0].lower() in word_lists()["titles"]:
        return True
    if _SINGLE.search(before) and not before.endswith(" I"):
        return after.isupper()
    return _ABBREVIATION.search(before) is not None and (after.islower() or after.isdigit())


def _wraps(content: str, match: re.Match[str]) -> bool:
    """Whether the line break only wraps the text: one break, then a lower-case letter."""
    return match["line"].count("\n") == 1 and content[match.end() : match.end() + 1].islower()


def _pieces(content: str, start: int, end: int) -> Iterator[Sentence]:
    while start < end:
        stop = end
        if end - start > MAX_LENGTH:
            space = content.rfind(" ", start + MAX_LENGTH // 2, start + MAX_LENGTH)
            stop = space if space > 0 else start + MAX_LENGTH
        piece = content[start:stop]
        first = start + len(piece) - len(piece.lstrip())
        if bullet := _BULLET.match(content, first, stop):
            first = bullet.end()
        text = content[first:stop].rstrip()
        if text:
            yield Sentence(first, first + len(text), text)
        start = stop
