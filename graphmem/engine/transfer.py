"""Moving memories in and out: JSON lines that lose nothing, and bulk import that can be resumed."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from graphmem.changes import ChangeSet, PutMemory, Watch
from graphmem.engine.codec import decode, encode
from graphmem.engine.commit import Committer
from graphmem.engine.groups import Group, homeless, joined, names_in, torn
from graphmem.engine.parts import Parts
from graphmem.engine.records import HOUSE
from graphmem.engine.remember import BULK, Remember
from graphmem.engine.requests import MAX_NAME, AddRequest, read_add
from graphmem.errors import Conflict, InvalidInput
from graphmem.extraction.plan import Plan
from graphmem.ids import check_id, new_id
from graphmem.models import Partition
from graphmem.queries import Known, KnownQuery
from graphmem.text import clean

__all__ = ["Imported", "Refusal", "Transfer"]

FORMAT = 1
"""Version of the export format, in its first line."""

MAX_HEAD = 200
"""Characters at the start of a line in which its type is looked for when it cannot be read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did. `skipped` lines had been taken by an earlier, interrupted run of the same file."""

    lines: int = 0
    memories: int = 0
    skipped: int = 0
    refused: list[Refusal] = field(default_factory=list)


class Transfer:
    """Exports and imports."""

    def __init__(self, parts: Parts, remember: Remember, committer: Committer) -> None:
        self._parts = parts
        self._store = parts.store
        self._remember = remember
        self._committer = committer

    async def export(self, project: str | None = None, owner: str | None = None) -> AsyncGenerator[str, None]:
        """Everything as JSON lines. A line of type `changes` opens each group that belongs together."""
        yield json.dumps({"type": "graphmem", "format": FORMAT})
        async for changes in self._store.dump(project, owner):
            head = {"type": "changes", "id": changes.id, "partition": list(changes.partition)}
            yield json.dumps({**head, "at": changes.at.isoformat()})
            for operation in changes.operations:
                yield json.dumps(encode(operation), ensure_ascii=False)

    async def read(
        self,
        lines: Iterable[str],
        *,
        name: str,
        project: str,
        defaults: Mapping[str, Any],
        progress: Callable[[Imported], None] | None = None,
    ) -> Imported:
        """Import JSON lines: an export of graphmem, or one object of `add`'s arguments a line.

        `name` stands for the content (a digest of the file): an interrupted import of the same `name` goes on where it
        stopped. `defaults` are arguments that lines leave out. A line that cannot be taken is reported, and loses only
        itself; a part that fails (`Unavailable`, `ModelError`) ends the import, to be resumed.
        """
        progress = progress or _silent
        setting = f"import:{project}:{name}"
        # Kept until the import is complete: resumed, it goes on with the ids of the interrupted run, so that no line
        # counts twice; started anew, with others, so that what was deleted meanwhile comes back.
        state = await self._store.setting(HOUSE, setting) or {"run": new_id(), "done": 0}
        await self._store.put_setting(HOUSE, setting, state)
        run, report = state["run"], Imported(skipped=state["done"])
        numbered = enumerate(lines, start=1)
        first = next(numbered, (0, ""))
        if _is_export(first[1]):
            batches = self._groups(numbered, run, project, report)
        else:
            batches = self._adds(chain([first], numbered), run, project, defaults, report)
        async for last in batches:
            await self._store.put_setting(HOUSE, setting, {"run": run, "done": last})
            report.lines = last
            progress(report)
        await self._store.put_setting(HOUSE, setting, None)
        return report

    # -- one object of arguments a line

    async def _adds(
        self,
        lines: Iterable[tuple[int, str]],
        run: str,
        project: str,
        defaults: Mapping[str, Any],
        report: Imported,
    ) -> AsyncIterator[int]:
        """Add the lines in batches; yields the last line of each batch that is safely stored."""
        batch: list[tuple[int, AddRequest]] = []
        start = last = report.skipped
        for last, line in lines:
            if last <= report.skipped or not line.strip():
                continue
            try:
                batch.append((last, read_add(project, {**defaults, **_arguments(line)})))
            except InvalidInput as error:
                report.refused.append(Refusal(last, str(error)))
            if len(batch) == BULK:
                await self._add(batch, f"{run}:{start}", report)
                yield last
                batch, start = [], last
        if batch:
            await self._add(batch, f"{run}:{start}", report)
        yield last

    async def _add(self, batch: Sequence[tuple[int, AddRequest]], key: str, report: Imported) -> None:
        """Add one batch, each part of it that is written at once under an id of its own: no line counts twice."""
        for direct, grouped in groupby(batch, lambda each: each[1].direct):
            lines = list(grouped)
            for part in [lines] if direct else [[each] for each in lines]:
                try:
                    await self._add_part(part, f"{key}:{part[0][0]}", report)
                except InvalidInput as error:
                    if len(part) == 1:
                        report.refused.append(Refusal(part[0][0], str(error)))
                    else:
                        await self._add_each(part, key, report)

    async def _add_each(self, part: Sequence[tuple[int, AddRequest]], key: str, report: Imported) -> None:
        """One of them only shows its fault when its messages are read: then each goes by itself."""
        for line, request in part:
            try:
                await self._add_part([(line, request)], f"{key}:line {line}", report)
            except InvalidInput as error:
                report.refused.append(Refusal(line, str(error)))

    async def _add_part(self, part: Sequence[tuple[int, AddRequest]], key: str, report: Imported) -> None:
        def change_id(partition: Partition, first: int) -> str:
            return str(uuid5(NAMESPACE_OID, f"{key}:{first}:{partition.project}:{partition.owner}"))

        added = await self._remember.add_many([request for _, request in part], change_id=change_id)
        report.memories += sum(len(each.outcomes) for each in added)

    # -- an export read back

    async def _groups(
        self, lines: Iterable[tuple[int, str]], run: str, project: str, report: Imported
    ) -> AsyncIterator[int]:
        """Apply an export's groups; yields the last line of each."""
        group: Group | None = None
        last = 0
        for last, line in lines:
            try:
                found = _arguments(line)
                if found.get("type") != "changes":
                    operation = decode(found, project)
                    if group is None:
                        raise InvalidInput("It belongs to no group: no line of type 'changes' stands before it.")
                    group.operations.append((last, operation))
                    continue
                opened = _opened(last, found, run, project)
            except InvalidInput as error:
                report.refused.append(Refusal(last, str(error)))
                if '"changes"' not in line[:MAX_HEAD]:
                    continue
                opened = None
            if group is not None and last - 1 > report.skipped:
                await self._apply(group, report)
                yield last - 1
            group = opened
        if group is not None:
            await self._apply(group, report)
        yield last

    async def _apply(self, group: Group, report: Imported) -> None:
        """Write a group, without what cannot be taken for want of a line that was refused, or was never there."""
        group = _without(homeless(group.operations), group, report)
        if not group.operations:
            return
        try:
            await self._write(group, report)
        except (InvalidInput, Conflict) as error:
            lost = torn(group.operations)
            if not lost:
                report.refused.append(Refusal(group.line, f"The group that begins here cannot be taken: {error}"))
                return
            await self._apply(_without(lost, group, report), report)

    async def _write(self, group: Group, report: Imported) -> None:
        operations = [each for _, each in group.operations]
        names = names_in(operations)

        def planned(_: Partition, known: Known) -> Plan:
            changes = ChangeSet(
                id=group.id,
                partition=group.partition,
                sequence=known.sequence,
                at=self._parts.clock(),
                operations=joined(operations, known),
                watch=Watch(names=names),
            )
            return Plan(changes=changes)

        query = KnownQuery(partition=group.partition, names=names)
        committed = await self._committer.commit({group.partition: query}, planned)
        made, applied = committed[group.partition]
        await self._committer.copy([applied])
        if not applied.repeated:
            report.memories += sum(isinstance(each, PutMemory) for each in made.changes.operations)


def _without(lost: Mapping[int, str], group: Group, report: Imported) -> Group:
    report.refused += [Refusal(line, reason) for line, reason in sorted(lost.items())]
    return replace(group, operations=[(line, each) for line, each in group.operations if line not in lost])


def _opened(line: int, head: Mapping[str, Any], run: str, project: str) -> Group:
    """The group that a line of type `changes` opens. Its id is this run's: a file may be imported again."""
    match head.get("partition"):
        case [str(), str(owner)] if owner:
            clean(owner, field="partition", max_length=MAX_NAME)
        case _:
            raise InvalidInput("'partition' has to be a project and an owner.", field="partition")
    given = check_id(head.get("id", ""))
    return Group(line, str(uuid5(NAMESPACE_OID, f"{run}:{given}")), Partition(project, owner))


def _is_export(first: str) -> bool:
    """Whether the first line says that the others are an export. Raises `InvalidInput` for one of a later format."""
    try:
        head = _arguments(first)
    except InvalidInput:
        return False
    if head.get("type") != "graphmem":
        return False
    if head.get("format") != FORMAT:
        raise InvalidInput(
            f"The export has the format {repr(head.get('format'))[:20]}; this version reads {FORMAT}.",
            hint="Import it with the version that made it, or a later one.",
            field="format",
        )
    return True


def _silent(_: Imported) -> None:
    return


def _arguments(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"It is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"It is not an object, but {type(found).__name__}.")
    return found
