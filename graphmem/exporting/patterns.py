"""Which regular expressions may be run on texts: Python's engine tries every way, and some have exponentially many."""

from __future__ import annotations

import re

__all__ = ["LONGEST_TEXT", "is_safe"]

MAX_LENGTH = 200
"""Characters of a pattern."""

LONGEST_TEXT = 200
"""Characters of a text that is held against a pattern: codes, numbers and addresses, no prose."""

MOST_WAYS = 20_000_000
"""Ways to read a text of that length that the engine may have to try: some tenths of a second."""

_PIECE = re.compile(
    r"""\\. | \[\^?\]?(?:\\.|[^\]\\])*\]            # a character
    | \(\?P=\w+ | \\[1-9]                           # what was matched before
    | \(\?P?<\w+> | \(\?<?[=!] | \(\?[a-zA-Z-]*:?   # how a group begins
    | [(|)] | [*+?] | \{\d*,?\d*\} | .""",
    re.DOTALL | re.VERBOSE,
)
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")


def is_safe(pattern: str) -> bool:
    """Whether a pattern is short, and has few ways to read a text: above all, no repeat around a choice or repeat."""
    if len(pattern) > MAX_LENGTH:
        return False
    ways = 1
    groups = [False]  # for each open group, whether there is a choice in it
    chosen = False  # whether there is one in the group that stands just before
    for piece in _PIECE.findall(pattern):
        if piece.startswith("(?P=") or re.fullmatch(r"\\[1-9]", piece):
            return False
        if piece.startswith("("):
            groups.append(False)
        elif piece == ")" and len(groups) > 1:
            chosen = groups.pop()
            groups[-1] |= chosen
            continue
        elif (counts := _counts(piece)) is not None:
            least, most = counts
            if chosen and most > 1:
                return False
            ways *= most - least + 1
            groups[-1] |= most > least
        elif piece == "|":
            ways *= 2
            groups[-1] = True
        chosen = False
    return ways <= MOST_WAYS


def _counts(piece: str) -> tuple[int, int] | None:
    """How often what stands before may be repeated, at least and at most; None: it is no repeat."""
    if piece in ("*", "+", "?"):
        return (int(piece == "+"), 1 if piece == "?" else LONGEST_TEXT)
    count = _COUNT.fullmatch(piece)
    if count is None:
        return None
    least = int(count[1] or 0)
    return least, (int(count[3]) if count[3] else LONGEST_TEXT) if count[2] else least
