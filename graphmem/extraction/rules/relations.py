"""From clauses to relations with intervals: what holds, what held, what began, what is only planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from graphmem.drafts import RelationDraft
from graphmem.extraction.dates import When
from graphmem.extraction.rules.lexicon import lexicon
from graphmem.extraction.rules.objects import Object
from graphmem.extraction.rules.phrases import Unit
from graphmem.extraction.rules.talk import Fact, Talk
from graphmem.extraction.rules.verbs import Clause

__all__ = ["date_of", "relation_of", "relations_of"]

_Interval = tuple[datetime | None, datetime | None]


def date_of(start: int, end: int, dates: Sequence[When]) -> When | None:
    """The date of what stands from `start` to the next clause at `end`: the first one there, else the last before."""
    inside = [when for when in dates if start <= when.start < end]
    before = [when for when in dates if when.start < start]
    if inside:
        return inside[0]
    return before[-1] if before else None


def relation_of(fact: Fact, said_at: datetime, when: When | None = None) -> RelationDraft:
    """A fact that was found outside a clause; `when` is the date in its sentence."""
    valid_at, invalid_at = None, None
    if fact.is_over:
        valid_at, invalid_at = _closed(when, said_at)
    elif when is not None and not fact.is_kin:
        valid_at, invalid_at = when.since, when.until if when.kind == "until" else None
    return RelationDraft(
        subject=fact.subject,
        label=fact.label,
        object=fact.object,
        subject_type=fact.subject_type,
        object_type=fact.object_type,
        valid_at=valid_at,
        invalid_at=invalid_at,
        negated=fact.negated,
    )


def relations_of(clause: Clause, when: When | None, said_at: datetime, talk: Talk) -> Iterator[RelationDraft]:
    """The relations of a clause: one for each subject and object."""
    for subject in clause.subjects:
        for thing in clause.objects:
            relation = _relation(clause, subject, thing, when, said_at, talk)
            if relation is not None:
                yield relation


def _relation(
    clause: Clause, subject: Unit, thing: Object, when: When | None, said_at: datetime, talk: Talk
) -> RelationDraft | None:
    verb = clause.form.verb
    told = _told(clause, thing, when, said_at)
    if told is None or subject.entity is None or subject.entity == thing.entity:
        return None
    label, (valid_at, invalid_at), negated = told
    label = thing.label or label
    if valid_at is not None and invalid_at is not None and valid_at >= invalid_at:
        invalid_at = None
    left, right = (thing.entity, subject.entity) if verb.inverse else (subject.entity, thing.entity)
    types = {
        subject.entity: verb.subject,
        thing.entity: thing.type or verb.object or (thing.unit.type if thing.unit else None),
    }
    return RelationDraft(
        subject=left,
        label=label,
        object=right,
        subject_type=talk.types.get(left, types[left]),
        object_type=talk.types.get(right, types[right]),
        valid_at=valid_at,
        invalid_at=invalid_at,
        negated=negated,
    )


def _told(clause: Clause, thing: Object, when: When | None, said_at: datetime) -> tuple[str, _Interval, bool] | None:
    """Label, interval and denial of one object; None for what states no relation."""
    verb = clause.form.verb
    negated = clause.negated != thing.negated
    begins = None if when is None else when.since
    ahead = begins is not None and begins > said_at
    if clause.hope or (ahead and verb.kind in ("start", "event", "end")):
        hope = clause.hope or "plans to"
        if negated or verb.kind in ("end", "taste") or verb.inverse:
            return None
        return _phrase(f"{hope} {clause.form.base}", thing), (begins, None), False
    if verb.kind == "end":
        return None if negated else (verb.label, (begins, None), True)
    if verb.kind == "start":
        return _started(clause, thing, begins, said_at, negated)
    if negated:
        return verb.label, (begins, None), True
    if verb.kind == "event":
        return _event_label(clause), (begins, None), False
    if _has_ended(clause, when):
        skipped = verb.kind == "habit" and not clause.is_over
        return None if skipped else (verb.label, _closed(when, said_at), False)
    end = when.until if when is not None and when.kind == "until" else None
    return verb.label, (begins, end), False


def _started(
    clause: Clause, thing: Object, begins: datetime | None, said_at: datetime, negated: bool
) -> tuple[str, _Interval, bool] | None:
    verb = clause.form.verb
    slot = verb.slots.get(thing.preposition or "", "start")
    if negated or (clause.is_progressive and begins is None):
        return None
    if slot == "end":
        return verb.label, (None, begins or said_at), False
    return verb.label, (begins, None), slot == "deny"


def _has_ended(clause: Clause, when: When | None) -> bool:
    if clause.is_over:
        return True
    if clause.form.verb.kind == "taste" or clause.is_begun:
        return False
    if clause.is_perfect:
        goes_on = clause.is_progressive or (when is not None and when.kind in ("since", "for"))
        return not goes_on
    return clause.tense == "past"


def _closed(when: When | None, said_at: datetime) -> _Interval:
    """The interval of what is over: as far as it is known, and at the latest until it was said."""
    if when is None or when.kind == "for":
        return None, said_at
    end = min(when.until, said_at) if when.until is not None else said_at
    begin = when.since if when.since is not None and when.since < end else None
    return begin, end


def _event_label(clause: Clause) -> str:
    """What happened is told in the past, what happens in the present: "visited", "visits", "is reading"."""
    form, words = clause.form, lexicon()
    first, *rest = form.base.split()
    ambiguous = clause.tense == "base" and first in words.simple_past  # "I read"
    if clause.tense == "past" or clause.is_perfect or first == "be" or ambiguous:
        return form.verb.label
    if clause.is_progressive:
        gerund = next((gerund for gerund, base in words.gerunds.items() if base == first), first)
        return " ".join(["is", gerund, *rest])
    return " ".join([words.third.get(first, first), *rest])


def _phrase(base: str, thing: Object) -> str:
    return f"{base} {thing.preposition}" if thing.preposition else base
