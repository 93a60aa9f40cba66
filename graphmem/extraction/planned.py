"""What planning is given and what it answers, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from graphmem.changes import ChangeSet
from graphmem.drafts import Extraction
from graphmem.models import Entity, Episode, Memory, Relation, Scope
from graphmem.queries import KnownQuery

__all__ = ["ItemOutcome", "KeepEpisodes", "Outcome", "Plan", "PlanItem", "turned"]

KeepEpisodes = Literal["sourced", "all", "none"]
"""Which source texts are kept: those that a memory came from, all, or none. Refused ones never are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One add: its messages and what was extracted from them.

    `shown` are the memories that the extractor saw; where no model judged them, the words decide what they retire.
    `recent` keeps, with `sourced`, also that many of the run's newest messages, sourced or not, as context for the next
    extraction; older ones that are not sourced go.
    """

    scope: Scope
    episodes: tuple[Episode, ...] = ()
    extraction: Extraction
    shown: tuple[Memory, ...] = ()
    keep_episodes: KeepEpisodes = "sourced"
    recent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one memory.

    `event` is ADD, UPDATE (`previous_text` holds the old words), SUPERSEDE (it was retired), RESTORE (it is current
    again), DELETE, or NONE (it was known already; its provenance grew).
    """

    event: Literal["ADD", "UPDATE", "SUPERSEDE", "RESTORE", "DELETE", "NONE"]
    memory: Memory
    previous_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """What became of one item, draft by draft: each memory, followed by those it retired.

    `added` and `closed` are the relations that were new and those whose interval was closed, as they are after
    the plan.
    """

    results: tuple[Outcome, ...] = ()
    added: tuple[Relation, ...] = ()
    closed: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A change, and what it will have done.

    `entities` names the ends of the relations in `outcomes`. `counts` says how much of what goes (deletions).
    `more` is what the plan met references to and perhaps did not know: see `wider`. Without it the plan is sound, but
    leaves alone what it could not see.
    """

    changes: ChangeSet
    outcomes: tuple[ItemOutcome, ...] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    more: KnownQuery | None = None


def turned(
    turns: Iterable[tuple[str, bool]], memories: Mapping[str, Memory], *, but: str | None = None
) -> list[Outcome]:
    """Which memories, `but` one, turns `(id, whether it holds)` retired or restored; there and back is no news."""
    before: dict[str, bool] = {}
    for key, holds in turns:
        before.setdefault(key, not holds)
    return [
        Outcome(event="RESTORE" if memory.is_current else "SUPERSEDE", memory=memory)
        for key, held in before.items()
        if key != but and (memory := memories[key]).is_current != held
    ]
