"""Reading one sentence: its words, who is meant, what is said of them, since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from graphmem.drafts import EntityDraft, RelationDraft
from graphmem.extraction.dates import When, find_dates
from graphmem.extraction.names import Name
from graphmem.extraction.rules.copulas import find_copulas
from graphmem.extraction.rules.lexicon import lexicon
from graphmem.extraction.rules.parts import Part, split_parts
from graphmem.extraction.rules.phrases import Phrases, Unit
from graphmem.extraction.rules.relations import date_of, relation_of, relations_of
from graphmem.extraction.rules.talk import Fact, Talk
from graphmem.extraction.rules.tokens import Token, tokenise
from graphmem.extraction.rules.verbs import Clause, find_clauses
from graphmem.extraction.rules.wording import Wording
from graphmem.extraction.speakers import ASSISTANT_ROLES

__all__ = ["Reading", "Words", "read", "words_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence taken apart: tokens, and where names stand among them."""

    text: str
    tokens: Sequence[Token]
    names: dict[int, tuple[int, str]]
    kinds: dict[str, str]

    @property
    def named(self) -> list[tuple[int, int]]:
        """The token spans of the names."""
        return [(start, end) for start, (end, _) in self.names.items()]


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement: in words that stand alone, as relations, of whom, and when."""

    text: str
    relations: tuple[RelationDraft, ...]
    entities: tuple[EntityDraft, ...]
    valid_at: datetime | None
    invalid_at: datetime | None


def words_of(text: str, offset: int, names: Iterable[Name]) -> Words:
    """The tokens of `text`, which stands at `offset` where `names` were found."""
    tokens = tokenise(text)
    starts = {token.start: at for at, token in enumerate(tokens)}
    spans: dict[int, tuple[int, str]] = {}
    kinds: dict[str, str] = {}
    for name in names:
        start, end = name.start - offset, name.end - offset
        first = starts.get(start)
        if first is None or end > len(text):
            continue
        last = first
        while last < len(tokens) and tokens[last].end <= end:
            last += 1
        if last > first:
            spans[first] = (last, name.text)
            kinds[name.text] = name.kind
    return Words(text, tokens, spans, kinds)


def read(words: Words, talk: Talk, said_at: datetime, *, role: str = "user") -> list[Reading]:
    """Read a sentence: what it says by the way, then each of its statements (one at least).

    What is learnt about people goes into `talk`.
    """
    dates = find_dates(words.text, said_at, ahead=_looks_ahead(words.tokens))
    dated = frozenset(at for at, token in enumerate(words.tokens) if _inside(token, dates))
    phrases = Phrases(words.text, words.tokens, words.names, talk, dated, _quoted(words)).read()
    unsaid = None if role in ASSISTANT_ROLES else Unit(0, 0, talk.speaker.entity, "Person", "self")
    clauses = find_clauses(words.tokens, phrases, first_person=unsaid)
    facts = find_copulas(words.tokens, phrases, talk)
    readings = [_aside(fact, talk, said_at) for fact in facts if fact.aside]
    facts = [fact for fact in facts if not fact.aside]
    whens = _dates_of(words, clauses, dates)
    wording = Wording.of(phrases, dates, talk, clauses)
    for part in split_parts(phrases, clauses, facts):
        span = _span(words, part)
        inside = [when for when in dates if span[0] <= when.start < span[1]]
        relations, told = _relations(part, whens, inside, said_at, talk)
        valid_at, invalid_at = _interval(told, part.clauses, inside)
        subject = None if part.subject is None else talk.shown(part.subject)
        readings.append(
            Reading(
                text=wording.said(*span, subject),
                relations=relations,
                entities=_entities(words, phrases, part, relations, talk),
                valid_at=valid_at,
                invalid_at=invalid_at,
            )
        )
    for clause in clauses:
        _notice(clause, talk)
    return _told_only(readings, words)


def _told_only(readings: list[Reading], words: Words) -> list[Reading]:
    """The readings without a rest that says nothing: of "This is my sister Marta" that would be "This is Marta"."""
    *asides, rest = readings
    if not asides or rest.relations:
        return readings
    small = lexicon().words
    named = {at for start, end in words.named for at in range(start, end)}
    roles = lexicon().roles
    telling = [
        token
        for at, token in enumerate(words.tokens)
        if at not in named
        and not token.is_mark
        and token.word not in roles
        and not any(token.word in small[name] for name in ("courtesy", "ends_phrase", "determiners", "adverbs"))
    ]
    return readings if len(telling) > 1 else asides


def _aside(fact: Fact, talk: Talk, said_at: datetime) -> Reading:
    """ "Marta is Ana's sister.", of "my sister Marta"."""
    role = fact.label.removeprefix("has ")
    whose = talk.shown(fact.subject)
    whose = f"the {whose[4:]}" if whose.startswith("The ") else whose
    owner = talk.unnamed.get(fact.subject)
    known = [] if owner is None else [owner[0]]
    relations = tuple(relation_of(each, said_at) for each in (*known, fact))
    _learn_types(relations, talk)
    return Reading(
        text=f"{talk.shown(fact.object)} is {whose}'s {role}.",
        relations=relations,
        entities=talk.drafts([fact.object, fact.subject, *(each.subject for each in known)]),
        valid_at=None,
        invalid_at=None,
    )


def _relations(
    part: Part, whens: Mapping[int, When | None], dates: Sequence[When], said_at: datetime, talk: Talk
) -> tuple[tuple[RelationDraft, ...], list[RelationDraft]]:
    """All relations of a part, and those that say something of a time."""
    facts = [*part.facts, *(fact for clause in part.clauses for unit in _units(clause) for fact in unit.facts)]
    stated = [relation_of(fact, said_at) for fact in facts if fact.is_kin]
    told = [relation_of(fact, said_at, dates[0] if dates else None) for fact in facts if not fact.is_kin]
    for clause in part.clauses:
        told += relations_of(clause, whens[clause.at], said_at, talk)
    return _distinct([*stated, *told]), told


def _dates_of(words: Words, clauses: Sequence[Clause], dates: Sequence[When]) -> dict[int, When | None]:
    """The date of each clause, by its verb's token."""
    spans = _spans(words.tokens, clauses)
    return {clause.at: date_of(*span, dates) for clause, span in zip(clauses, spans, strict=True)}


def _span(words: Words, part: Part) -> tuple[int, int]:
    """Where a part stands in the text; what stands before the first token or behind the last belongs to it."""
    start = words.tokens[part.start].start if part.start > 0 else 0
    end = words.tokens[part.end].start if part.end < len(words.tokens) else len(words.text)
    return start, end


_AHEAD = frozenset({"will", "shall", "tomorrow", "upcoming", "remind", "plan", "planning", "next", "soon"})


def _looks_ahead(tokens: Sequence[Token]) -> bool:
    words = [token.word for token in tokens]
    pairs = set(pairwise(words))
    return not _AHEAD.isdisjoint(words) or not pairs.isdisjoint(_PLANS)


_PLANS = frozenset({("going", "to"), ("plan", "to"), ("planning", "to"), ("about", "to")})


def _inside(token: Token, dates: Sequence[When]) -> bool:
    return any(when.start <= token.start < when.end for when in dates)


def _quoted(words: Words) -> frozenset[int]:
    """The tokens inside quotes: somebody else's words, apart from titles."""
    marks = [at for at, token in enumerate(words.tokens) if token.is_mark and token.word in _QUOTES]
    inside = {at for start, end in zip(marks[::2], marks[1::2], strict=False) for at in range(start, end)}
    return frozenset(inside - {at for start, end in words.named for at in range(start, end)})


_QUOTES = frozenset('"“”«»„')


def _spans(tokens: Sequence[Token], clauses: Sequence[Clause]) -> list[tuple[int, int]]:
    """From where to where in the text a date belongs to a clause: from the comma or "and" before it to the next one."""
    starts: list[int] = []
    low = 0
    for clause in clauses:
        at = clause.start
        while at > low and tokens[at].word not in _PARTS:
            at -= 1
        starts.append(tokens[at].start if at > low or not low else tokens[clause.at].start)
        low = clause.end
    ends = [*starts[1:], tokens[-1].end + 1] if starts else []
    return list(zip(starts, ends, strict=True))


_PARTS = frozenset({",", ";", "and", "but", "then"})


def _units(clause: Clause) -> list[Unit]:
    return [*clause.subjects, *(thing.unit for thing in clause.objects if thing.unit is not None)]


def _notice(clause: Clause, talk: Talk) -> None:
    """People who are spoken of, for "he" and "she" to come."""
    verb = clause.form.verb
    for unit in clause.subjects:
        if verb.subject == "Person" and unit.entity is not None:
            talk.notice(unit.entity)
            talk.types.setdefault(unit.entity, "Person")
    for thing in clause.objects:
        if (kind := thing.type or verb.object) is not None:
            talk.types.setdefault(thing.entity, kind)
        if verb.takes == "person" and thing.unit is not None:
            talk.notice(thing.entity)


def _distinct(relations: Iterable[RelationDraft]) -> tuple[RelationDraft, ...]:
    found: dict[tuple[str, str, str, bool], RelationDraft] = {}
    for relation in relations:
        found.setdefault((relation.subject, relation.label, relation.object, relation.negated), relation)
    return tuple(found.values())


def _interval(
    told: Sequence[RelationDraft], clauses: Sequence[Clause], dates: Sequence[When]
) -> tuple[datetime | None, datetime | None]:
    """When the statement as a whole held: what its relations say, else its first date."""
    if told:
        starts = [relation.valid_at for relation in told if relation.valid_at is not None]
        ends = [relation.invalid_at for relation in told if relation.invalid_at is not None]
        over = len(ends) == len(told) and bool(dates)
        return min(starts, default=None), max(ends) if over else None
    if not dates or clauses:
        return None, None
    first = dates[0]
    return first.since, first.until if first.kind == "until" else None


def _entities(
    words: Words, phrases: Phrases, part: Part, relations: Sequence[RelationDraft], talk: Talk
) -> tuple[EntityDraft, ...]:
    """Everybody and everything that is mentioned, in the order of the sentence as far as possible."""
    inside = range(part.start, part.end)
    stated = (u.entity for u in phrases.units if u.start in inside and not _is_unstated(u, relations))
    mentioned = [talk.entity(entity) for entity in stated if entity is not None]
    for at, (_, name) in words.names.items():
        if at in inside and not phrases.is_taken_out(at) and name.lower() not in lexicon().alone:
            mentioned.append(talk.entity(name))
    if any(words.tokens[at].word in ("my", "mine") and not phrases.is_taken_out(at) for at in inside):
        mentioned.append(talk.speaker.entity)
    for relation in relations:
        mentioned += [relation.subject, relation.object]
    _learn_types(relations, talk)
    for name, kind in words.kinds.items():
        if kind == "handle":
            talk.types.setdefault(talk.entity(name), "Person")
    return talk.drafts(mentioned)


def _learn_types(relations: Iterable[RelationDraft], talk: Talk) -> None:
    for relation in relations:
        if relation.subject_type is not None:
            talk.types.setdefault(relation.subject, relation.subject_type)
        if relation.object_type is not None:
            talk.types.setdefault(relation.object, relation.object_type)


def _is_unstated(unit: Unit, relations: Sequence[RelationDraft]) -> bool:
    """A relative without a name, of whom nothing is said: "I called my sister" mentions me alone."""
    return bool(unit.facts) and not any(unit.entity in (r.subject, r.object) for r in relations)
