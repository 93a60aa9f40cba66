"""What is not worth remembering: courtesy, questions, requests, general knowledge, an assistant's offers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from graphmem.extraction.rules.lexicon import lexicon
from graphmem.extraction.rules.tokens import Token

__all__ = [
    "after_address",
    "is_courtesy",
    "is_idle",
    "is_knowledge",
    "is_offer",
    "is_question",
    "is_request",
    "without_lead_in",
]

_LETTERS = re.compile(r"[^\W\d_]")
_QUESTION = re.compile(r"[?？]+[\s\"'”’)\]!*_]*\W*$")  # noqa: RUF001
_FIRST = frozenset({"i", "me", "my", "mine", "we", "our", "us"})


def without_lead_in(text: str) -> str:
    """The text without what only leads to it: "By the way, ...", "Remember that ..."."""
    lowered = text.lower()
    for opening in lexicon().lists["lead_ins"]:
        if lowered.startswith(opening) and text[len(opening) : len(opening) + 1].isspace():
            rest = text[len(opening) :].lstrip()
            if len(rest.split()) > 1:
                return without_lead_in(rest)
    return text


def is_question(text: str, tokens: Sequence[Token]) -> bool:
    """Asked rather than told. "I live in Lisbon, right?" tells."""
    lowered = _lowered(text)
    if _QUESTION.search(text):
        return not (tokens and tokens[0].word in _FIRST and _ends_in_tag(tokens))
    return lexicon().patterns["questions"].fullmatch(lowered) is not None


def _ends_in_tag(tokens: Sequence[Token]) -> bool:
    words = [token.word for token in tokens if not token.is_mark]
    last_comma = max((at for at, token in enumerate(tokens) if token.word == ","), default=None)
    if last_comma is None:
        return False
    tag = " ".join(token.word for token in tokens[last_comma + 1 :] if not token.is_mark)
    return tag.replace(" not", "n't") in lexicon().lists["tags"] and len(words) > 3


def is_courtesy(tokens: Sequence[Token], named: Sequence[tuple[int, int]]) -> bool:
    """Nothing but thanks, greetings, interjections and the names they go to; or no words at all."""
    words = lexicon().words
    spoken = [
        token.word
        for at, token in enumerate(tokens)
        if not token.is_mark and not any(start <= at < end for start, end in named)
    ]
    if not any(_LETTERS.search(word) for word in spoken):
        return not named or all(token.is_mark or _LETTERS.search(token.word) for token in tokens)
    plain = [word for word in spoken if word != "'s"]
    addressed = any(start and tokens[start - 1].word == "," for start, _ in named)
    return all(word in words["courtesy"] for word in plain) and (
        addressed or any(word in words["heads"] for word in plain)
    )


def is_request(text: str, tokens: Sequence[Token]) -> bool:
    """Asks for something and says nothing of the one who asks."""
    if any(token.word in _FIRST - {"me", "us", "i"} for token in tokens):
        return False
    past = lexicon().simple_past
    if any(one.word == "i" and other.word in past for one, other in pairwise(tokens)):
        return False
    return lexicon().patterns["requests"].fullmatch(_lowered(text)) is not None


def is_knowledge(text: str, tokens: Sequence[Token]) -> bool:
    """General knowledge or a definition, as far as its form shows it."""
    if any(token.word in _FIRST for token in tokens):
        return False
    return lexicon().patterns["knowledge"].fullmatch(_lowered(text)) is not None


def is_idle(text: str, tokens: Sequence[Token]) -> bool:
    """Opinions on what was just said, and good wishes: "That's so sweet", "Your kids are lovely"."""
    if any(token.word in _FIRST or token.word[0].isdigit() for token in tokens):
        return False
    return lexicon().patterns["idle"].fullmatch(_lowered(text)) is not None


_TO_SOMEBODY = frozenset(
    {"i", "you", "your", "we", "that", "this", "it", "so", "thanks", "thank", "what", "how", "do", "let"}
)


def is_addressed_last(tokens: Sequence[Token], names: Mapping[int, tuple[int, str]]) -> bool:
    """Whether the only name is that of who is spoken to: "Thanks for the tip, Caroline." """
    if len(names) != 1:
        return False
    [(at, (end, _))] = names.items()
    return at > 0 and tokens[at - 1].word == "," and all(token.is_mark for token in tokens[end:])


def after_address(tokens: Sequence[Token], names: Mapping[int, tuple[int, str]]) -> int:
    """Where the text goes on behind "Hey John," or "Thanks, Mel!"; 0 where nobody is addressed."""
    words = lexicon().words
    at = 0
    while at < len(tokens) and at not in names and (tokens[at].is_mark or tokens[at].word in words["courtesy"]):
        at += 1
    if at not in names or (at > 0 and tokens[0].word not in words["heads"]):
        return 0
    end, _ = names[at]
    if end + 1 >= len(tokens) or tokens[end].word not in (",", "!", ":"):
        return 0
    addressed = at > 0 or tokens[end + 1].word in _TO_SOMEBODY
    return tokens[end + 1].start if addressed else 0


def is_offer(text: str) -> bool:
    """What assistants say around what they say."""
    return lexicon().patterns["offers"].fullmatch(_lowered(text)) is not None


def _lowered(text: str) -> str:
    return text.lower().replace("’", "'").strip(" \t.!?\"'“”()")  # noqa: RUF001
