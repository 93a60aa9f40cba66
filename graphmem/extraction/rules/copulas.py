"""What "to be" says: age, occupation, traits, favourites, attributes, names ("I'm 34", "my name is Ana Silva")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphmem.extraction.names import word_lists
from graphmem.extraction.rules.lexicon import BE, Lexicon, lexicon
from graphmem.extraction.rules.phrases import Phrases, Unit
from graphmem.extraction.rules.talk import Fact, Talk
from graphmem.extraction.rules.tokens import Token

__all__ = ["find_copulas"]

_WORKPLACE = frozenset({"at", "for", "of", "with", "in"})
_ENDINGS = frozenset({"", ".", ",", "!", ";", ")", "and", "but", "now", "today", "so", "who", "from", "since"})
_FAVORITE = frozenset({"favorite", "favourite"})
_CALLS = frozenset({"call", "calls", "called"})
_BETWEEN = frozenset({"have", "has", "no", "longer"})
_OWNS = frozenset({"have", "has", "had", "got", "adopted"})
MAX_VALUE = 6
"""Words of a favourite or an attribute's value."""


def find_copulas(tokens: Sequence[Token], phrases: Phrases, talk: Talk) -> list[Fact]:
    """The facts that phrases and forms of "be" state; names of the speaker go into `talk.aliases`."""
    finder = _Copulas(tokens, phrases, talk)
    finder.name()
    found = list(finder.find())
    return [*phrases.facts, *found]


@dataclass(slots=True)
class _Copulas:
    tokens: Sequence[Token]
    phrases: Phrases
    talk: Talk
    words: Lexicon = field(default_factory=lexicon)

    def _word(self, at: int) -> str:
        return self.tokens[at].word if 0 <= at < len(self.tokens) else ""

    def find(self) -> Iterator[Fact]:
        """The facts, in order."""
        for at, token in enumerate(self.tokens):
            if token.is_mark or at in self.phrases.quoted:
                continue
            if token.word in BE or token.word in ("turned", "turn", "turns"):
                yield from self._said_of_subject(at)
            elif token.word in _OWNS:
                self._owned(at)
            elif token.word in _FAVORITE or self._attribute(at) is not None:
                yield from self._possession(at)

    # --- X is ...

    def _said_of_subject(self, at: int) -> Iterator[Fact]:
        subject, negated = self._subject(at)
        if subject is None or subject.entity is None or subject.is_predicate or self._is_supposed(subject.start):
            return
        here = at + 1
        while self._word(here) in self.words.words["adverbs"] or self._word(here) in ("not", "no"):
            negated = negated or self._word(here) in ("not", "no")
            here += 1 + (self._word(here) == "no" and self._word(here + 1) == "longer")
        yield from subject.facts
        is_over = self._word(at) in ("was", "were") or self._word(at - 2) == "used"
        for label, value, kind in self._said(here, turned=self._word(at).startswith("turn")):
            yield Fact(
                subject=subject.entity,
                label=label,
                object=value,
                subject_type=self.talk.types.get(subject.entity, "Person"),
                object_type=kind,
                negated=negated,
                is_over=is_over,
                at=subject.start,
            )

    def _subject(self, at: int) -> tuple[Unit | None, bool]:
        before, negated = at - 1, False
        if self._word(before) == "to" and self._word(before - 1) == "used":
            before -= 2
        while self._word(before) in self.words.words["adverbs"] or self._word(before) in _BETWEEN:
            negated = negated or self._word(before) == "longer"
            before -= 1
        if self._word(before) in ("who", "which"):
            before -= 1 + (self._word(before - 1) == ",")
        return self.phrases.ending_at(before + 1), negated

    def _is_supposed(self, at: int) -> bool:
        before = {self._word(back) for back in range(max(0, at - 4), at)}
        return bool(before & self.words.words["hypothetical"])

    def _said(self, at: int, *, turned: bool) -> Iterator[tuple[str, str, str | None]]:
        word = self._word(at)
        if word.isdigit() and 0 < int(word[:4]) < 120 and len(word) < 4:
            years = self._word(at + 1) in ("years", "year", "yrs", "yo")
            if turned or (years and self._word(at + 2) == "old") or self._word(at + 1) in _ENDINGS:
                yield "is aged", word, None
            return
        if turned:
            return
        traits = word in self.words.traits or word in word_lists()["demonyms"]
        if traits and self._word(at + 1) in _ENDINGS:
            yield "is", self._original(at, at + 1), None
            return
        yield from self._occupation(at)

    def _occupation(self, at: int) -> Iterator[tuple[str, str, str | None]]:
        """ "a software engineer at Critical Software", "CEO of Acme"."""
        start = at + (self._word(at) in ("a", "an", "the"))
        end = start
        while end < min(start + 4, len(self.tokens)):
            token = self.tokens[end]
            if token.is_mark or token.word in self.words.words["ends_phrase"]:
                return
            end += 1
            if token.word in self.words.occupations and self._word(end) not in self.words.occupations:
                break
        else:
            return
        if self._word(end) == "'s" or not (self._ends(end) or self._word(end) in _WORKPLACE):
            return
        yield "works as", self._original(start, end), "Occupation"
        place = self.phrases.starting_at(end + 1 + (self._word(end + 1) in ("the", "a", "an")))
        if self._word(end) in _WORKPLACE - {"in"} and place is not None and place.kind == "name" and place.entity:
            yield "works at", place.entity, "Organization"

    def _ends(self, at: int) -> bool:
        token = self.tokens[at] if at < len(self.tokens) else None
        return token is None or token.is_mark or token.word in self.words.words["ends_phrase"]

    def _owned(self, at: int) -> None:
        """ "I have a dog named Rex"."""
        subject, negated = self._subject(at)
        if subject is not None and subject.entity is not None and not negated:
            for relative, name in self.phrases.owned(at + 1):
                self.phrases.state(subject.entity, relative, name, at)

    # --- my ... is X

    def _possession(self, at: int) -> Iterator[Fact]:
        """ "my favourite film is Alien", "Marta's phone number is 912"."""
        whose, start = self._owner(at)
        if whose is None:
            return
        if self.tokens[at].word in _FAVORITE:
            end = at + 1
            while (
                end < len(self.tokens) and end - at < 5 and self._word(end) not in BE and not self.tokens[end].is_mark
            ):
                end += 1
            stop = end
            while self._word(stop - 1) in self.words.words["adverbs"] or self._word(stop - 1) in ("has", "have"):
                stop -= 1
            label, kind = f"has favorite {self._original(at + 1, stop).lower()}", None
            if stop <= at + 1:
                return
        else:
            found = self._attribute(at)
            if found is None:
                return
            label, end = found
            kind = None
        while (
            self._word(end) in BE
            and self._word(end) != "'s"
            and self._word(end + 1) in (self.words.words["adverbs"] | set(BE))
        ):
            end += 1
        if self._word(end) not in BE or self._is_supposed(start):
            return
        value = self._value(end + 1)
        if value is not None:
            yield Fact(subject=whose, label=label, object=value, subject_type="Person", object_type=kind, at=start)

    def _owner(self, at: int) -> tuple[str | None, int]:
        before = at - 1
        word = self._word(before)
        if word == "my":
            return self.talk.speaker.entity, before
        if word in ("his", "her"):
            return self.talk.meant_by(word), before
        if word == "'s" and (unit := self.phrases.ending_at(before)) is not None:
            return unit.entity, unit.start
        return None, before

    def _attribute(self, at: int) -> tuple[str, int] | None:
        for length in (2, 1):
            phrase = " ".join(self._word(at + offset) for offset in range(length))
            if phrase in self.words.attributes and self._word(at + length) in BE:
                return self.words.attributes[phrase], at + length
        return None

    def _value(self, at: int) -> str | None:
        unit = self.phrases.starting_at(at)
        if unit is not None:
            return unit.entity if unit.kind == "name" and self._ends(unit.end) else None
        start = at + (self._word(at) in ("the", "a", "an"))
        end = start
        while not (self._ends(end) and not (self._word(end) in ("@", ".", "-") and self._is_glued(end))):
            end += 1
        if not 0 < end - start <= MAX_VALUE or self._word(start) in self.words.words["no_things"] | {"to", "when"}:
            return None
        return self._original(start, end)

    def _is_glued(self, at: int) -> bool:
        return at + 1 < len(self.tokens) and self.tokens[at].end == self.tokens[at + 1].start

    def _original(self, start: int, end: int) -> str:
        return self.phrases.text[self.tokens[start].start : self.tokens[end - 1].end] if end > start else ""

    # --- names of the speaker

    def name(self) -> None:
        """ "My name is Ana Silva", "call me Ana", "I'm Ana.": another name of who speaks."""
        for at, (end, name) in self.phrases.names.items():
            if self._introduces(at, end):
                entity = self.talk.speaker.entity
                known = self.talk.aliases.setdefault(entity, [])
                if name not in known:
                    known.append(name)
                self.talk.types.setdefault(entity, "Person")

    def _introduces(self, at: int, end: int) -> bool:
        before = [self._word(at - back) for back in (3, 2, 1)]
        if before[2] in BE and before[1] == "name":
            return before[0] in ("my", "full", "first")
        if before[2] == "me" and before[1] in _CALLS:
            return True
        if before[2] in _CALLS and before[1] in BE and before[0] == "i":
            return True
        introduces = before[1:] == ["i", "am"] and before[0] in ("", "hi", ",", "!", "hello", "hey")
        return introduces and self._word(end) in ("", ".", "!", ",", "and") and not self._is_adjective(at)

    def _is_adjective(self, at: int) -> bool:
        return self._word(at) in word_lists()["demonyms"]
