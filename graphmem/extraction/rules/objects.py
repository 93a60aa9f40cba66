"""What a verb is about: names, relatives, or any noun phrase after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphmem.extraction.rules.lexicon import Lexicon, Verb, lexicon
from graphmem.extraction.rules.phrases import Phrases, Unit
from graphmem.extraction.rules.tokens import Token

__all__ = ["Object", "Objects"]

MAX_WORDS = 5
"""Words of a noun phrase that names something; longer ones tell a story."""
_POINTING = frozenset({"this", "that", "these", "those", "your"})
_OWN = frozenset({"i", "me", "my", "we", "us", "our", "you", "your", "ago"})
_JOINERS = frozenset({"and", "or", "&", ","})


@dataclass(frozen=True, slots=True)
class Object:
    """An object: an entity that a unit means, or the words of a noun phrase."""

    entity: str
    start: int
    end: int
    unit: Unit | None = None
    preposition: str | None = None
    negated: bool = False
    label: str | None = None
    type: str | None = None


class Objects:
    """Reads objects from a token on; `end` is the token after what was read."""

    def __init__(self, tokens: Sequence[Token], phrases: Phrases) -> None:
        self._tokens = tokens
        self._phrases = phrases
        self._words: Lexicon = lexicon()
        self.end = 0

    def read(self, at: int, verb: Verb) -> list[Object]:
        """The objects of a verb without slots; several where "and" joins them."""
        self.end = at
        found: list[Object] = []
        while (one := self._one(self.end, verb)) is not None:
            if found and self._tells_more(one):
                break
            found.append(one)
            self.end = one.end
            after = self._after_joiner(one.end)
            if after is None or self._begins_clause(after):
                break
            self.end = after
        if not found:
            return []
        self.end = found[-1].end
        if verb.kind in ("taste", "habit") and self._word(self.end) == "to" and self._is_verb(self.end + 1):
            return []  # "I want my children to be happy" is not about wanting children
        return [*found, *self._then(verb)]

    def _is_verbal(self, word: str) -> bool:
        return word in self._words.forms or word in self._words.past

    def _is_verb(self, at: int) -> bool:
        return self._word(at) in self._words.third or self._word(at) == "be"

    def _then(self, verb: Verb) -> list[Object]:
        """What a name behind states in addition: "as a nurse *at Acme*"."""
        label = verb.then.get(self._word(self.end))
        at = self._skip(self.end + 1, self._words.words["determiners"])
        unit = self._phrases.starting_at(at) if label else None
        if unit is None or unit.kind != "name" or unit.entity is None:
            return []
        self.end = unit.end
        return [Object(unit.entity, at, unit.end, unit, label=label, type="Organization")]

    def _tells_more(self, one: Object) -> bool:
        """Whether a joined phrase has a verb in it: "tea and coffee makes me nervous"."""
        inner = (self._word(at) for at in range(one.start + 1, one.end))
        return one.unit is None and any(word in self._words.past or word in self._words.finite for word in inner)

    def slots(self, at: int, verb: Verb) -> list[Object]:
        """What stands after "from" and "to", in any order."""
        self.end = at
        found: list[Object] = []
        while True:
            here = self._skip(self.end, self._words.words["adverbs"] | {"back", "over", "away", "all", "the", "way"})
            preposition = "to" if self._word(here) == "into" else self._word(here)
            if preposition not in verb.slots:
                return found
            one = self._one(here + 1, verb)
            if one is None:
                return found
            found.append(Object(one.entity, one.start, one.end, one.unit, preposition))
            self.end = one.end

    def _word(self, at: int) -> str:
        return self._tokens[at].word if 0 <= at < len(self._tokens) else ""

    def _skip(self, at: int, words: frozenset[str]) -> int:
        while self._word(at) in words and self._phrases.starting_at(at) is None:
            at += 1
        return at

    def _one(self, at: int, verb: Verb) -> Object | None:
        negated = False
        if self._word(at) == "not":
            at, negated = at + 1, True
        at = self._skip(at, self._words.words["adverbs"])
        found = self._thing(at) if verb.takes == "thing" else self._named(at, verb)
        if found is None:
            return None
        return Object(found.entity, found.start, found.end, found.unit, None, negated)

    def _named(self, at: int, verb: Verb) -> Object | None:
        """A name, or a relative where the verb takes people; common words may introduce it ("a firm called")."""
        for here in range(at, min(at + 5, len(self._tokens))):
            unit = self._phrases.starting_at(here)
            if unit is not None:
                fits = unit.kind == "name" or verb.takes == "person"
                if unit.entity is None or not fits or unit.is_predicate:
                    return None
                return Object(unit.entity, here, unit.end, unit)
            token = self._tokens[here]
            introduces = token.word in self._words.words["determiners"] or token.word in ("called", "named", "of")
            if token.is_mark or (token.word in self._words.words["ends_phrase"] and not introduces):
                return None
        return None

    def _thing(self, at: int) -> Object | None:
        unit = self._phrases.starting_at(at)
        if unit is not None and unit.kind in ("self", "pronoun"):
            return None
        if unit is not None and self._ends_at(unit.end):
            if unit.entity is None or unit.is_predicate:
                return None
            return Object(unit.entity, at, unit.end, unit)
        if self._word(at) in _POINTING:
            return None  # what is pointed at cannot be known later
        start = self._skip(at, self._words.words["determiners"])
        end = start
        while not self._ends_at(end):
            inner = self._phrases.starting_at(end)
            end = inner.end if inner is not None else end + 1
        end = self._without_trail(start, end)
        if end <= start or end - start > MAX_WORDS or self._word(start) in self._words.words["no_things"]:
            return None
        if any(self._word(inner) in _OWN for inner in range(start, end)):
            return None
        text = self._text(start, end)
        whole = self._phrases.starting_at(start)
        if whole is not None and whole.end == end and whole.entity is not None:
            return Object(whole.entity, start, end, whole)
        return Object(text, start, end)

    def _ends_at(self, at: int) -> bool:
        if at >= len(self._tokens) or at in self._phrases.dates:
            return True
        token = self._tokens[at]
        if self._phrases.starting_at(at) is not None and token.word not in ("i",):
            return False
        return (token.is_mark and token.word not in ("#", "&")) or token.word in self._words.words["ends_phrase"]

    def _without_trail(self, start: int, end: int) -> int:
        while end > start and self._word(end - 1) in self._words.words["adverbs"]:
            end -= 1
        return end

    def _text(self, start: int, end: int) -> str:
        parts = []
        for at in range(start, end):
            glued = at > start and self._tokens[at].start == self._tokens[at - 1].end
            parts.append(("" if glued else " ") + self._original(at))
        return "".join(parts).strip()

    def _original(self, at: int) -> str:
        if at >= len(self._tokens):
            return ""
        token = self._tokens[at]
        return self._phrases.text[token.start : token.end]

    def _after_joiner(self, at: int) -> int | None:
        """The token after "and", "or", a comma, "but not"."""
        if self._word(at) in ("but", ",") and self._word(at + 1) in ("not", "but"):
            return at + 1 if self._word(at + 1) == "not" else at + 2
        if self._word(at) not in _JOINERS:
            return None
        return at + 1 if self._word(at + 1) not in ("and", "or") else at + 2

    def _begins_clause(self, at: int) -> bool:
        """Whether what follows "and" has a verb of its own: "... and my sister works", "... and hate tea"."""
        if self._word(at) == "not":
            return False
        unit = self._phrases.starting_at(at)
        here = unit.end if unit is not None else at
        if unit is None and self._original(at)[:1].islower() and self._is_verbal(self._word(at)):
            return self._word(at) not in self._words.gerunds
        here = self._skip(here, self._words.words["adverbs"] | {"also"})
        word = self._word(here)
        if unit is not None and unit.kind == "self":
            return True
        finite = self._is_verbal(word) or word in self._words.finite
        return finite and unit is not None
