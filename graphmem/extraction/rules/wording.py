"""Making a sentence understandable alone: names for "I", "my", "he" and "she", dates for "yesterday".

Only where it is simple: a sentence with "I" inside quotes, or with a verb that is not known, keeps the words of its
speaker. "We" stays what it is: nobody said who.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphmem.extraction.dates import When
from graphmem.extraction.rules.lexicon import lexicon
from graphmem.extraction.rules.phrases import Aside, Phrases
from graphmem.extraction.rules.talk import Talk
from graphmem.extraction.rules.tokens import Token
from graphmem.extraction.rules.verbs import Clause

__all__ = ["Wording"]

_LINE_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")
_Edit = tuple[int, int, str]

_UNCHANGED = frozenset(
    ["will", "can", "could", "may", "might", "shall", "should", "must", "had", "did", "was", "used", "would", "ought"]
)
_PRESENT = {"am": "is", "have": "has", "do": "does"}
_CONTRACTED = {"am": " is", "have": " has", "will": " will", "would": " would"}
_QUOTES = '"“”«»„'


@dataclass(frozen=True, slots=True)
class Wording:
    """The edits that make a sentence understandable alone; `said` gives any part of it in the new words."""

    text: str
    edits: tuple[_Edit, ...]

    @classmethod
    def of(cls, phrases: Phrases, dates: Iterable[When], talk: Talk, clauses: Sequence[Clause]) -> Wording:
        """Names for pronouns, dates for "yesterday", asides taken out."""
        tokens = phrases.tokens
        edits = [(when.end, when.end, when.note) for when in dates if when.note]
        edits += [edit for aside in phrases.asides for edit in _without(tokens, aside)]
        first_person = _first_person(phrases, talk)
        if first_person is not None:
            edits += first_person
            edits += [edit for clause in clauses for edit in _subject(tokens, clause, talk)]
        edits += _others(phrases, talk)
        # At one place the longest first: what is taken out goes with all that would be changed in it.
        return cls(phrases.text, tuple(sorted(set(edits), key=lambda edit: (edit[0], -edit[1], edit[2]))))

    def said(self, start: int, end: int, subject: str | None = None) -> str:
        """Characters [start, end) in the new words, as a sentence of its own, about `subject` if that is given."""
        parts, at = [], start
        for first, last, new in self.edits:
            if at <= first and last <= end and first >= start:
                parts += [self.text[at:first], new]
                at = last
        whole = _LINE_BREAK.sub(" ", "".join([*parts, self.text[at:end]])).strip(" ,;")
        if subject is not None:
            whole = f"{subject} {whole}"
        closing = self.text[-1:]
        if end < len(self.text) and closing in ".!" and whole[-1:] not in ".!":
            whole += closing
        return whole[:1].upper() + whole[1:]


def _without(tokens: Sequence[Token], aside: Aside) -> Iterator[_Edit]:
    """ "My sister Marta" and "Marta, my sister," become "Marta"."""
    start, end = tokens[aside.start].start, tokens[aside.end - 1].end
    first, last = tokens[aside.first].start, tokens[aside.last - 1].end
    if start < first:
        yield start, first, ""
    if last < end:
        yield last, end, ""


def _others(phrases: Phrases, talk: Talk) -> Iterator[_Edit]:
    """Names for "he" and "she" where it is sure whom they mean."""
    for unit in phrases.units:
        token = phrases.tokens[unit.start]
        if unit.kind == "pronoun" and unit.entity is not None and token.word in ("he", "she"):
            yield token.start, token.end, talk.shown(unit.entity)

    for at, entity in phrases.owners.items():
        token = phrases.tokens[at]
        yield token.start, token.end, f"{talk.shown(entity)}'s"


_BEFORE_VERBS = frozenset({"started", "starting", "began", "stopped", "quit", "never", "not", "longer", "no"})


def _subject(tokens: Sequence[Token], clause: Clause, talk: Talk) -> Iterator[_Edit]:
    """The speaker's name and its verb form where "I" is left out: "Just moved to Lisbon", "... and live here"."""
    words = lexicon()
    unit, verb = clause.subjects[0], tokens[clause.at]
    if unit.entity != talk.speaker.entity or unit.kind != "self":
        return
    is_base = clause.form.tense == "base" and verb.word in words.third and clause.hope is None and not clause.negated
    if unit.start < unit.end:
        if clause.is_continued and is_base and clause.start == clause.at:
            yield verb.start, verb.end, words.third[verb.word]
        return
    if any(token.word not in words.words["adverbs"] | _BEFORE_VERBS for token in tokens[: clause.at]):
        return
    first, name = tokens[0], talk.speaker.shown
    if clause.form.tense == "gerund" and not (clause.is_begun or clause.negated):
        name = f"{name} is"
    if clause.at == 0 and is_base:
        yield verb.start, verb.end, f"{name} {words.third[verb.word]}"
    else:
        yield first.start, first.start + 1, f"{name} {first.word[:1]}"


def _cased(name: str, start: int) -> str:
    """ "The user" in the middle of a sentence is "the user"."""
    return name if start == 0 or not name.startswith("The ") else f"the {name[4:]}"


def _first_person(phrases: Phrases, talk: Talk) -> list[_Edit] | None:
    """The edits that put the speaker's name for "I"; None where it is not simple."""
    tokens = phrases.tokens
    mine = [at for at, token in enumerate(tokens) if token.word in _MINE and not phrases.is_taken_out(at)]
    if not mine:
        return []
    if _is_quoted(phrases.text, [tokens[at].start for at in mine]):
        return None
    edits: list[_Edit] = []
    said = False
    for at in mine:
        token = tokens[at]
        name = _cased(talk.speaker.shown, token.start)
        if token.word == "i":
            agreed = _agreement(phrases.text, tokens, at)
            if agreed is None:
                return None
            edits.append((token.start, token.end, name))
            edits += agreed
        else:
            edits.append((token.start, token.end, _oblique(token.word, name, said)))
        said = True
    return edits


_MINE = frozenset({"i", "me", "my", "mine", "myself"})


def _oblique(word: str, name: str, said: bool) -> str:
    if word == "my":
        return "their" if said else f"{name}'s"
    if word == "myself":
        return "themselves"
    return f"{name}'s" if word == "mine" else name


def _is_quoted(text: str, places: Sequence[int]) -> bool:
    quotes = [index for index, character in enumerate(text) if character in _QUOTES]
    return bool(quotes) and any(quotes[0] < place < quotes[-1] for place in places)


def _agreement(text: str, tokens: Sequence[Token], at: int) -> list[_Edit] | None:
    """What changes in the verb when "I" becomes a name; None for a verb that is not known."""
    words = lexicon()
    here = at + 1
    while here < len(tokens) and _is_adverb(tokens[here].word):
        here += 1
    if here >= len(tokens):
        return None
    verb = tokens[here]
    if at and tokens[at - 1].word in ("and", "or", "nor") and not any(_is_finite(t) for t in tokens[: at - 1]):
        return _expanded(verb, tokens[here - 1])  # "Rui and I live": many, as before
    if verb.word in ("am", "have", "will", "would") and verb.start == tokens[here - 1].end:
        return _expanded(verb, tokens[here - 1])
    if verb.word in _PRESENT and verb.end - verb.start != len(verb.word):  # "gotta"
        return None
    if verb.word in _PRESENT:
        return [(verb.start, verb.end, _PRESENT[verb.word])]
    if verb.word in _UNCHANGED:
        return []
    if verb.word in words.third and verb.word not in words.simple_past:
        return [(verb.start, verb.end, words.third[verb.word]), *_joined_verbs(text, tokens, here)]
    is_past = verb.word in words.simple_past or (verb.word.endswith("ed") and len(verb.word) > 4)
    return [] if is_past else None


def _is_adverb(word: str) -> bool:
    words = lexicon().words
    known = word in words["adverbs"] or word in words["over"] or word in ("never", "no", "longer")
    return known or (word.endswith("ly") and len(word) > 4 and word not in lexicon().third)


def _is_finite(token: Token) -> bool:
    words = lexicon()
    return token.word in words.finite or token.word in words.past or token.word in words.third


def _expanded(verb: Token, before: Token) -> list[_Edit] | None:
    """ "I'm" as "Ana is"."""
    if verb.start != before.end or verb.is_mark:
        return []
    full = _CONTRACTED.get(verb.word)
    return None if full is None else [(verb.start, verb.end, full)]


def _joined_verbs(text: str, tokens: Sequence[Token], at: int) -> Iterator[_Edit]:
    """Further verbs of the same subject: "I work at Acme and live in Porto"."""
    words = lexicon()
    for here in range(at + 1, len(tokens) - 1):
        word, following = tokens[here].word, tokens[here + 1]
        if word in ("to", "i", "who", "that", ";", "you", "can", "will", "would"):
            return
        is_name = text[following.start].isupper()
        if (
            word in ("and", "but")
            and not is_name
            and following.word in words.third
            and following.word not in words.past
        ):
            after = tokens[here + 2].word if here + 2 < len(tokens) else ""
            if (
                after in words.words["ends_phrase"]
                or after in words.words["determiners"]
                or following.word in words.forms
            ):
                yield following.start, following.end, words.third[following.word]
