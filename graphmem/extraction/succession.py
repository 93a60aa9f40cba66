"""What follows what: the intervals of relations that exclude each other, and the memories that state them.

Rivals are relations of one subject that cannot hold together: another object in the same functional slot, or the
opposite about the same object. Among rivals each begins where the one before it ends, in whatever order they are
told. What was told as over and done ("lived in Porto from 2010 to 2011") stands by itself: it retires nothing and is
not retired. What is only planned ("moves to Lisbon in May") does not retire what holds meanwhile. Relations that an
immutable memory states are never closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from graphmem.extraction.board import Board
from graphmem.extraction.registry import NOT_RELATED_TO, RELATED_TO, Predicate
from graphmem.models import Event, Memory, Relation
from graphmem.text import fold

__all__ = ["Saying", "are_rivals", "close", "follow", "in_line", "retire", "rivals_of", "same_statement", "state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A relation as one memory says it: since `start` (`valid_at`, else when it was `told`)."""

    memory_id: str
    subject_id: str
    predicate: Predicate
    object_id: str
    label: str
    start: datetime
    told: datetime
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    immutable: bool = False

    @property
    def is_past(self) -> bool:
        """Whether it was told as over."""
        return self.invalid_at is not None and self.invalid_at <= self.told


def state(board: Board, saying: Saying) -> Relation:
    """Let the memory state its relation, and let what it excludes give way; the relation, old or new."""
    here = board.between(saying.subject_id, saying.object_id)
    same = [relation for relation in here if _says_the_same(relation, saying)]
    if saying.is_past:
        return _state_past(board, saying, same)
    predicate = saying.predicate
    rivals = _rivals(board, saying.subject_id, saying.object_id, predicate, saying.label, here)
    if not same and not rivals:
        return _begin(board, saying)
    board.watch_ids |= {relation.id for relation in same} & board.known_relations.keys()
    rivals = _contemporaries(board, rivals, saying)
    same = [each for each in same if in_line(board, each) and (each.is_current or not saying.immutable)]
    if _come_due(board, [*same, *rivals]):
        return state(board, saying)
    for relation in same:
        if board.start(relation) <= saying.start and _holds_at(relation, saying.start):
            return _join(board, saying, relation)
    later = [relation for relation in rivals if board.start(relation) > saying.start]
    for rival in rivals:
        if _gives_way(board, rival, saying):
            later += close(board, rival, saying.start, by=saying.memory_id, reason=_reason(rival, saying))
    following = _following(board, saying, same, later)
    return _begin(board, saying, later) if following is None else _join(board, saying, following)


def _says_the_same(relation: Relation, saying: Saying) -> bool:
    predicate = saying.predicate
    return relation.type == predicate.type and (not predicate.worded or fold(relation.label) == fold(saying.label))


# -- joining and beginning


def _holds_at(relation: Relation, moment: datetime) -> bool:
    """Whether a relation that began before still holds then."""
    return relation.invalid_at is None or moment < relation.invalid_at


def _following(board: Board, saying: Saying, same: list[Relation], later: list[Relation]) -> Relation | None:
    """The relation of the same words that began later, with nothing else in between."""
    starts = [board.start(rival) for rival in later]
    for relation in sorted(same, key=board.start):
        start = board.start(relation)
        goes_on = saying.invalid_at is None or start <= saying.invalid_at
        if start > saying.start and goes_on and not any(rival <= start for rival in starts):
            return relation
    return None


def _join(board: Board, saying: Saying, relation: Relation) -> Relation:
    """Add a memory to those that state the relation, which a dated one dates."""
    valid_at, invalid_at = relation.valid_at, relation.invalid_at
    if saying.start < board.start(relation):
        valid_at = saying.start if valid_at is not None else saying.valid_at
    if relation.is_current and invalid_at is None:
        invalid_at = saying.invalid_at
    if (valid_at, invalid_at) != (relation.valid_at, relation.invalid_at):
        relation = board.put_relation(replace(relation, valid_at=valid_at, invalid_at=invalid_at))
    board.link(saying.memory_id, relation.id)
    return relation


def _begin(board: Board, saying: Saying, later: list[Relation] | None = None) -> Relation:
    """A new relation, which ends where the next rival begins."""
    relation = Relation(
        id=board.new_id(),
        project=board.partition.project,
        owner=board.partition.owner,
        subject_id=saying.subject_id,
        type=saying.predicate.type,
        object_id=saying.object_id,
        label=saying.label,
        valid_at=saying.valid_at,
        invalid_at=saying.invalid_at,
        created_at=board.at,
    )
    if later and not saying.immutable:
        relation = _until(board, relation, later)
    board.put_relation(relation)
    board.added.append(relation.id)
    board.link(saying.memory_id, relation.id)
    return relation


def _until(board: Board, relation: Relation, later: list[Relation]) -> Relation:
    """The relation, closed where the first of the later rivals begins."""
    following = min(later, key=lambda rival: (board.start(rival), rival.created_at, rival.id))
    end = board.start(following)
    if relation.invalid_at is not None and relation.invalid_at <= end:
        return relation
    return replace(
        relation,
        invalid_at=end,
        expired_at=board.expiry(relation),
        superseded_by=_voice(board, following),
    )


def follow(board: Board, relation: Relation, later: list[Relation]) -> Relation:
    """Close a relation, or leave it open if there are no later rivals, whatever it was before."""
    opened = replace(relation, invalid_at=None, superseded_by=None)
    if not later:
        return board.put_relation(replace(opened, expired_at=None))
    return board.put_relation(_until(board, opened, later))


def _state_past(board: Board, saying: Saying, same: list[Relation]) -> Relation:
    """State what is over: by itself, or as the end of what was thought to go on."""
    end = saying.invalid_at
    assert end is not None
    for relation in same:
        if relation.is_current and in_line(board, relation) and _ends(board, relation, saying):
            close(board, relation, end, by=saying.memory_id, reason="ended")
    for relation in map(board.relations.__getitem__, [relation.id for relation in same]):
        if relation.invalid_at == end or _overlaps(board, relation, saying):
            if relation.valid_at is None and saying.valid_at and saying.valid_at <= board.start(relation):
                relation = board.put_relation(replace(relation, valid_at=saying.valid_at))
            board.link(saying.memory_id, relation.id)
            return relation
    relation = _begin(board, saying)
    if saying.predicate.slot is None:
        return relation
    # It is known to be over, so it is not among what holds now: the subject's one object is somebody else.
    return board.put_relation(replace(relation, expired_at=board.at))


def _ends(board: Board, relation: Relation, saying: Saying) -> bool:
    """Whether a past statement says that a relation, believed to hold, has ended.

    Without a beginning it says just that. With one it may be about an earlier time only, unless it goes on beyond
    the moment at which the relation was last said to hold.
    """
    last = board.last_told(relation)
    if saying.invalid_at is None or saying.invalid_at <= board.start(relation):
        return False
    if saying.told < last or _is_fixed(board, relation):
        return False
    if saying.valid_at is None:
        return True
    return saying.invalid_at > last


def _overlaps(board: Board, relation: Relation, saying: Saying) -> bool:
    """Whether both speak of one interval that is over."""
    if in_line(board, relation) or relation.invalid_at is None or saying.invalid_at is None:
        return False
    memories = (board.memories.get(key) for key in board.stating[relation.id])
    if not any(memory is None or memory.is_current for memory in memories):
        return False  # it was taken back
    start = relation.valid_at
    begins_in_time = start is None or start < saying.invalid_at
    return begins_in_time and (saying.valid_at is None or saying.valid_at < relation.invalid_at)


# -- rivals


def in_line(board: Board, relation: Relation) -> bool:
    """Whether a relation takes part in the succession: it holds, or something took its place."""
    if relation.expired_at is not None:
        return relation.superseded_by is not None
    return relation.invalid_at is None or relation.invalid_at > board.told(relation)


def _rivals(
    board: Board, subject_id: str, object_id: str, predicate: Predicate, label: str, here: list[Relation]
) -> list[Relation]:
    """The relations in line that exclude such a relation; `here` are those between the two entities."""
    opposed = board.registry.opposed
    found = [r for r in here if opposed(r.type, predicate.type) and _same_words(r, predicate.type, label)]
    if predicate.slot is not None:
        for relation in board.in_slot(subject_id, predicate.slot):
            if relation.object_id != object_id:
                found.append(relation)
            elif predicate.naming and fold(relation.label) != fold(label):
                found.append(relation)  # of a name, the words are the object
    board.watch_ids |= {relation.id for relation in found} & board.known_relations.keys()
    return [relation for relation in found if in_line(board, relation)]


def _same_words(relation: Relation, type_: str, label: str) -> bool:
    """Whether what is told apart by its words alone speaks of the same."""
    if {relation.type, type_} != {RELATED_TO, NOT_RELATED_TO}:
        return True
    return fold(relation.label).removeprefix("not ") == fold(label).removeprefix("not ")


def rivals_of(board: Board, relation: Relation) -> list[Relation]:
    """The relations in line with this one that exclude it."""
    here = board.between(relation.subject_id, relation.object_id)
    predicate = board.registry.of(relation.type)
    rivals = _rivals(board, relation.subject_id, relation.object_id, predicate, relation.label, here)
    is_plan = _is_ahead(board, board.start(relation), board.told(relation))
    return [each for each in rivals if _is_ahead(board, board.start(each), board.told(each)) == is_plan]


def same_statement(board: Board, one: Relation, other: Relation) -> bool:
    """Whether two relations say the same, of whatever times."""
    if (one.subject_id, one.type, one.object_id) != (other.subject_id, other.type, other.object_id):
        return False
    return not board.registry.of(one.type).worded or fold(one.label) == fold(other.label)


def are_rivals(board: Board, one: Relation, other: Relation) -> bool:
    """Whether two relations exclude each other, whenever they hold."""
    if one.subject_id != other.subject_id:
        return False
    predicate = board.registry.of(one.type)
    if one.object_id != other.object_id:
        return predicate.slot is not None and predicate.slot == board.registry.of(other.type).slot
    if predicate.naming and one.type == other.type:
        return fold(one.label) != fold(other.label)
    return board.registry.opposed(one.type, other.type) and _same_words(one, other.type, other.label)


def _gives_way(board: Board, rival: Relation, saying: Saying) -> bool:
    """Whether a rival holds when the saying begins, and may be closed."""
    start = board.start(rival)
    if start > saying.start or not _holds_at(rival, saying.start):
        return False
    if start == saying.start and _in_one_breath(board, rival, saying):
        return False
    return not _is_fixed(board, rival)


def _is_ahead(board: Board, start: datetime, told: datetime) -> bool:
    """Whether something is only to begin: what is planned retires nothing that holds, nor the other way round."""
    return start > board.at and start > told


def _contemporaries(board: Board, rivals: list[Relation], saying: Saying) -> list[Relation]:
    """The rivals that a saying has to stand in line with; plans that it denies are given up at once."""
    found = []
    is_plan = _is_ahead(board, saying.start, saying.told)
    for rival in rivals:
        start = board.start(rival)
        if _is_ahead(board, start, board.told(rival)) == is_plan:
            if not _gave_way(board, rival, saying):
                found.append(rival)
        elif not is_plan and rival.object_id == saying.object_id and rival.is_current and not _is_fixed(board, rival):
            close(board, rival, start, by=saying.memory_id, reason=_reason(rival, saying))
    return found


def _come_due(board: Board, line: list[Relation]) -> bool:
    """Let what was planned take its place once its time has come; whether anything gave way to it."""
    current = [relation for relation in line if relation.is_current]
    for plan in current if len(current) > 1 else ():
        start = board.start(plan)
        if board.told(plan) < start <= board.at:
            for other in current:
                is_before = board.start(other) < start and _holds_at(other, start)
                if is_before and are_rivals(board, plan, other) and not _is_fixed(board, other):
                    close(board, other, start, by=_voice(board, plan), reason=f"functional:{other.type}")
                    return True
    return False


def _gave_way(board: Board, rival: Relation, saying: Saying) -> bool:
    """Whether the memory retired this rival already, by words, or all who say it."""
    by, stating = saying.memory_id, board.stating[rival.id]
    if by in stating:
        return False
    memories = [board.memories.get(key) for key in stating]
    return rival.superseded_by == by or all(each is not None and each.superseded_by == by for each in memories)


def _in_one_breath(board: Board, rival: Relation, saying: Saying) -> bool:
    """Whether both were said together: "works at A and at B" does not contradict itself."""
    stating = board.stating[rival.id]
    if saying.memory_id in stating:
        return True
    if rival.object_id == saying.object_id:
        return False
    sources = board.sources.get(saying.memory_id, frozenset())
    return any(sources & board.sources.get(memory_id, frozenset()) for memory_id in stating)


def _is_fixed(board: Board, relation: Relation) -> bool:
    memories = (board.memories.get(key) for key in board.stating[relation.id])
    return any(memory is not None and memory.immutable for memory in memories)


def _reason(rival: Relation, saying: Saying) -> str:
    opposite = rival.object_id == saying.object_id and not saying.predicate.naming
    return f"{'opposite' if opposite else 'functional'}:{rival.type}"


def _voice(board: Board, relation: Relation) -> str:
    """The memory that speaks for a relation: the first to say it."""
    return min(board.stating[relation.id], key=lambda memory_id: (board.moment(memory_id), memory_id))


# -- closing


def close(board: Board, relation: Relation, end: datetime, *, by: str, reason: str) -> list[Relation]:
    """Let `by` close a relation at `end`; the memories whose relations are all retired are retired with it.

    Memories that say it of a time after `end` go on saying so in a relation of their own, which is returned.
    """
    stating = board.stating[relation.id]
    starts = {memory_id: board.moment(memory_id)[0] for memory_id in stating}
    after = {key for key, start in starts.items() if start > end and _holds_at(relation, start)}
    moved = [_split(board, relation, after)] if after and after < stating else []
    if relation.is_current:
        board.closed.append(relation.id)
    board.put_relation(replace(relation, invalid_at=end, expired_at=board.expiry(relation), superseded_by=by))
    for memory_id in sorted(board.stating[relation.id]):
        if memory_id != by:
            settle(board, memory_id, reason=reason)
    return moved


def _split(board: Board, relation: Relation, memory_ids: set[str]) -> Relation:
    """Give some memories a relation of their own, equal but for its beginning."""
    valid_at = board.dated(memory_ids)
    part = board.put_relation(replace(relation, id=board.new_id(), valid_at=valid_at, memory_ids=()))
    for memory_id in memory_ids:
        board.unlink(memory_id, relation.id)
        board.link(memory_id, part.id)
    return part


def settle(board: Board, memory_id: str, *, reason: str | None) -> None:
    """Retire a memory whose relations are all retired, as of when the last of them ended."""
    memory = board.memories.get(memory_id)
    if memory is None or memory.immutable:
        return
    links = board.linked(memory_id)
    known = [board.relations[key] for key in links if key in board.relations]
    board.watch_ids |= links & board.known_relations.keys()
    if any(relation.is_current for relation in known):
        return
    if len(known) < len(links) and memory.is_current:
        board.unseen.add(memory_id)  # perhaps something else that it states still holds
        return
    ended = [r for r in known if r.superseded_by not in (None, memory_id) and r.invalid_at is not None]
    if not ended:
        return
    last = max(ended, key=lambda relation: (relation.invalid_at, relation.id))
    assert last.invalid_at is not None
    end = max(last.invalid_at, board.moment(memory_id)[0])
    if memory.invalid_at is not None and (memory.is_current or len(known) < len(links)):
        end = min(end, memory.invalid_at) if memory.is_current else max(end, memory.invalid_at)
    retire_memory(board, memory, end, last.superseded_by, reason)


def retire_memory(board: Board, memory: Memory, end: datetime, by: str | None, reason: str | None) -> None:
    """Write that a memory was retired; nothing if it says so already."""
    retired = replace(memory, invalid_at=end, expired_at=board.expiry(memory), superseded_by=by)
    if retired == memory:
        return
    board.put_memory(retired)
    board.log(Event.SUPERSEDE, retired, old=memory.text, reason=reason)
    if memory.is_current:
        board.turns.append((memory.id, False))


def retire(board: Board, memory: Memory, *, by: str | None, since: datetime, told: datetime, reason: str) -> bool:
    """Retire a memory as a whole because words or a model say so, and close what it alone states.

    `by` is the successor, None where there is none. False if it is immutable or retired already.
    """
    if memory.immutable or not memory.is_current:
        return False
    start = board.moment(memory.id)[0]
    end = since if since > start else max(told, start)
    links = board.linked(memory.id)
    board.watch_ids |= links & board.known_relations.keys()
    if links - board.relations.keys():
        board.unseen.add(memory.id)
    for relation in board.stated_by(memory.id):
        others = [board.memories.get(key) for key in board.stating[relation.id] if key != memory.id]
        board.watch_ids.update(other.id for other in others if other is not None and other.id in board.known.memories)
        if relation.is_current and not any(other is None or other.is_current for other in others):
            board.closed.append(relation.id)
            if in_line(board, relation):
                ends = max(end, board.start(relation))
                ends = min(ends, relation.invalid_at) if relation.invalid_at else ends
                closed = replace(relation, invalid_at=ends, superseded_by=by)
            else:
                closed = relation  # it was over already: nothing took its place, so it does not join the line
            board.put_relation(replace(closed, expired_at=board.expiry(relation)))
    if memory.invalid_at is not None:
        end = min(end, memory.invalid_at)
    retire_memory(board, memory, end, by, reason)
    return True
