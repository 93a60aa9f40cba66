"""Finding the entities a text names, without a model: runs of capitals, handles, quoted titles.

Conservative and of no language: it knows how English sentences begin (a word list, `data/names.json`), keeps to
runs of several capitals in German, where every noun has one, and finds nothing but quoted titles in scripts
without case. Linear in the length of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

__all__ = ["Name", "find_names", "word_lists"]

MAX_WORDS = 6
"""Capitals in a row beyond which it is a heading and no name."""

_TOKEN = re.compile(
    r"(?P<skip>https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}\.\w+)"
    r"|(?P<handle>(?<![\w@.])@\w[\w.]{1,38}(?<!\.))"
    r"|(?P<word>[^\W_](?:\w|[&'’-](?=\w)|\.(?=[a-z0-9])|(?<=[A-Z])\.(?=[A-Z]\b))*)"  # noqa: RUF001
    r"|(?P<mark>[^\w\s])"
)
_TITLE = re.compile(
    r'"([^"\n]{2,80})"|“([^“”\n]{2,80})”|«\s?([^«»\n]{2,80}?)\s?»'
    r"|「([^「」\n]{1,40})」|『([^『』\n]{1,40})』|《([^《》\n]{1,40})》"
)
_ENDS = frozenset(".!?…:;•。！？")  # noqa: RUF001
_OPENS = frozenset(
    '"“«‘(['  # noqa: RUF001
)
_CAMEL = re.compile(r"[a-z]+[A-Z]|[A-Z][a-z]+[A-Z]|[A-Z]+-?\d|[A-Z][a-z]+-?\d")
_NO_NAME = re.compile(r".{3,}(?:ing|tion|sion|ness|ment|ism|ity|ology|ship|hood)|.{5,}(?:ly|ful|less)")
_VERB_LIKE = re.compile(r".{2,}(?:s|ed)")
_POSSESSIVE = re.compile(r"['’]s?$")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in the text, `text[start:end]`."""

    text: str
    start: int
    end: int
    kind: Literal["name", "handle", "title"] = "name"


class _Token(NamedTuple):
    start: int
    end: int
    text: str
    kind: str
    initial: bool
    is_capital: bool

    @property
    def lower(self) -> str:
        return self.text.lower()


@cache
def word_lists() -> Mapping[str, frozenset[str]]:
    """The lists of `data/names.json`, by name."""
    raw = json.loads(files(__package__).joinpath("data", "names.json").read_text("utf-8"))
    return {name: frozenset(" ".join(lines).split()) for name, lines in raw.items() if name != "about"}


def find_names(text: str) -> tuple[Name, ...]:
    """The names in `text`, in order, without overlaps. Dates and single common words are none."""
    titles = list(_titles(text))
    found: list[Name] = []
    context = _Context.of(text)
    for sentence in context.sentences:
        found.extend(_handles(sentence))
        if not _is_shouted(sentence):
            found.extend(_runs(sentence, context))
    return tuple(_apart(titles, found))


@dataclass(frozen=True, slots=True)
class _Context:
    """What the whole text says about its words."""

    text: str
    sentences: tuple[tuple[_Token, ...], ...]
    lower: frozenset[str]
    capital: frozenset[str]
    is_german: bool
    is_romance: bool

    @classmethod
    def of(cls, text: str) -> _Context:
        sentences = tuple(_sentences(text))
        words = [token for sentence in sentences for token in sentence if token.kind == "word"]
        lower = frozenset(token.text for token in words if token.text[0].islower())
        capital = frozenset(_bare(token.text) for token in words if not token.initial and token.text[0].isupper())
        lists = word_lists()
        spoken = {token.lower for token in words}
        is_english = bool(spoken & lists["english"])
        is_german = bool(spoken & lists["german"]) and not is_english
        is_romance = bool(spoken & lists["romance"]) and not is_english
        return cls(text, sentences, lower, capital, is_german, is_romance)


def _sentences(text: str) -> Iterator[tuple[_Token, ...]]:
    """The tokens in groups that end where sentences and lines do."""
    group: list[_Token] = []
    titles = word_lists()["titles"]
    initial, last = True, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        if group and "\n" in text[last : match.start()]:
            yield tuple(group)
            group, initial = [], True
        token = _Token(match.start(), match.end(), match[0], kind, initial, _is_capital(match[0], kind))
        previous = group[-1] if group else None
        group.append(token)
        last = token.end
        if kind != "mark":
            initial = False
        elif token.text in _OPENS:
            initial = True
        elif token.text in _ENDS and not _abbreviates(previous, token, titles):
            yield tuple(group)
            group, initial = [], True
    if group:
        yield tuple(group)


def _is_capital(text: str, kind: str) -> bool:
    return kind == "word" and (text[0].isupper() or _CAMEL.match(text) is not None)


def _abbreviates(word: _Token | None, mark: _Token, titles: frozenset[str]) -> bool:
    """Whether the point belongs to "Dr." or "J."."""
    if word is None or mark.text != "." or word.end != mark.start or word.kind != "word":
        return False
    return word.lower in titles or (len(word.text) == 1 and word.text.isupper() and word.text != "I")


def _is_shouted(sentence: Iterable[_Token]) -> bool:
    words = [token.text for token in sentence if token.kind == "word"]
    return len(words) >= 4 and sum(len(w) > 1 and w.isupper() for w in words) > len(words) / 2


def _titles(text: str) -> Iterator[Name]:
    for match in _TITLE.finditer(text):
        group = match.lastindex or 1
        inner = match[group].strip()
        if inner and (group > 3 or _is_title(inner)):
            start = match.start(group) + match[group].index(inner)
            yield Name(inner, start, start + len(inner), "title")


def _is_title(quoted: str) -> bool:
    """Whether it looks like a title, rather than like what somebody said."""
    words = quoted.split()
    if len(words) > 8 or quoted[-1] in ".!?,;…" or not (quoted[0].isupper() or quoted[0].isdigit()):
        return False
    spoken = len(words) > 1 and _bare(words[0]).lower() in word_lists()["common"]
    return not spoken or all(word[0].isupper() for word in words if len(word) > 3)


def _handles(sentence: Iterable[_Token]) -> Iterator[Name]:
    return (Name(t.text, t.start, t.end, "handle") for t in sentence if t.kind == "handle")


def _apart(titles: list[Name], others: list[Name]) -> Iterator[Name]:
    """All of them in order; a name inside a title is part of it."""
    end = 0
    for name in sorted([*titles, *others], key=lambda name: (name.start, name.kind != "title")):
        if name.start >= end:
            yield name
            end = name.end


def _runs(sentence: tuple[_Token, ...], context: _Context) -> Iterator[Name]:
    words = [token for token in sentence if token.kind == "word"]
    heading = len(words) >= 4 and sum(t.is_capital for t in words) > 0.6 * len(words)
    at = 0
    while at < len(sentence):
        if not _starts(sentence[at]):
            at += 1
            continue
        end = _run_end(sentence, at, context.text)
        run, at = sentence[at:end], end
        following = sentence[end] if end < len(sentence) else None
        name = _name(run, following, context, heading=heading)
        if name is not None:
            yield name


def _starts(token: _Token) -> bool:
    return token.is_capital and token.text != "I" and not token.text.startswith(("I'", "I’"))  # noqa: RUF001


def _run_end(sentence: tuple[_Token, ...], at: int, text: str) -> int:
    """The index after the last token of the run of capitals that begins at `at`."""
    joiners, titles = word_lists()["joiners"], word_lists()["titles"]
    end = at + 1
    while end < len(sentence):
        last, token = sentence[end - 1], sentence[end]
        if _POSSESSIVE.search(last.text) and last.kind == "word":
            break
        if token.text == "." and _abbreviates(last, token, titles):
            end += 1
        elif not text[last.end : token.start].isspace():
            break
        elif _starts(token) or (token.text.isdigit() and len(token.text) <= 4 and end - at > 1):
            end += 1
        else:
            ahead = end
            while ahead < len(sentence) and ahead - end < 2 and sentence[ahead].text in joiners:
                ahead += 1
            if ahead == end or ahead == len(sentence) or not _starts(sentence[ahead]):
                break
            if end - at == 1 and last.lower in word_lists()["acronyms"]:
                break  # "CEO of Acme"
            end = ahead + 1
    return end


def _name(run: tuple[_Token, ...], following: _Token | None, context: _Context, *, heading: bool) -> Name | None:
    lists = word_lists()
    if len(run) > 3 * MAX_WORDS:
        return None
    run = _trimmed(run, context, lists)
    words = [token for token in run if token.kind == "word"]
    if not words or len(words) > MAX_WORDS:
        return None
    common = [_bare(token.text).lower() in lists["common"] for token in words]
    if len(words) == 1:
        if not _is_single_name(words[0], following, context):
            return None
    elif all(common) and (heading or words[0].initial):
        return None
    end = run[-1].end
    text = _bare(context.text[run[0].start : end])
    return Name(" ".join(text.split()), run[0].start, run[0].start + len(text))


def _trimmed(run: tuple[_Token, ...], context: _Context, lists: Mapping[str, frozenset[str]]) -> tuple[_Token, ...]:
    """The run without what only begins the sentence, and without dates at its edges."""
    while run and _is_no_beginning(run, context, lists):
        run = run[1:]
    while run and (run[-1].lower in lists["calendar"] or (run[-1].text.isdigit() and len(run) == 1)):
        run = run[:-1]
    return run


def _is_no_beginning(run: tuple[_Token, ...], context: _Context, lists: Mapping[str, frozenset[str]]) -> bool:
    first = run[0]
    word = _bare(first.text).lower()
    if not first.is_capital or word in ("the", "a", "an") or word in lists["calendar"]:
        return True
    if len(run) == 1 or not first.initial or (word in lists["heads"] and run[1].text == "of"):
        return False
    if (context.is_german and word in lists["german"]) or (context.is_romance and word in lists["romance"]):
        return True
    return word in lists["common"] or _NO_NAME.fullmatch(word) is not None


def _is_single_name(word: _Token, following: _Token | None, context: _Context) -> bool:
    lists = word_lists()
    bare = _bare(word.text)
    lower = bare.lower()
    if lower in lists["kin"] and lower != bare:
        return True
    if lower in lists["acronyms"] or lower in lists["demonyms"] or lower in lists["common"] or len(bare) < 2:
        return False
    if _CAMEL.match(bare):
        return True
    if context.is_german:
        return False
    if not word.initial or bare in context.capital:
        return True
    if bare in context.lower or lower in context.lower or _NO_NAME.fullmatch(lower):
        return False
    if context.is_romance:  # whose verbs the word lists do not know
        return following is not None and lower not in lists["romance"]
    return bare != word.text or _suggests_name(following)


def _suggests_name(following: _Token | None) -> bool:
    """Whether a capital at the beginning of a sentence is followed as a name is."""
    if following is None:
        return False
    if following.kind == "mark":
        return following.text in ",("
    lower = following.lower
    return lower in word_lists()["follows"] or _VERB_LIKE.fullmatch(lower) is not None


def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word)
