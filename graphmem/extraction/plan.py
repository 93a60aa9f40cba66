"""Planning: from what was extracted and what is known to a ChangeSet. Pure: no reads, no writes, no clock.

First ask what has to be known (`needs`, `needs_update`, `needs_delete`), read it in one consistent state, then plan
(`plan`, `plan_update`, `plan_delete`); where a plan met more than was read, read that as well (`wider`). What may
retire what is decided in `succession`, who is who in `resolve`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from graphmem.extraction.board import Board
from graphmem.extraction.forget import plan_delete
from graphmem.extraction.needs import more_of, needs, needs_delete, needs_update, one_partition, wider
from graphmem.extraction.planned import ItemOutcome, Outcome, Plan, PlanItem
from graphmem.extraction.registry import Registry
from graphmem.extraction.remember import Item
from graphmem.extraction.update import plan_update
from graphmem.ids import new_id
from graphmem.queries import Known

__all__ = [
    "ItemOutcome",
    "Outcome",
    "Plan",
    "PlanItem",
    "needs",
    "needs_delete",
    "needs_update",
    "plan",
    "plan_delete",
    "plan_update",
    "wider",
]


def plan(
    items: Sequence[PlanItem],
    known: Known,
    *,
    at: datetime,
    change_id: str,
    registry: Registry,
    by: str | None = None,
    new_id: Callable[[], str] = new_id,
) -> Plan:
    """Remember items of one partition, in this order, in one ChangeSet: each as if those before it were known.

    `known` answers `needs(items, registry)`; `at` is the present moment, `by` the actor for the history. Raises
    `InvalidInput` for items of several partitions, and for entities without a name.
    """
    board = Board(one_partition(items), known, at=at, registry=registry, by=by, new_id=new_id)
    made = [Item(board, item).remember() for item in items]
    changes = board.changes(change_id)
    outcomes = tuple(
        replace(outcome, added=board.shown(added), closed=board.shown(filter(board.was_current, closed)))
        if added or closed
        else outcome
        for outcome, (added, closed) in made
    )
    touched = [relation for outcome in outcomes for relation in (*outcome.added, *outcome.closed)]
    return Plan(changes=changes, outcomes=outcomes, entities=board.named(touched), more=more_of(board))
