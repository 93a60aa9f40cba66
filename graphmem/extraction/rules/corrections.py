"""Words that take something back: "forget that ...", "not Porto, Lisbon".

Conservative: what is meant must be found among the memories shown, and for a correction there must be only one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphmem.models import Memory
from graphmem.text import fold, words

__all__ = ["corrected", "forgotten", "what_to_forget"]

_FORGET = re.compile(
    r"(?:(?:please|ok|okay|no|actually|can you|could you|would you)[\s,]+)*"
    r"(?:forget|(?:do\s+not|don't)\s+remember|stop\s+remembering|(?:delete|remove|erase)(?=\s+(?:the\s+memor|what\s+i|everything|that\s+i)))"
    r"\s+(?:the\s+memor(?:y|ies)\s+(?:that|about|of)\s+|everything\s+(?:i\s+(?:said|told\s+you)\s+)?about\s+"
    r"|what\s+i\s+(?:said|told\s+you)\s+about\s+|the\s+fact\s+that\s+|that\s+|about\s+|my\s+|)(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = frozenset({"it", "that", "this", "me", "you", "them", "about it", "about that", "to", "everything"})
_TRIVIAL = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "me",
        "my",
        "mine",
        "am",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "that",
        "this",
        "it",
        "about",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "with",
        "and",
        "or",
        "not",
        "you",
        "your",
        "s",
    ]
)
_ENOUGH = 0.6
"""The share of its words that a memory must have to be meant, where no memory has all of them."""


def what_to_forget(text: str) -> str | None:
    """What the speaker wants forgotten, in their words; None where they want nothing of the kind."""
    match = _FORGET.fullmatch(text.replace("’", "'").strip(" .!"))  # noqa: RUF001
    if match is None:
        return None
    what = match["what"].strip(" .!,")
    first = what.lower().split()[0] if what else ""
    return None if what.lower() in _NOTHING or first in ("to", "how", "what", "when", "where", "it") else what


def forgotten(what: str, shown: Sequence[Memory]) -> tuple[str, ...]:
    """The ids of the memories meant: all that have every word of `what`, else the one that has most of them."""
    wanted = _content(what)
    if not wanted:
        return ()
    shares = [(_share(wanted, _content(memory.text)), memory.id) for memory in shown]
    whole = tuple(id_ for share, id_ in shares if share == 1)
    if whole:
        return whole
    best = max(shares, default=(0.0, ""), key=lambda pair: pair[0])
    unique = sum(share == best[0] for share, _ in shares) == 1
    return (best[1],) if best[0] >= _ENOUGH and len(wanted) > 1 and unique else ()


def _content(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in words(text) if word not in _TRIVIAL)


def _stem(word: str) -> str:
    """Enough to let "live" meet "lives" and "lived"."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _share(wanted: frozenset[str], found: frozenset[str]) -> float:
    return len(wanted & found) / len(wanted)


_NOT_BUT = re.compile(
    r"(?:(?:no|sorry|oops|actually|wait|correction|i\s+mean|i\s+meant|i\s+meant\s+to\s+say|it'?s|it\s+is|it\s+was|that'?s)[\s,.:!-]+)*"
    r"(?:not\s+(?P<wrong>[^,;:]{2,40}?)\s*(?:[,;:]\s*(?:but\s+)?|\s-\s|\sbut\s+)(?P<right>[^,;:]{2,40})"
    r"|(?P<right_first>[^,;:]{2,40}?)\s*,?\s+(?:and\s+)?not\s+(?P<wrong_last>[^,;:]{2,40}))",
    re.IGNORECASE,
)
_MANY = 3
"""Words beyond which it is no name or thing that is put right."""


def corrected(text: str) -> tuple[str, str] | None:
    """(wrong, right) of "not Porto, Lisbon", "no, tea, not coffee", "I meant Lisbon, not Porto"; else None.

    Only where the sentence says nothing else.
    """
    if len(text) > 120:
        return None
    match = _NOT_BUT.fullmatch(text.replace("\u2019", "'").strip(" .!"))
    if match is None:
        return None
    wrong = match["wrong"] or match["wrong_last"]
    right = match["right"] or match["right_first"]
    if len(wrong.split()) > _MANY or len(right.split()) > _MANY or not words(wrong):
        return None
    return wrong.strip(), right.strip()


def holding(name: str, texts: Sequence[str]) -> int | None:
    """The index of the one text that holds the name as words; None if there is none, or several."""
    pattern = re.compile(rf"(?<!\w){re.escape(fold(name))}(?!\w)")
    found = [index for index, text in enumerate(texts) if pattern.search(fold(text))]
    return found[0] if len(found) == 1 else None


def replaced(text: str, wrong: str, right: str) -> str:
    """`text` with one name in place of another."""
    return re.sub(rf"(?<!\w){re.escape(wrong)}(?!\w)", lambda _: right, text, flags=re.IGNORECASE)
