"""Planning deletions: what goes, what holds again, and what is cut from the sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from graphmem.errors import InvalidInput
from graphmem.extraction.board import Board
from graphmem.extraction.needs import more_of
from graphmem.extraction.planned import ItemOutcome, Outcome, Plan, turned
from graphmem.extraction.registry import Registry
from graphmem.extraction.reopen import withdraw
from graphmem.ids import new_id
from graphmem.models import Episode, Memory, Partition
from graphmem.queries import Known
from graphmem.text import fold

__all__ = ["plan_delete", "redacted"]


def plan_delete(
    ids: Iterable[str],
    known: Known,
    *,
    at: datetime,
    change_id: str,
    registry: Registry,
    by: str | None = None,
    partition: Partition | None = None,
    new_id: Callable[[], str] = new_id,
) -> Plan:
    """Delete memories of one partition, immutable ones too; ids that are not known are passed over.

    What was superseded by a deleted memory holds again, unless another one took its place meanwhile. Source
    episodes go with the last memory that came from them; from the others the memory's words are cut. `counts` has
    `memories`, `episodes` (dropped), `redacted` (episodes) and `restored` (memories). `partition` is needed only
    where it may be that none of `ids` is known.
    """
    gone = {key: memory for key in dict.fromkeys(ids) if (memory := known.memories.get(key)) is not None}
    found = {memory.scope.partition for memory in gone.values()} or ({partition} if partition else set())
    if len(found) != 1:
        raise InvalidInput(
            f"A plan is about one partition; these {len(gone)} memories are of {len(found)}.", field="ids"
        )
    place = found.pop()
    board = Board(place, known, at=at, registry=registry, by=by, new_id=new_id)
    board.watch_ids.update(gone)
    lost = {memory_id: board.stated_by(memory_id) for memory_id in gone}
    withdraw(board, lost, gone)
    for memory in gone.values():
        board.drop_memory(memory)
    dropped, redacted_ = _forget_sources(board, gone)
    changes = board.changes(change_id)
    restored = turned(board.turns, board.memories)
    deleted = (Outcome(event="DELETE", memory=memory) for memory in gone.values())
    return Plan(
        changes=changes,
        outcomes=(ItemOutcome(results=(*deleted, *restored)),),
        counts={
            "memories": len(gone),
            "episodes": dropped,
            "redacted": redacted_,
            "restored": len(restored),
        },
        more=more_of(board),
    )


def _forget_sources(board: Board, gone: Mapping[str, Memory]) -> tuple[int, int]:
    """Drop the episodes that only deleted memories came from, cut the words of these from the others."""
    dropped = redacted_ = 0
    for episode in board.known.episodes:
        sources = board.known.sources.get(episode.id, ())
        deleted = [gone[key] for key in sources if key in gone]
        if not deleted:
            continue
        board.watch_ids.add(episode.id)
        if len(deleted) == len(sources):
            board.dropped_episodes[episode.id] = None
            dropped += 1
            continue
        shorter = redacted(episode, (memory.text for memory in deleted))
        if shorter != episode:
            board.episodes[episode.id] = shorter
            redacted_ += 1
    return dropped, redacted_


def redacted(episode: Episode, texts: Iterable[str]) -> Episode:
    """The episode without these texts; without any content where one is not found literally, or still said after."""
    content = episode.content
    for text in texts:
        if text not in content:
            return replace(episode, content="")
        content = content.replace(text, " ")
        if fold(text) in fold(content):
            return replace(episode, content="")
    content = re.sub(r"[ \t]{2,}", " ", content).strip() if content != episode.content else content
    return replace(episode, content=content)
