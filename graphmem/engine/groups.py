"""What belongs together in an export: told apart from what it lacks, and joined to what a partition knows already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphmem.changes import Operation, PutEntity, PutEpisode, PutMemory, PutRelation, PutRevision
from graphmem.models import Entity, Memory, Mention, Partition
from graphmem.queries import Known
from graphmem.text import name_key

__all__ = ["Group", "homeless", "joined", "names_in", "torn"]


@dataclass(slots=True)
class Group:
    """Operations that belong together, each with its line, from the line that opens them on."""

    line: int
    id: str
    partition: Partition
    operations: list[tuple[int, Operation]] = field(default_factory=list)


def names_in(operations: Iterable[Operation]) -> frozenset[str]:
    """The folded names by which the operations call entities."""
    return frozenset(key for _, key in _calls(operations))


def _calls(operations: Iterable[Operation]) -> Iterator[tuple[str, str]]:
    """Each entity id with a folded name it is called by, its own first."""
    rest: list[tuple[str, str]] = []
    for each in operations:
        match each:
            case PutEntity(entity):
                yield entity.id, entity.key
            case PutMemory(memory):
                rest += [(mention.entity_id, name_key(mention.name)) for mention in memory.mentions]
    yield from rest


def homeless(operations: Sequence[tuple[int, Operation]]) -> dict[int, str]:
    """The lines that tell the history of a memory which is not there, and why that cannot be taken.

    A store would take them: that something was deleted is told so. But these have its words.
    """
    memories = {each.memory.id for _, each in operations if isinstance(each, PutMemory)}
    return {
        line: f"It tells of the memory {each.revision.memory_id!r}, which cannot be taken or is not there."
        for line, each in operations
        if isinstance(each, PutRevision)
        and each.revision.memory_id not in memories
        and (each.revision.old_text is not None or each.revision.new_text is not None or each.revision.state)
    }


def torn(operations: Sequence[tuple[int, Operation]]) -> dict[int, str]:
    """The lines that refer to what is not among the operations, and to what: without them the others are whole."""
    there: dict[type, set[str]] = {kind: set() for kind in (PutEntity, PutRelation, PutEpisode)}
    for _, each in operations:
        match each:
            case PutEntity(entity):
                there[PutEntity].add(entity.id)
            case PutEpisode(episode):
                there[PutEpisode].add(episode.id)
    found: dict[int, str] = {}

    def check(line: int, each: Operation) -> None:
        for kind, ids in _references(each):
            if missing := sorted(ids - there[kind]):
                found[line] = f"It refers to {missing[0]!r}, which cannot be taken or is not there."
                return
        if isinstance(each, PutRelation):
            there[PutRelation].add(each.relation.id)

    for kind in (PutRelation, PutMemory):  # in the order in which they refer to each other
        for line, each in operations:
            if isinstance(each, kind):
                check(line, each)
    return found


def _references(operation: Operation) -> list[tuple[type, set[str]]]:
    match operation:
        case PutRelation(relation):
            return [(PutEntity, {relation.subject_id, relation.object_id})]
        case PutMemory(memory):
            return [
                (PutEntity, {*memory.entity_ids}),
                (PutRelation, {*memory.relation_ids}),
                (PutEpisode, {*memory.episode_ids}),
            ]
    return []


def joined(operations: Sequence[Operation], known: Known) -> tuple[Operation, ...]:
    """The operations, with entities that the partition knows by one of their names already taken for those.

    A name that the partition uses for somebody else than the others goes to whom it uses it for.
    """
    same: dict[str, Entity] = {}
    strangers = False
    for id_, key in _calls(operations):
        if key in known.entities:
            same.setdefault(id_, known.entities[key])
            strangers = strangers or known.entities[key].id != id_
    if not strangers:
        return tuple(operations)
    ids = {id_: entity.id for id_, entity in same.items()}
    ends = {
        each.relation.id: {ids.get(end, end) for end in (each.relation.subject_id, each.relation.object_id)}
        for each in operations
        if isinstance(each, PutRelation)
    }
    names = {entity.id: entity.name for entity in same.values()}
    return tuple(_rewritten(operations, known, ids, ends, names))


def _rewritten(
    operations: Iterable[Operation],
    known: Known,
    ids: Mapping[str, str],
    ends: Mapping[str, set[str]],
    names: Mapping[str, str],
) -> Iterator[Operation]:
    for each in operations:
        match each:
            case PutEntity(entity) if ids.get(entity.id, entity.id) != entity.id:
                continue
            case PutRelation(relation):
                subject = ids.get(relation.subject_id, relation.subject_id)
                target = ids.get(relation.object_id, relation.object_id)
                yield PutRelation(replace(relation, subject_id=subject, object_id=target))
            case PutMemory(memory):
                stated = {end for key in memory.relation_ids for end in ends.get(key, ())}
                yield PutMemory(replace(memory, mentions=_mentions(memory, known, ids, stated, names)))
            case _:
                yield each


def _mentions(
    memory: Memory, known: Known, ids: Mapping[str, str], stated: set[str], names: Mapping[str, str]
) -> tuple[Mention, ...]:
    """The memory's mentions of whom the names mean here, and of the ends of what it states."""
    found = set()
    for mention in memory.mentions:
        meant = known.entities.get(name_key(mention.name))
        id_ = meant.id if meant is not None else ids.get(mention.entity_id, mention.entity_id)
        found.add(replace(mention, entity_id=id_))
    for missing in stated - {mention.entity_id for mention in found}:
        if missing in names:
            found.add(Mention(entity_id=missing, name=names[missing]))
    return tuple(sorted(found))
