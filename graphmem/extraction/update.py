"""Planning the update of a memory by its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from graphmem.drafts import MemoryDraft
from graphmem.errors import InvalidInput, NotFound
from graphmem.extraction.board import Board
from graphmem.extraction.needs import more_of
from graphmem.extraction.planned import ItemOutcome, Outcome, Plan, turned
from graphmem.extraction.registry import Registry
from graphmem.extraction.rewrite import retell, rewrite
from graphmem.ids import new_id
from graphmem.models import Event, Memory
from graphmem.queries import Known

__all__ = ["CHANGEABLE", "plan_update"]

CHANGEABLE = frozenset({"metadata", "categories", "expiration_date", "observed_at", "feedback", "immutable"})
"""The fields of a memory, besides its text, that a caller may change."""


def plan_update(
    memory_id: str,
    known: Known,
    *,
    text: str | None = None,
    draft: MemoryDraft | None = None,
    changes: Mapping[str, Any] | None = None,
    at: datetime,
    change_id: str,
    registry: Registry,
    by: str | None = None,
    new_id: Callable[[], str] = new_id,
) -> Plan:
    """Change a memory under the same id.

    `text` are new words, `draft` what they mention and state (its own text and verdict do not count); what only the old
    words stated is withdrawn. `changes` are new values of `CHANGEABLE` fields, whole. Raises `NotFound` for an unknown
    memory, `InvalidInput` for other fields, and for new words of a memory that is immutable or was superseded.
    """
    memory = known.memories.get(memory_id)
    if memory is None:
        raise NotFound(f"There is no memory {memory_id!r}.", kind="memory", id=memory_id)
    changes = dict(changes or {})
    if unknown := sorted(changes.keys() - CHANGEABLE):
        raise InvalidInput(
            f"An update does not take {unknown[0]!r}.",
            hint=f"It takes text and {', '.join(sorted(CHANGEABLE))}.",
            field=unknown[0],
        )
    board = Board(memory.scope.partition, known, at=at, registry=registry, by=by, new_id=new_id)
    board.watch_ids.add(memory_id)
    if text is not None and text != memory.text:
        _check_rewritable(memory)
        rewrite(board, memory, text=text, draft=draft or MemoryDraft(text=text), **changes)
    else:
        changed = replace(memory, **changes)
        if changed != memory:
            changed = replace(changed, updated_at=at)
            board.put_memory(changed)
            board.log(Event.UPDATE, changed, old=memory.text, new=memory.text)
            if changed.observed_at != memory.observed_at and memory.is_current:
                retell(board, changed, changed.observed_at)
    change_set = board.changes(change_id)
    outcome = _outcome(board, memory)
    entities = board.named((*outcome.added, *outcome.closed))
    return Plan(changes=change_set, outcomes=(outcome,), entities=entities, more=more_of(board))


def _check_rewritable(memory: Memory) -> None:
    if memory.immutable:
        raise InvalidInput(
            f"Memory {memory.id!r} is immutable: its words cannot be changed.",
            hint="Delete it and add another, or add the new words beside it.",
            field="text",
        )
    if not memory.is_current:
        successor = f" by {memory.superseded_by!r}" if memory.superseded_by else ""
        raise InvalidInput(
            f"Memory {memory.id!r} was superseded{successor}: its words belong to the past.",
            hint="Update the memory that took its place, or add a new one.",
            field="text",
        )


def _outcome(board: Board, before: Memory) -> ItemOutcome:
    """What became of the memory and of others."""
    memory = board.memories[before.id]
    event: Literal["UPDATE", "NONE"] = "UPDATE" if memory != before else "NONE"
    return ItemOutcome(
        results=(
            Outcome(event=event, memory=memory, previous_text=before.text),
            *turned(board.turns, board.memories, but=before.id),
        ),
        added=board.shown(board.added),
        closed=board.shown(filter(board.was_current, board.closed)),
    )
