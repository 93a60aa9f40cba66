"""Writing down what one memory says: whom it mentions, what it states, and what that retires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from graphmem.drafts import MemoryDraft, RelationDraft
from graphmem.extraction.board import Board
from graphmem.extraction.resolve import Cast, selves_of
from graphmem.extraction.succession import Saying, state
from graphmem.models import Relation, Scope

__all__ = ["Speech", "span"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One memory saying what a draft says: told when, of which time."""

    memory_id: str
    scope: Scope
    told: datetime
    valid_at: datetime | None
    invalid_at: datetime | None
    immutable: bool = False

    def say(self, board: Board, cast: Cast, relations: Iterable[RelationDraft]) -> bool:
        """State the relations, mentioning their ends; whether any of them is retired already."""
        retired = False
        for draft in relations:
            relation = self.say_one(board, cast, draft)
            retired = retired or (relation is not None and not relation.is_current)
        return retired

    def say_one(self, board: Board, cast: Cast, draft: RelationDraft) -> Relation | None:
        """State one relation; None if it only was a name for somebody."""
        saying = self.read(board, cast, draft)
        return None if saying is None else state(board, saying)

    def read(self, board: Board, cast: Cast, draft: RelationDraft) -> Saying | None:
        """What a relation draft says, its ends mentioned."""
        dated = draft.valid_at is not None or draft.invalid_at is not None
        valid_at, invalid_at = (draft.valid_at, draft.invalid_at) if dated else (self.valid_at, self.invalid_at)
        predicate = board.registry.read(draft.label, negated=draft.negated, ended=invalid_at is not None)
        subject_id = cast.mention(draft.subject, draft.subject_type)
        board.watch_subjects.add(subject_id)
        label = predicate.label
        entity = board.entities[subject_id]
        if predicate.naming and not predicate.negated and entity.self_of is not None:
            name = selves_of(self.scope).called(draft.object)
            if cast.alias(subject_id, name, draft.subject_type):
                cast.rename(subject_id, name)
                label = f"is named {name}"  # whichever way it was said: of a name, the words are the object
                object_id = subject_id
            else:
                object_id = cast.mention(draft.object, draft.object_type)
        else:
            object_id = cast.mention(draft.object, draft.object_type)
        return Saying(
            memory_id=self.memory_id,
            subject_id=subject_id,
            predicate=predicate,
            object_id=object_id,
            label=label,
            start=valid_at or self.told,
            told=self.told,
            valid_at=valid_at,
            invalid_at=invalid_at,
            immutable=self.immutable,
        )


def span(draft: MemoryDraft) -> tuple[datetime | None, datetime | None]:
    """The interval of which a draft speaks: its own, else the one that its relations cover, if all are dated."""
    valid_at, invalid_at = draft.valid_at, draft.invalid_at
    if valid_at is None and invalid_at is None and draft.relations:
        starts = [relation.valid_at for relation in draft.relations if relation.valid_at is not None]
        ends = [relation.invalid_at for relation in draft.relations if relation.invalid_at is not None]
        if len(starts) == len(draft.relations):
            valid_at = min(starts)
        if len(ends) == len(draft.relations):
            invalid_at = max(ends)
    return valid_at, invalid_at
