"""What is said of whom: verbs of the lexicon, with their subject to the left and their objects to the right.

A `Clause` is one verb with everything around it that matters: denied, over, wished for, planned. What is only
supposed ("if I lived in Paris", "I wish ...", "I don't think that ...") is no clause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphmem.extraction.rules.lexicon import BE, Form, Lexicon, Tense, lexicon
from graphmem.extraction.rules.objects import Object, Objects
from graphmem.extraction.rules.phrases import Phrases, Unit
from graphmem.extraction.rules.tokens import Token

__all__ = ["Clause", "find_clauses"]

_BEGUN = frozenset(["start", "started", "starts", "begin", "began", "begins", "begun", "keep", "kept", "keeps"])
_STOPPED = frozenset(["stop", "stopped", "stops", "quit", "quits", "finish", "finished"])
_FELT = frozenset(["love", "loves", "loved", "like", "likes", "liked", "enjoy", "enjoys", "enjoyed", "hate", "hates"])
_WISHED = frozenset(["want", "wants", "wanted", "hope", "hopes", "hoped", "wish", "love", "like"])
_PLANNED = frozenset(["plan", "plans", "planned", "planning", "going", "about", "decided"])
_MODAL = frozenset(["would", "could", "might", "may", "should", "must", "shall"])
_PREPOSITIONS = frozenset(["at", "in", "of", "from", "for", "with", "to", "near", "by", "about", "on", "than", "like"])
_RELATIVE = frozenset({"who", "that", "which"})


@dataclass(frozen=True, slots=True)
class Clause:
    """A verb with subjects and objects. `at` is its first token, `end` the token after its objects.

    `start` is the token it begins at: its subject, or its verb where the subject was said before (`is_continued`) or
    not at all. `is_over`: it held and does no longer, or happened. `is_begun`: it began. `hope` is "wants to" or
    "plans to".
    """

    form: Form
    tense: Tense
    subjects: tuple[Unit, ...]
    objects: tuple[Object, ...]
    start: int
    at: int
    end: int
    is_continued: bool = False
    negated: bool = False
    is_over: bool = False
    is_perfect: bool = False
    is_begun: bool = False
    is_progressive: bool = False
    hope: str | None = None


@dataclass(slots=True)
class _Left:
    """What stands before a verb, read from right to left."""

    at: int
    negated: bool = False
    is_over: bool = False
    is_perfect: bool = False
    is_begun: bool = False
    is_past: bool = False
    can: bool = False
    hope: str | None = None
    is_progressive: bool = False
    is_supposed: bool = False


def find_clauses(tokens: Sequence[Token], phrases: Phrases, *, first_person: Unit | None) -> list[Clause]:
    """The clauses of a sentence, in order. `first_person` is who "Moved to Lisbon last year" is about."""
    return list(_Finder(tokens, phrases, first_person).find())


@dataclass(slots=True)
class _Finder:
    tokens: Sequence[Token]
    phrases: Phrases
    first_person: Unit | None
    subjects: tuple[Unit, ...] = ()
    said: int = 0
    hope: str | None = None
    words: Lexicon = field(default_factory=lexicon)

    def find(self) -> Iterator[Clause]:
        at = 0
        while at < len(self.tokens):
            clause = self._clause(at)
            if clause is None:
                at += 1
                continue
            yield clause
            at = max(clause.end, at + 1)

    def _word(self, at: int) -> str:
        return self.tokens[at].word if 0 <= at < len(self.tokens) else ""

    def _clause(self, at: int) -> Clause | None:
        token = self.tokens[at]
        if token.is_mark or at in self.phrases.quoted or token.word not in self.words.forms:
            return None
        for form in self._forms(at):
            end = self._matched(form, at)
            if end is None or (form.base == "go to" and form.tense == "gerund" and self._word(end) in self.words.third):
                continue  # "going to move" is no going
            clause = self._of_form(form, at, end)
            if clause is not None:
                return clause
        return None

    def _forms(self, at: int) -> Iterator[Form]:
        """The verb phrases that may begin here: by their second word, which adverbs may part from the first."""
        seconds = self.words.forms[self._word(at)]
        near = after = at + 1
        while self._word(after) in self.words.words["adverbs"]:
            after += 1
        for here in dict.fromkeys((self._word(near), self._word(after), "")):
            yield from seconds.get(here, ())

    def _matched(self, form: Form, at: int) -> int | None:
        """The token after the form's words, if they stand there; adverbs may stand between."""
        here = at + 1
        for word in form.rest:
            while self._word(here) in self.words.words["adverbs"] and self._word(here) != word:
                here += 1
            if self._word(here) != word:
                return None
            here += 1
        return here

    def _of_form(self, form: Form, at: int, end: int) -> Clause | None:
        left = self._left(form, at)
        if left.is_supposed or not _is_able(form, left):
            return None
        tense = self._tense(form, left)
        if tense is None:
            return None
        subjects = self._subjects(left, form)
        if not subjects or self._is_supposed(subjects[0].start if subjects[0].start < at else at):
            return None
        said = [unit.start for unit in subjects if self._reaches(unit.end, left.at)]
        if not said and form.tense == "base" and self._is_infinitive(subjects[0].end, left.at):
            if self.hope is None:
                return None
            left.hope = self.hope
        reader = Objects(self.tokens, self.phrases)
        objects = reader.slots(end, form.verb) if form.verb.slots else reader.read(end, form.verb)
        if not objects:
            return None
        self.subjects, self.said, self.hope = subjects, reader.end, left.hope
        return Clause(
            form=form,
            tense=tense,
            subjects=subjects,
            objects=tuple(objects),
            start=min(said, default=left.at + 1),
            is_continued=not said and subjects[0].start < subjects[0].end,
            at=at,
            end=reader.end,
            negated=left.negated,
            is_over=left.is_over,
            is_perfect=left.is_perfect,
            is_begun=left.is_begun,
            is_progressive=left.is_progressive,
            hope=left.hope,
        )

    def _is_infinitive(self, start: int, end: int) -> bool:
        """Whether a bare verb behind "and" goes on with "to" or "can": "I want to rest and work at Acme"."""
        return any(
            self._word(at) in _MODAL
            or self._word(at) in ("will", "can")
            or (self._word(at) == "to" and self._word(at + 1) in self.words.third)
            for at in range(start, end)
        )

    def _reaches(self, end: int, at: int) -> bool:
        """Whether a subject that ends before token `end` stands right before the verb: nothing between but "who"."""
        return end > 0 and all(self._word(here) in _RELATIVE or self._word(here) == "," for here in range(end, at + 1))

    # --- to the left

    def _left(self, form: Form, at: int) -> _Left:
        left = _Left(at - 1)
        while left.at >= 0 and self._step(form, left):
            left.at -= 1
        return left

    def _step(self, form: Form, left: _Left) -> bool:
        """Take in one word before the verb; False when it belongs to the subject or another clause."""
        word = self._word(left.at)
        if word in ("not", "never") or (word == "longer" and self._word(left.at - 1) == "no"):
            left.negated = not left.negated
            left.at -= word == "longer"
        elif word in self.words.words["over"]:
            left.is_over = True
        elif word in ("do", "does"):
            pass
        elif word == "did":
            left.is_past = True
        elif word in ("have", "has", "had") and (form.tense in ("past", "participle") or left.is_progressive):
            left.is_perfect = True
        elif word in ("will", "shall"):
            left.hope = "plans to"
        elif word == "can":
            left.can = True
        elif word in _MODAL:
            left.is_supposed = not (left.hope == "wants to" and word == "would")
        elif word == "to" and form.tense == "base":
            return self._infinitive(left)
        elif (word in BE and word != "'s") or (word == "'s" and form.tense == "gerund"):
            return self._be(form, left, word)
        elif form.tense == "gerund" and word in (_BEGUN | _STOPPED | _FELT | {"up", "been"}):
            return self._aspect(left, word)
        else:
            is_adverb = word in self.words.words["adverbs"] or (word.endswith("ly") and len(word) > 4)
            return is_adverb and not self._is_unit(left.at)
        return True

    def _is_unit(self, at: int) -> bool:
        return any(unit.start <= at < unit.end for unit in self.phrases.units)

    def _be(self, form: Form, left: _Left, word: str) -> bool:
        if form.tense != "gerund":
            return False
        left.is_progressive = True
        left.is_past = left.is_past or word in ("was", "were")
        return True

    def _aspect(self, left: _Left, word: str) -> bool:
        """ "started working", "stopped smoking", "gave up working", "loves working"."""
        if word == "up":
            if self._word(left.at - 1) not in ("gave", "give", "given"):
                return False
            left.at -= 1
            left.negated = True
        elif word in _STOPPED:
            left.negated = True
        elif word in _BEGUN:
            left.is_begun = True
        left.is_progressive = True
        return True

    def _infinitive(self, left: _Left) -> bool:
        """ "used to live", "want to visit", "am going to move", "started to learn"."""
        before = self._word(left.at - 1)
        if before == "used":
            left.is_over = True
        elif before in _BEGUN:
            left.is_begun = True
        elif before in _PLANNED:
            left.hope = "plans to"
        elif before in _WISHED and (before not in _FELT or self._word(left.at - 2) == "would"):
            left.hope = "wants to"
        else:
            left.is_supposed = True
        left.at -= 1
        while self._word(left.at - 1) in BE or self._word(left.at - 1) in self.words.words["adverbs"]:
            left.at -= 1
        return True

    def _tense(self, form: Form, left: _Left) -> Tense | None:
        """The tense of the whole; None for a form that does not stand so ("I working", "has move")."""
        if form.tense == "gerund" and form.base.split()[0] != "be":
            at_start = left.at < 0 or not left.is_progressive
            if at_start and not (left.at < 0 and self.first_person is not None):
                return None
            return "past" if left.is_past else "present"
        if form.tense == "participle":
            return "past" if left.is_perfect or left.at < 0 else None
        if form.tense == "base" and left.is_past:
            return "past"
        return form.tense

    # --- whose verb it is

    def _subjects(self, left: _Left, form: Form) -> tuple[Unit, ...]:
        at = left.at
        if at < 0:
            return self._unsaid(form)
        if self._word(at) in _RELATIVE:
            at -= 1
            if self._word(at) == ",":
                at -= 1
        unit = self.phrases.ending_at(at + 1)
        if unit is not None:
            return self._joined(unit)
        word = self._word(at)
        if word in (",", "and", "but", "or", "&", "then", "so") and (found := self._continued(at, form)):
            return found
        if word in (",", "!", ":") and at <= 2:
            return self._unsaid(form)
        return ()

    def _unsaid(self, form: Form) -> tuple[Unit, ...]:
        """Who "Just moved to Lisbon" is about; "Love coffee" as well, but "Visit Lisbon" asks somebody to."""
        if self.first_person is None:
            return ()
        ongoing = form.tense == "gerund" and len(form.rest) > 0  # "Working at Acme", but not "Painting is fun"
        told = ongoing or form.tense in ("past", "participle") or form.verb.kind == "taste"
        return (self.first_person,) if told and form.base.split()[0] != "be" else ()

    def _continued(self, at: int, form: Form) -> tuple[Unit, ...]:
        """The subject of the clause before: "I work at Acme and live in Lisbon"."""
        subjects = self._newer(at)
        if subjects is None:
            subjects = self.subjects or self._opening()
        third_person = not subjects or subjects[0].kind != "self"
        return () if self._word(at) == "," and form.tense == "base" and third_person else subjects

    def _newer(self, at: int) -> tuple[Unit, ...] | None:
        """Who did something since the last clause: "I love tea, and Marta hates it *and works at Acme*"."""
        for unit in reversed(self.phrases.units):
            if self.said <= unit.start and unit.end <= at:
                after = unit.end
                while self._word(after) in self.words.words["adverbs"]:
                    after += 1
                word = self._word(after)
                if word in self.words.finite or word in self.words.past or word in self.words.third:
                    return () if unit.entity is None or unit.is_predicate else (unit,)
        return None

    def _opening(self) -> tuple[Unit, ...]:
        """Who the sentence begins with, if something is said of them: "Marta is a nurse and ..."."""
        unit = self.phrases.starting_at(0)
        if unit is None or unit.entity is None or unit.is_predicate or self._word(unit.end) not in self.words.finite:
            return ()
        return (unit,)

    def _joined(self, unit: Unit) -> tuple[Unit, ...]:
        """The unit and those joined to it: "Marta and Rui", "my wife and I"."""
        found = [unit]
        while self._word(found[0].start - 1) in ("and", "&", ","):
            before = self.phrases.ending_at(found[0].start - 1)
            if before is None or before.is_predicate:
                break
            found.insert(0, before)
        # "Yesterday, Rui and I": only what "and" joins is one subject, a comma alone parts clauses.
        if len(found) > 1 and self._word(unit.start - 1) == ",":
            found = [unit]
        if self._word(found[0].start - 1) in _PREPOSITIONS:
            return ()  # "everyone at Acme loves"
        found = [one for each in found for one in _singly(each)]
        return () if any(each.entity is None or each.is_predicate for each in found) else tuple(found)

    def _is_supposed(self, at: int) -> bool:
        """Whether what begins at `at` is told as not so: behind "if", "I wish", "I don't think"."""
        back = at - 1
        while back >= 0 and self._word(back) not in (".", ";", "!", "but"):
            word = self._word(back)
            if word in self.words.words["hypothetical"]:
                return True
            if word in self.words.words["doubting"] and self._word(back - 1) in ("not", "never"):
                return True
            back -= 1
        return False


def _singly(unit: Unit) -> list[Unit]:
    """A unit of several people as one unit each."""
    if not unit.several:
        return [unit]
    return [replace(unit, entity=entity, several=()) for entity in unit.several]


def _is_able(form: Form, left: _Left) -> bool:
    """Whether "can", or its absence, fits the verb."""
    can = form.verb.can
    if can == "not":
        return left.can and left.negated
    return not left.can or can == "yes" or (can == "deny" and left.negated)
