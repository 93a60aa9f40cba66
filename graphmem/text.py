"""What graphmem takes words, names and statements to be: the same ones in every store.

Databases fold case and accents differently, so text is folded here and stored folded. `fold` is the ground;
`name_key`, `words` and `text_key` are what names, keywords and statements are compared by; `clean` is the
door through which the caller's words come in. All are pure, take linear time, and know no language.
"""
# ruff: noqa: RUF001  (characters that look like others are this module's data)

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from graphmem.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clean", "fold", "name_key", "text_key", "words"]

# --- folding ----------------------------------------------------------------------------------------------

# Letters that Unicode does not decompose but people type without the stroke, and signs that come in a
# typewriter's form and a printer's: one of each pair has to win.
_REWRITES = {
    **dict.fromkeys("‘’‚‛ʼʻʹ′´＇", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("Øø", "o"),
    **dict.fromkeys("Łł", "l"),
    **dict.fromkeys("ĐđÐð", "d"),
    **dict.fromkeys("Ħħ", "h"),
    **dict.fromkeys("Ŧŧ", "t"),
    **dict.fromkeys("Þþ", "th"),
    **dict.fromkeys("Ææ", "ae"),
    **dict.fromkeys("Œœ", "oe"),
    **dict.fromkeys("ı", "i"),
    **dict.fromkeys("™℠®", ""),
    "ـ": "",  # the Arabic tatweel only stretches a word
    # Nobody types these letters without their mark (unlike ё).
    "Й": "й",
    "й": "й",
    "Ї": "ї",
    "ї": "ї",
    "Ў": "ў",
    "ў": "ў",
}
# What is not seen: soft hyphen, grapheme joiner, zero widths and joiners, directions, variation selectors.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """What stands for `character`, which may be a mark, in folded text."""
    if character in _REWRITES:
        return _REWRITES[character]
    if _INVISIBLE.match(character):
        return ""
    # Accents have the combining classes 1 (overlay), 10-36 (Hebrew, Arabic points), 200-240 (above, below).
    # The others (Japanese voicing, Indic nukta and virama, Thai tones) make another letter: they stay.
    mark = unicodedata.combining(character)
    if mark == 1 or 10 <= mark <= 36 or mark >= 200:
        return ""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKD", character)
    if plain == character:
        plain = character.casefold()
    return character if plain == character else "".join(map(_folded, plain))


def fold(text: str) -> str:
    """`text` without case, accents and typographic variants: "Ångström" and "angstrom" fold to the same.

    Compatibility forms become plain ones (full width, ligatures, other scripts' decimal digits), quotes and
    dashes their ASCII forms; what cannot be seen goes. Whitespace and other punctuation stay. Folding folded
    text changes nothing. The result may be empty, and longer than `text`.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFC", text)
    table = {ord(c): folded for c in set(text) if (folded := _folded(c)) != c}
    return unicodedata.normalize("NFKC", text.translate(table))


# --- names ------------------------------------------------------------------------------------------------

# What may stand around a name without being part of it. "+", "#", "*", "&", "@" and a leading "." stay:
# C, C++ and C# are three things.
_BEFORE = " '\"`,;:!?¡¿、。・()[]{}<>⟨⟩〈〉《》「」『』【】〔〕〖〗"
_AFTER = _BEFORE + "."


def name_key(name: str) -> str:
    """What identifies an entity in a partition: `name` folded, in single spaces, without what surrounds it.

    Quotes, brackets and sentence punctuation at the edges go, and a possessive 's. The key of a key is the
    key. A name made of nothing else ("!!!") keeps it; the key is empty only if `name` is blank.
    """
    folded = " ".join(fold(name).split())
    key = folded.lstrip(_BEFORE)
    end = len(key)
    while end:
        if key[end - 1] in _AFTER:
            end -= 1
        elif end > 2 and key.endswith("'s", 0, end):
            end -= 2
        else:
            break
    return key[:end] or folded or " ".join(name.split())


# --- the caller's words -----------------------------------------------------------------------------------

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str, *, field: str, max_length: int) -> str:
    """The caller's `text` without surrounding whitespace, or an error that names `field`.

    Raises `TooLarge` over `max_length` characters, and `InvalidInput` for what is no string, what has nothing
    to read in it, and what cannot be stored everywhere: a NUL character, half of a surrogate pair.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"{field!r} must be text, not {type(text).__name__}.", hint="Send a string.", field=field)
    text = text.strip()
    if len(text) > max_length:
        raise TooLarge(
            f"{field!r} has {len(text)} characters, more than the {max_length} allowed.",
            hint="Send it in smaller parts.",
            field=field,
            limit=max_length,
            actual=len(text),
        )
    if (nul := text.find("\0")) >= 0:
        raise InvalidInput(
            f"{field!r} contains a NUL character at position {nul}.",
            hint="Remove it: no store keeps text with NUL characters.",
            field=field,
        )
    if not text.isascii() and (half := _SURROGATE.search(text)):
        raise InvalidInput(
            f"{field!r} is not valid Unicode: half of a surrogate pair stands at position {half.start()}.",
            hint="Decode the text as UTF-8 or UTF-16 before sending it.",
            field=field,
        )
    if not text or not _INVISIBLE.sub("", text).strip():
        raise InvalidInput(f"{field!r} is empty.", hint="Send at least one visible character.", field=field)
    return text


# --- words ------------------------------------------------------------------------------------------------

# Scripts written without spaces, and Hangul, whose particles hang on the word: overlapping pairs of
# characters find what no list of word borders is there to find. Ranges of code points, ends included.
_MIXED = (  # with punctuation among them: Thai and Lao, Myanmar, Khmer, kana and bopomofo
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),
    *((0x3005, 0x3007), (0x3031, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF)),
)
_WHOLE = (  # Han, Hangul
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD)),
    *((0x1100, 0x11FF), (0xA960, 0xA97F), (0xAC00, 0xD7FF)),
)
# Where vowel signs live. `re` does not take them for word characters: Indic words would fall apart.
_MARKED = (0x0300, 0x30FF), (0xA600, 0xABFF), (0x10A00, 0x12000), (0x16A00, 0x17000), (0x1E000, 0x1E900)

_EMOJI = r"[\U0001f1e6-\U0001f1ff]{2}|[\u2600-\u27bf\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
# 3.14 and 1,000 are one number each; c++ and c# are no c.
_NUMBER = r"[0-9]++(?:[.,][0-9]+)+"
_SIGNED = r"\b[a-z](?:\+\+|#)(?!\w)"
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_ASCII_WORD = re.compile(rf"{_NUMBER}|{_SIGNED}|[a-z0-9]+(?:'[a-z0-9]+)*")

# In "l'ecole" and "dell'arte" the article is no part of the word (French, Italian, Portuguese), in "ana's"
# and "we'll" what English hangs behind it is none.
_ELIDED = re.compile(r"[cdjlmnstv]|qu|(?:jus|lors|puis|quoi)qu|(?:a|da|de|ne|su|co)ll|(?:a|da|de|ne|su)?gl|un")
_CLITIC = re.compile(r"s|m|re|ve|ll|d")
_APOSTROPHE = re.compile("['׳״]")


def _is_mark(code: int) -> bool:
    return unicodedata.category(chr(code)) in ("Mn", "Mc")


def _codes(ranges: Iterable[tuple[int, int]]) -> Iterable[int]:
    return (code for low, high in ranges for code in range(low, high + 1))


def _class(codes: Iterable[int]) -> str:
    """The inside of a character class of these ascending code points."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return _ranges((low, high) for low, high in runs)


def _ranges(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


@cache
def _word() -> re.Pattern[str]:
    """The pattern of a token in folded text beyond ASCII. Made on first use: it looks up every mark."""
    apart = _ranges((*_MIXED, *_WHOLE))
    mixed = _class(code for code in _codes(_MIXED) if chr(code).isalnum() or _is_mark(code))
    unspaced = mixed + _ranges(_WHOLE)
    elsewhere = re.compile(f"[^{apart}]")
    marks = _class(code for code in _codes(_MARKED) if _is_mark(code) and elsewhere.match(chr(code)))
    spaced = rf"(?:[^\W_{apart}]++|[{marks}]++)++"
    return re.compile(rf"{_NUMBER}|{_SIGNED}|([{unspaced}]+)|{spaced}(?:['׳״]{spaced})*|{_EMOJI}")


def _joined(token: str) -> str:
    """A token as the one word it is about: without article and clitic, the rest of its parts together."""
    first, *rest = _APOSTROPHE.split(token)
    if rest and _ELIDED.fullmatch(first):
        first, *rest = rest
    if rest and _CLITIC.fullmatch(rest[-1]):
        rest.pop()
    return first + "".join(rest)


def _plain(token: str) -> str:
    if "," in token:  # a number: commas part thousands, or stand for a point
        return token.replace(",", "" if _THOUSANDS.fullmatch(token) else ".")
    return _joined(token)


def words(text: str) -> list[str]:
    """The folded tokens of `text`, in order, for the keyword arm and for finding names literally.

    Runs of letters and digits; numbers with their point; "o'brien" as one word, "Ana's" and "l'école" without
    what hangs on them; each emoji. In scripts written without spaces (and Hangul) every pair of neighbouring
    characters of a run, or its only one. Punctuation and underscores separate.
    """
    folded = fold(text)
    if folded.isascii():
        found = _ASCII_WORD.findall(folded)
        return [_plain(token) if "'" in token or "," in token else token for token in found]
    tokens: list[str] = []
    for match in _word().finditer(folded):
        token = match[0]
        if match[1]:
            tokens.extend(token[i : i + 2] for i in range(max(1, len(token) - 1)))
        else:
            tokens.append(_plain(token))
    return tokens


# --- statements -------------------------------------------------------------------------------------------

_TERMINAL = " .!;,:。…।"  # a question mark stays: asking is not stating


def text_key(text: str) -> str:
    """32 hexadecimal digits (BLAKE2b-128) that two texts share when they say the same in the same words.

    Case, accents, typography, spacing and the punctuation at the end make no difference.
    """
    folded = " ".join(fold(text).split())
    same = folded.rstrip(_TERMINAL) or folded or " ".join(text.split())
    return hashlib.blake2b(same.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
