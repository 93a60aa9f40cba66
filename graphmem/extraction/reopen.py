"""Taking statements back: what only they said goes, and what they had retired takes its place again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from graphmem.extraction.board import Board
from graphmem.extraction.succession import (
    are_rivals,
    follow,
    in_line,
    retire_memory,
    rivals_of,
    same_statement,
    settle,
)
from graphmem.models import Event, Memory, Relation
from graphmem.text import name_key

__all__ = ["withdraw"]


def withdraw(board: Board, lost: Mapping[str, Sequence[Relation]], gone: Mapping[str, Memory]) -> None:
    """Let memories state relations no longer, and reopen what had given way to them.

    `lost` are the relations that each memory stops stating, `gone` the memories that are deleted altogether.
    """
    losers: dict[str, list[Memory]] = {}
    for memory_id, relations in lost.items():
        for relation in relations:
            board.unlink(memory_id, relation.id)
            board.watch_subjects.add(relation.subject_id)
            losers.setdefault(relation.id, []).append(board.memories[memory_id])
    for relation_id, memories in losers.items():
        if board.stating[relation_id]:
            _redate(board, board.relations[relation_id], memories)
    caused = {
        relation.id: relation
        for relation in board.relations.values()
        if relation.superseded_by in lost and board.stating[relation.id] and _is_cause(board, relation, lost)
    }
    # The last in line first: each then finds what follows it as it will be.
    for relation in sorted(caused.values(), key=board.start, reverse=True):
        _ask(board, relation)
        _reopen(board, board.relations[relation.id])
    for memory in [memory for memory in board.memories.values() if memory.superseded_by in lost]:
        if memory.id not in gone:
            _release(board, memory, caused, gone)
    for relation in [each for each in board.relations.values() if each.superseded_by in gone]:
        if board.stating[relation.id]:
            _hand_over(board, relation, _heir(relation.superseded_by, gone))


def _is_cause(board: Board, relation: Relation, lost: Mapping[str, Sequence[Relation]]) -> bool:
    """Whether a relation was closed because of what is lost, not because of words or of what is still said."""
    by = relation.superseded_by
    assert by is not None
    if any(other.id != relation.id and are_rivals(board, other, relation) for other in board.stated_by(by)):
        return False
    return any(same_statement(board, other, relation) or are_rivals(board, other, relation) for other in lost[by])


def _ask(board: Board, relation: Relation) -> None:
    """Note by which names the neighbours in line of a relation are asked for: perhaps they were not read."""
    ends: dict[str, set[str]] = {relation.subject_id: set(), relation.object_id: set()}
    for memory_id in board.stating[relation.id]:
        memory = board.memories.get(memory_id)
        for mention in memory.mentions if memory else ():
            if mention.entity_id in ends:
                ends[mention.entity_id].add(name_key(mention.name))
    subjects, objects = ends[relation.subject_id], ends[relation.object_id]
    board.watch_subjects.add(relation.subject_id)
    board.wanted_slots |= {(name, kin) for name in subjects for kin in board.registry.of(relation.type).kin}
    board.wanted_pairs |= {(subject, other) for subject in subjects for other in objects}


def _reopen(board: Board, relation: Relation) -> None:
    """Let a relation hold until the next rival begins, or on and on."""
    place = (board.start(relation), relation.created_at, relation.id)
    later = [rival for rival in rivals_of(board, relation) if (board.start(rival), rival.created_at, rival.id) > place]
    if later:
        end = min(map(board.start, later))
        _absorb(board, relation, end)
        follow(board, board.relations[relation.id], later)
    elif not _absorb(board, relation, None):
        follow(board, relation, [])


def _absorb(board: Board, relation: Relation, end: datetime | None) -> bool:
    """Take in what says the same of later times, now that nothing lies in between; True if it says until when."""
    for other in board.between(relation.subject_id, relation.object_id):
        if other.id == relation.id or not same_statement(board, other, relation):
            continue
        start = board.start(other)
        if not in_line(board, other) or start < board.start(relation) or (end is not None and start >= end):
            continue
        for memory_id in list(board.stating[other.id]):
            board.unlink(memory_id, other.id)
            board.link(memory_id, relation.id)
        board.put_relation(
            replace(
                board.relations[relation.id],
                invalid_at=other.invalid_at,
                expired_at=other.expired_at,
                superseded_by=other.superseded_by,
            )
        )
        return True
    return False


def _release(board: Board, memory: Memory, caused: Mapping[str, Relation], gone: Mapping[str, Memory]) -> None:
    """Let a memory that was superseded hold again, or hand it over to who superseded its successor."""
    by = memory.superseded_by
    if board.linked(memory.id) - board.relations.keys():
        board.unseen.add(memory.id)
    stated = board.stated_by(memory.id)
    own = [relation for relation in stated if relation.id in caused]
    silenced = [relation for relation in stated if relation.superseded_by == by and relation.id not in caused]
    heir = None
    if not own or silenced:
        # Words retired it as a whole. While they stand, so does that; then what retired them inherits it.
        if by not in gone:
            return
        heir = _heir(by, gone, memory.id)
        for relation in silenced:
            _hand_over(board, relation, heir)
    if heir is not None:
        end = memory.invalid_at or board.at
        for relation in own:
            if relation.is_current:
                ended = replace(relation, invalid_at=max(end, board.start(relation)), superseded_by=heir)
                board.put_relation(replace(ended, expired_at=board.expiry(relation)))
        retire_memory(board, memory, end, heir, "handed over")
        return
    if any(relation.is_current for relation in board.stated_by(memory.id)) or not (own or silenced):
        _restore(board, memory)
        return
    settle(board, memory.id, reason="handed over")
    if board.memories[memory.id].superseded_by in gone:
        _restore(board, memory)


def _hand_over(board: Board, relation: Relation, heir: str | None) -> None:
    """Let another memory be what closed a relation; without one it holds again."""
    if heir is not None:
        board.put_relation(replace(relation, superseded_by=heir))
    else:
        _ask(board, relation)
        _reopen(board, relation)


def _heir(memory_id: str | None, gone: Mapping[str, Memory], but: str | None = None) -> str | None:
    """Who superseded a deleted memory, or its successor if that goes too; never `but`."""
    passed = {but}
    while memory_id is not None and memory_id in gone and memory_id not in passed:
        passed.add(memory_id)
        memory_id = gone[memory_id].superseded_by
    return None if memory_id in passed else memory_id


def _restore(board: Board, memory: Memory) -> None:
    for relation in board.stated_by(memory.id):
        is_over = not relation.is_current and relation.superseded_by is None
        if is_over and board.registry.of(relation.type).slot is None:
            board.put_relation(replace(relation, expired_at=None))  # hidden with the memory that tells of it
    restored = replace(memory, invalid_at=None, expired_at=None, superseded_by=None)
    board.put_memory(restored)
    board.log(Event.RESTORE, restored, new=memory.text, reason="successor withdrawn")
    board.turns.append((memory.id, True))


def _redate(board: Board, relation: Relation, losers: Sequence[Memory]) -> None:
    """Take back from a relation the dates that only those who state it no longer had given it."""
    left = [board.memories[key] for key in board.stating[relation.id] if key in board.memories]
    board.watch_ids.update(memory.id for memory in left)
    valid_at, invalid_at = relation.valid_at, relation.invalid_at
    given = {moment for memory in losers for moment in (memory.valid_at, memory.observed_at)}
    given -= {memory.valid_at for memory in left}
    if left and in_line(board, relation) and (valid_at is None or valid_at in given):
        valid_at = board.dated(memory.id for memory in left)
        if valid_at is not None and invalid_at is not None and valid_at > invalid_at:
            valid_at = None
    ends = {memory.invalid_at for memory in losers} - {memory.invalid_at for memory in left}
    if relation.is_current and invalid_at in ends:
        invalid_at = None
    if (valid_at, invalid_at) != (relation.valid_at, relation.invalid_at):
        board.put_relation(replace(relation, valid_at=valid_at, invalid_at=invalid_at))
