"""Who is spoken of in a sentence: "I", names, "my sister Marta", "Marta, my sister,", "Ana's husband", "she".

Everybody found is a `Unit` of tokens with the entity it means. What such phrases state by themselves ("my sister
Marta" states that she is my sister) becomes facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from graphmem.extraction.rules.lexicon import BE, Role, lexicon
from graphmem.extraction.rules.talk import Fact, Talk
from graphmem.extraction.rules.tokens import Token

__all__ = ["Aside", "Phrases", "Unit"]

_FIRST = frozenset({"i", "me", "myself", "we"})
_THIRD = frozenset({"he", "she", "him", "her"})
_POSSESSIVE = frozenset({"my", "our", "his", "her", "their"})
_MINE = {"mine": "my", "ours": "our", "his": "his", "hers": "her"}
_ARTICLES = frozenset({"a", "an", "one", "two", "three", "four", "another", "the"})
_NAMED = frozenset({"named", "called"})
_CLOSERS = frozenset({",", ".", "!", ")", ";", ":", "-", "\u2013", "\u2014"})


@dataclass(frozen=True, slots=True)
class Unit:
    """Tokens [start, end) that mean `entity`; None where it is not sure whom.

    A `relative` without a name stands for somebody only when a sentence says something of them; `facts` are then
    true. `is_predicate`: it says who somebody else is ("Marta is *my sister*"). `several` are the entities where it is
    said of more than one ("my sons Tom and Rui").
    """

    start: int
    end: int
    entity: str | None
    type: str | None = None
    kind: str = "name"
    facts: tuple[Fact, ...] = ()
    is_predicate: bool = False
    several: tuple[str, ...] = ()


class Aside(NamedTuple):
    """Tokens [start, end) that say who somebody is by the way; the names alone are at [first, last)."""

    start: int
    end: int
    first: int
    last: int


class _Relative(NamedTuple):
    role: Role
    end: int
    label: str


@dataclass(slots=True)
class Phrases:
    """The units of one sentence.

    `names` maps the token a name begins at to (token after its end, name); `dates` are the tokens of dates, `quoted`
    those of somebody else's words. After reading, `owners` says whom "his" and "her" mean, by token, and `asides` are
    what can be taken out of the sentence.
    """

    text: str
    tokens: Sequence[Token]
    names: Mapping[int, tuple[int, str]]
    talk: Talk
    dates: frozenset[int] = frozenset()
    quoted: frozenset[int] = frozenset()
    owners: dict[int, str] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def read(self) -> Phrases:
        """Find all units, from left to right."""
        at = 0
        while at < len(self.tokens):
            unit = self._unit(at)
            if unit is None:
                at += 1
                continue
            self.units.append(unit)
            at = unit.end
        return self

    def ending_at(self, end: int) -> Unit | None:
        """The unit that ends before token `end`."""
        return next((unit for unit in self.units if unit.end == end), None)

    def starting_at(self, start: int) -> Unit | None:
        """The unit that starts at token `start`."""
        return next((unit for unit in self.units if unit.start == start), None)

    def is_taken_out(self, at: int) -> bool:
        """Whether token `at` belongs to an aside, and not to the name in it."""
        return any(aside.start <= at < aside.end and not aside.first <= at < aside.last for aside in self.asides)

    # --- one unit

    def _unit(self, at: int) -> Unit | None:
        token = self.tokens[at]
        if at in self.names:
            return self._name(at)
        if token.is_mark or at in self.quoted:
            return None
        word = token.word
        if word in _FIRST:
            return Unit(at, at + 1, self.talk.speaker.entity, "Person", "self")
        if word in _POSSESSIVE and (relative := self._relative(at + 1)):
            whose = self._whose(word, at)
            if whose is not None and word in ("his", "her"):
                self.owners[at] = whose
            return self._of(at, whose, relative)
        if word in _ARTICLES and (relative := self._relative(at + 1)):
            return self._of_mine(at, relative)
        if word in _THIRD and not self._is_possessive(at):
            return Unit(at, at + 1, self._meant(word), "Person", "pronoun")
        return None

    def _is_possessive(self, at: int) -> bool:
        """Whether "her" stands before a noun."""
        following = self._word(at + 1)
        return self.tokens[at].word == "her" and following.isalpha() and following not in lexicon().words["ends_phrase"]

    def _whose(self, word: str, at: int) -> str | None:
        if word in ("my", "our"):
            return self.talk.speaker.entity
        if self._word(at - 1) == "and" and (unit := self.ending_at(at - 1)) is not None:
            return unit.entity  # "Ana and her husband"
        return self._meant(word)

    def _meant(self, pronoun: str) -> str | None:
        """Who a pronoun means; nobody where this sentence names somebody else it may mean."""
        known = {person.entity for person in self.talk.people}
        fresh = [unit for unit in self.units if unit.kind == "name" and unit.entity not in known]
        if any(self.talk.types.get(unit.entity or "", "Person") == "Person" for unit in fresh):
            return None
        return self.talk.meant_by(pronoun)

    def _relative(self, at: int) -> _Relative | None:
        """A role with its qualifiers, as in "best friend", "older sister", "former boss"."""
        words = lexicon()
        label = "has"
        while self._word(at) in words.qualifiers:
            if self._word(at) in ("former", "late"):
                label = "has former"
            at += 1
        role = words.roles.get(self._word(at))
        if role is None or at in self.names:
            return None
        if self._word(at + 1) == "in" and self._word(at + 2) == "law":
            role = words.roles.get(f"{self._word(at)}-in-law", role)
            at += 2
        return _Relative(role, at + 1, f"{label} {role.name}")

    def _name(self, at: int) -> Unit | None:
        end, name = self.names[at]
        if self.tokens[at].word in lexicon().alone and end == at + 1:
            return self._called_alone(at, end, name)
        entity = self.talk.entity(name)
        if self._word(end) == "'s" and (relative := self._relative(end + 1)):
            return self._of(at, entity, relative)
        return self._with_apposition(Unit(at, end, entity, self.talk.types.get(entity)))

    def _called_alone(self, at: int, end: int, name: str) -> Unit | None:
        """ "Mum": a relative of who speaks, and a name for her."""
        role = lexicon().roles[self.tokens[at].word]
        unit = self._of(at, self.talk.speaker.entity, _Relative(role, end, f"has {role.name}"))
        if unit is not None and unit.entity is not None and unit.end == end:
            aliases = self.talk.aliases.setdefault(unit.entity, [])
            if name not in aliases:
                aliases.append(name)
            self.facts.extend(unit.facts)
            return Unit(at, end, unit.entity, unit.type)
        return unit

    def owned(self, at: int) -> list[tuple[_Relative, str]]:
        """Relatives with a name behind "have": "a dog named Rex", "two sisters, Marta and Rita"."""
        if self._word(at) not in _ARTICLES:
            return []
        relative = self._relative(at + 1)
        if relative is None:
            return []
        names, _ = self._bound(relative)
        return [(relative, name) for name in names]

    def _with_apposition(self, unit: Unit) -> Unit:
        """ "Marta, my sister, ..." and "Marta (my sister) ...": who somebody is, said behind the name."""
        opening = self._word(unit.end)
        if opening not in (",", "(") or unit.entity is None:
            return unit
        start = unit.end + 1
        if self._word(start) == "who" and self._word(start + 1) in BE:
            start += 2
        whose, relative = self._possessed(start)
        if relative is None or self._bound(relative)[0]:
            return unit
        closing = self._word(relative.end)
        if closing not in (_CLOSERS | {""}) and closing != "who":
            return unit
        end = relative.end + (closing in (",", ")"))
        if whose is not None:
            self.state(whose, relative, unit.entity, start, aside=True)
            self.asides.append(Aside(unit.start, end, unit.start, unit.end))
        return Unit(unit.start, end, unit.entity, relative.role.type)

    def _possessed(self, at: int) -> tuple[str | None, _Relative | None]:
        word = self._word(at)
        if at in self.names:
            end, name = self.names[at]
            return self.talk.entity(name), self._relative(end + 1) if self._word(end) == "'s" else None
        if word in _POSSESSIVE:
            return self._whose(word, at), self._relative(at + 1)
        if word in _ARTICLES and (relative := self._relative(at + 1)) and self._word(relative.end) == "of":
            owner = _MINE.get(self._word(relative.end + 1))
            if owner:
                return self._whose(owner, at), relative._replace(end=relative.end + 2)
        return None, None

    def _of_mine(self, at: int, relative: _Relative) -> Unit | None:
        """ "a friend of mine", "a colleague of Marta"."""
        if self._word(relative.end) != "of":
            return None
        after = relative.end + 1
        if owner := _MINE.get(self._word(after)):
            return self._of(at, self._whose(owner, at), relative._replace(end=after + 1))
        if after in self.names:
            end, name = self.names[after]
            end += self._word(end) == "'s"
            return self._of(at, self.talk.entity(name), relative._replace(end=end))
        return None

    def _of(self, at: int, whose: str | None, relative: _Relative) -> Unit | None:
        """The relative of somebody, by name where one is said or known."""
        if whose is None:
            return Unit(at, relative.end, None, relative.role.type, "relative")
        names, end = self._bound(relative)
        if names:
            in_place = end > relative.end
            for name in names:
                self.state(whose, relative, name, at, aside=in_place)
            if in_place:
                spans = [(first, last) for first, (last, _) in self.names.items() if relative.end <= first < end]
                self.asides.append(Aside(at, end, min(spans)[0], max(spans)[1]))
            entities = tuple(self.talk.entity(name) for name in names)
            if len(entities) > 1:
                return Unit(at, end, None, relative.role.type, several=entities)
            return self._chained(Unit(at, end, entities[0], relative.role.type))
        subject = self._copula_subject(at)
        if subject is not None:
            for entity in subject:
                self.state(whose, relative, entity, at)
            return Unit(at, relative.end, None, relative.role.type, "relative", is_predicate=True)
        return self._chained(self._unnamed(at, whose, relative))

    def _unnamed(self, at: int, whose: str, relative: _Relative) -> Unit:
        role = relative.role
        known = None if role.is_plural else self.talk.relative(whose, role.name)
        if known is not None:
            self.talk.notice(known, role.gender)
            return Unit(at, relative.end, known, role.type, "relative")
        called = role.name
        if role.is_plural:
            called = "children" if role.name == "child" else f"{role.name}s"
        own = whose == self.talk.speaker.entity and self.talk.speaker.entity.startswith("\0")
        entity = called if own else f"{whose}'s {called}"
        label = relative.label.removesuffix(role.name) + called
        fact = Fact(
            subject=whose, label=label, object=entity, subject_type="Person", object_type=role.type, at=at, is_kin=True
        )
        self.talk.unnamed[entity] = fact, f"{self.talk.shown(whose)}'s {called}"
        if role.type != "Organization" and not role.is_plural:
            self.talk.notice(entity, role.gender)
        return Unit(at, relative.end, entity, role.type, "relative", (fact,))

    def _chained(self, unit: Unit) -> Unit:
        """ "my sister's husband": the relative of a relative."""
        if self._word(unit.end) != "'s" or unit.entity is None:
            return unit
        relative = self._relative(unit.end + 1)
        if relative is None:
            return unit
        taken_out = len(self.asides)
        further = self._of(unit.start, unit.entity, relative)
        if further is None or len(self.asides) > taken_out:
            return further or unit
        return replace(further, facts=(*unit.facts, *further.facts))

    # --- names behind a role

    def _bound(self, relative: _Relative) -> tuple[list[str], int]:
        """The names said for a relative, and the token after them: "my sister Marta", "my boss is Rui"."""
        at = relative.end
        word = self._word(at)
        if at in self.names:
            return self._listed(at, many=relative.role.is_plural)
        if word in _NAMED and at + 1 in self.names:
            return self._listed(at + 1, many=relative.role.is_plural)
        if word in (",", ":", "-", "\u2013", "\u2014") and at + 1 in self.names:
            return self._set_off(at + 1, relative)
        if word == "'s" and self._word(at + 1) == "name":
            names, _ = self._after_be(at + 2)
            return names, relative.end
        if word in BE or word in ("are", "were"):
            names, _ = self._after_be(at)
            return names, relative.end
        return [], relative.end

    def _after_be(self, at: int) -> tuple[list[str], int]:
        if self._word(at) not in BE:
            return [], at
        at += 1
        while self._word(at) in _NAMED or self._word(at) in lexicon().words["adverbs"]:
            at += 1
        if at not in self.names:
            return [], at
        names, end = self._listed(at, many=True)
        following = self._word(end)
        # "My boss is Rui's friend", "my cat is Persian blue": the name does not stand for the relative.
        ends = following in _CLOSERS or following in ("", "and", "but", "who", "from", "now", "so", "because")
        return (names, end) if ends else ([], at)

    def _set_off(self, at: int, relative: _Relative) -> tuple[list[str], int]:
        """ "my sister, Marta, ...", "my kids, Tom and Rita": names between marks."""
        names, end = self._listed(at, many=relative.role.is_plural)
        closing = self._word(end)
        if closing in _CLOSERS or closing in ("", "who"):
            return names, end + (closing == ",")
        return [], relative.end

    def _listed(self, at: int, *, many: bool) -> tuple[list[str], int]:
        """A name, or several: "Tom, Rita and Ana"."""
        names: list[str] = []
        while at in self.names:
            end, name = self.names[at]
            if self._word(end) == "'s" and self._relative(end + 1) is None and names:
                break
            names.append(name)
            following, after = self._word(end), end + 1
            if following == "," and self._word(after) == "and":
                after += 1
            if not many or following not in (",", "and", "&") or after not in self.names:
                return names, end
            at = after
        return names, at

    def _copula_subject(self, at: int) -> list[str] | None:
        """Of whom "my sister" is said in "Marta is my sister"; None where it is not said of anybody."""
        before = at - 1
        adverbs = lexicon().words["adverbs"]
        while before > 0 and self._word(before) in adverbs:
            before -= 1
        if before < 1 or self._word(before) not in BE:
            return None
        before -= 1
        while before > 0 and self._word(before) in (adverbs | {"has", "have", "will", "who"}):
            before -= 1
        end = before + 1
        found = []
        while (unit := self.ending_at(end)) is not None:
            if unit.entity is not None and not unit.is_predicate:
                found.append(unit.entity)
            if self._word(unit.start - 1) not in ("and", ","):
                break
            end = unit.start - 1
        return found or None

    def state(self, whose: str, relative: _Relative, name: str, at: int, *, aside: bool = False) -> None:
        """`name` is the relative of `whose`."""
        entity = self.talk.entity(name)
        if entity == whose:
            return
        role = relative.role
        self.talk.relate(whose, role.name, entity)
        if role.type != "Organization":
            self.talk.notice(entity, role.gender)
        self.talk.types.setdefault(entity, role.type)
        self.facts.append(
            Fact(
                subject=whose,
                label=relative.label,
                object=entity,
                subject_type="Person",
                object_type=role.type,
                at=at,
                aside=aside,
                is_kin=True,
            )
        )

    def _word(self, at: int) -> str:
        return self.tokens[at].word if 0 <= at < len(self.tokens) else ""
