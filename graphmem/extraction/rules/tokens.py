"""The words of an English sentence, contractions taken apart: "I don't" is I, do, not."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Token", "tokenise"]

_TOKEN = re.compile(
    r"@?[^\W_](?:\w|[&'’.](?=\w)|-(?=\w))*[+#]*"  # noqa: RUF001
    r"|[^\w\s]"
)
_WHOLE = {"won't": ("will", 2), "can't": ("can", 2), "shan't": ("shall", 3), "cannot": ("can", 3), "ain't": ("is", 2)}
_ENDINGS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "'s"}
_SLANG = {"gonna": ("going", "to"), "wanna": ("want", "to"), "gotta": ("have", "to")}
_SPLIT = re.compile(r"(.+?)(n't|'m|'re|'ve|'ll|'d|'s)")


class Token(NamedTuple):
    """A word or mark: `text[start:end]` of the sentence; `word` is what it says, in lower case."""

    start: int
    end: int
    word: str
    is_mark: bool = False


def tokenise(text: str) -> list[Token]:
    """The tokens of `text`, in order; marks stand alone."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, end, raw = match.start(), match.end(), match[0]
        if not (raw[0].isalnum() or raw[0] == "@") or raw == "@":
            tokens.append(Token(start, end, raw, True))
            continue
        word = raw.lower()
        if "’" in word:  # noqa: RUF001
            word = word.replace("’", "'")  # noqa: RUF001
        if "'" in word or word in _SLANG or word in _WHOLE:
            tokens.extend(_parts(word, start, end))
        else:
            tokens.append(Token(start, end, word))
    return tokens


def _parts(word: str, start: int, end: int) -> list[Token]:
    if word in _SLANG:
        first, second = _SLANG[word]
        return [Token(start, start + 3, first), Token(start + 3, end, second)]
    if word in _WHOLE:
        first, length = _WHOLE[word]
        return [Token(start, start + length, first), Token(start + length, end, "not")]
    if split := _SPLIT.fullmatch(word):
        middle = start + len(split[1])
        return [Token(start, middle, split[1]), Token(middle, end, _ENDINGS[split[2]])]
    return [Token(start, end, word)]
