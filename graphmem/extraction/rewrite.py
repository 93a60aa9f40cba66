"""Putting a memory into other words: the same id, linked anew, without what only the old words stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from graphmem.drafts import MemoryDraft
from graphmem.extraction.board import Board
from graphmem.extraction.reopen import withdraw
from graphmem.extraction.resolve import Cast
from graphmem.extraction.statements import Speech, span
from graphmem.extraction.succession import Saying, in_line, settle, state
from graphmem.models import Event, Memory, Relation
from graphmem.text import fold

__all__ = ["retell", "rewrite"]


def rewrite(
    board: Board,
    memory: Memory,
    *,
    text: str,
    draft: MemoryDraft,
    reason: str | None = None,
    **changes: Any,
) -> None:
    """Give a memory the words and links of `draft`, and `changes` to its other fields.

    Relations that the new words state as well stay as they are. What gave way to one that is withdrawn holds again.
    The new words count as told when the old ones were: they correct them.
    """
    told: datetime = changes.get("observed_at", memory.observed_at)
    valid_at, invalid_at = span(draft)
    if valid_at is None and invalid_at is None:
        valid_at, invalid_at = memory.valid_at, memory.invalid_at
    board.moments[memory.id] = (valid_at or told, told)
    cast = Cast(board, memory.scope)
    cast.introduce(draft)
    speech = Speech(
        memory_id=memory.id,
        scope=memory.scope,
        told=told,
        valid_at=valid_at,
        invalid_at=invalid_at,
        immutable=memory.immutable,
    )
    sayings = [speech.read(board, cast, relation) for relation in draft.relations]
    fresh = [saying for saying in sayings if saying is not None]
    before = board.stated_by(memory.id)
    lost = [relation for relation in before if not any(_is_said(relation, saying) for saying in fresh)]
    if board.linked(memory.id) - board.relations.keys():
        board.unseen.add(memory.id)
    withdraw(board, {memory.id: lost}, {})
    _say(board, fresh, [relation for relation in before if relation not in lost])
    rewritten = replace(
        board.memories[memory.id],
        text=text,
        valid_at=valid_at,
        invalid_at=invalid_at,
        updated_at=board.at,
        mentions=cast.mentions,
        **changes,
    )
    board.put_memory(rewritten)
    board.log(Event.UPDATE, rewritten, old=memory.text, new=text, reason=reason)
    if fresh:
        settle(board, memory.id, reason="told late")


def retell(board: Board, memory: Memory, told: datetime) -> None:
    """Move what a current memory states, without dates of its own, to another moment of telling."""
    stated = [each for each in board.stated_by(memory.id) if each.valid_at is None and each.is_current]
    moved = [relation for relation in stated if in_line(board, relation)]
    withdraw(board, {memory.id: moved}, {})
    board.moments[memory.id] = (memory.valid_at or told, told)
    for relation in moved:
        saying = Saying(
            memory_id=memory.id,
            subject_id=relation.subject_id,
            predicate=board.registry.of(relation.type),
            object_id=relation.object_id,
            label=relation.label,
            start=told,
            told=told,
            invalid_at=relation.invalid_at,
            immutable=memory.immutable,
        )
        state(board, saying)
    if moved:
        settle(board, memory.id, reason="told late")


def _say(board: Board, sayings: Sequence[Saying], kept: Sequence[Relation]) -> None:
    for saying in sayings:
        # What is over may have ended something that has just been opened again.
        if saying.is_past or not any(_is_said(relation, saying) for relation in kept):
            state(board, saying)


def _is_said(relation: Relation, saying: Saying) -> bool:
    """Whether a saying states just this relation."""
    ends = (relation.subject_id, relation.type, relation.object_id)
    if ends != (saying.subject_id, saying.predicate.type, saying.object_id):
        return False
    if saying.predicate.worded and fold(relation.label) != fold(saying.label):
        return False
    return saying.valid_at is None or saying.valid_at == relation.valid_at
