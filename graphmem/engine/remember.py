"""Remembering: messages in, one planned change out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from typing import Any

from graphmem.abc import Extractor
from graphmem.changes import Applied
from graphmem.drafts import EntityDraft, Extraction, ExtractionRequest, Instructions, MemoryDraft, Usage
from graphmem.engine.commit import Committer, Trailing
from graphmem.engine.documents import Documents, outlined
from graphmem.engine.parts import Parts
from graphmem.engine.projects import Projects
from graphmem.engine.requests import AddRequest
from graphmem.engine.steering import offered, steered
from graphmem.errors import NotFound
from graphmem.extraction.classify import Classifier
from graphmem.extraction.content import episodes_of, follows_words, sees_parts
from graphmem.extraction.plan import ItemOutcome, Outcome, Plan, PlanItem, needs, needs_update, plan, plan_update
from graphmem.filters import all_of, field_equals
from graphmem.ids import new_id
from graphmem.models import Entity, Episode, Memory, Partition, Relation, Scope
from graphmem.queries import Known, KnownQuery, MemoryQuery, View
from graphmem.retrieval import RecallQuery, Retriever
from graphmem.text import fold

__all__ = ["Added", "Once", "Remember", "Updated"]

SHOWN = 10
"""How many of the nearest memories the extractor is shown; the newest join them, as words may refer to those."""

NEWEST = 3

CONTEXT = 10
"""How many episodes of the run the extractor is given as context."""

BULK = 256
"""Texts planned and written together in bulk."""


ChangeIds = Callable[[Partition, int], str]


@dataclass(frozen=True, slots=True)
class Once:
    """Lets an add be carried out again without adding twice: under an `id` a store changes nothing a second time.

    `announce` is told what is about to be written, each time before it is.
    """

    id: str
    announce: Callable[[Sequence[Outcome]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one add. `lag` says why the index has still to catch up, where it has.

    `repeated` says that all of it had been written before (see `Once`), and what is told here is a second reading.
    """

    outcomes: tuple[Outcome, ...] = ()
    added: tuple[Relation, ...] = ()
    closed: tuple[Relation, ...] = ()
    entities: Mapping[str, Entity]
    usage: Usage
    milliseconds: float
    lag: str | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """A memory after an update."""

    memory: Memory
    lag: str | None = None


class Remember:
    """Adds and updates memories."""

    def __init__(self, parts: Parts, committer: Committer, retriever: Retriever, projects: Projects) -> None:
        self._parts = parts
        self._committer = committer
        self._retriever = retriever
        self._projects = projects
        self._classifier = Classifier(parts.encoders.dense, parts.encoders.sparse)
        self._documents = Documents(parts.fetch)

    async def add(self, request: AddRequest, once: Once | None = None) -> Added:
        """Remember what is in the messages; raises `ModelError` if the model fails, and then nothing was written."""
        started = time.perf_counter()
        at = self._parts.clock()
        request = await self._with_documents(request)
        [added], applied = await self._write(await self._items([request], at), at, request.by, once=once)
        lag = await self._committer.copy(applied)
        took = (time.perf_counter() - started) * 1000
        return replace(added, milliseconds=took, lag=lag, repeated=any(each.repeated for each in applied))

    def check(self, request: AddRequest) -> None:
        """Raise `InvalidInput` for messages that cannot be read, before anything is done with them."""
        self._episodes(request, self._parts.clock())

    async def add_many(
        self,
        requests: Sequence[AddRequest],
        *,
        progress: Callable[[int], None] | None = None,
        change_id: ChangeIds | None = None,
    ) -> list[Added]:
        """Remember many, in order. What needs no reading of earlier memories is planned and written in batches.

        All messages are read first: where some cannot be, it raises `InvalidInput`, and nothing was written.
        `change_id` gives the ChangeSets their ids, by partition and the place of their first request: an import gives
        the same ones again when it is resumed, so that nothing is remembered twice.
        """
        at = self._parts.clock()
        requests = [await self._with_documents(request) for request in requests]
        for request in requests:
            self._episodes(request, at)
        done: list[Added] = []
        copied = 0  # so many of `done` are in the index
        copies = Trailing(self._committer)

        async def write(batch: Sequence[AddRequest]) -> None:
            nonlocal copied
            if not batch[0].direct:
                await copies.finish()  # what is near is shown to the extractor
            added, applied = await self._add_batch(batch, len(done), change_id)
            if await copies.follow(applied) is None:
                copied = len(done)
            done.extend(added)
            if progress is not None:
                progress(len(done))

        try:
            for batch in _batches(requests):
                await write(batch)
        finally:
            lag = await copies.finish()
        return done if lag is None else [*done[:copied], *(replace(each, lag=lag) for each in done[copied:])]

    async def _add_batch(
        self, requests: Sequence[AddRequest], first: int, change_id: ChangeIds | None
    ) -> tuple[list[Added], list[Applied]]:
        started = time.perf_counter()
        at = self._parts.clock()
        items = await self._items(requests, at)
        added, applied = await self._write(items, at, requests[0].by, first, change_id)
        took = (time.perf_counter() - started) * 1000 / len(items)
        return [replace(each, milliseconds=took) for each in added], applied

    async def _items(self, requests: Sequence[AddRequest], at: datetime) -> list[PlanItem]:
        """The requests, each with what was extracted from it, in categories where some are offered."""
        items = [await self._item(request, at) for request in requests]
        choices: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for place, request in enumerate(requests):
            # What neither the caller put into categories nor an extractor that understands them is sorted by likeness.
            if not request.categories and not follows_words(self._extractor(request)):
                among = offered(request, await self._projects.get(request.scope.project)) or {}
                choices.setdefault(tuple(among.items()), []).append(place)
        for choice, places in choices.items():
            found = await self._sorted([items[place].extraction for place in places], dict(choice))
            for place, extraction in zip(places, found, strict=True):
                items[place] = replace(items[place], extraction=extraction)
        return items

    async def _sorted(self, extractions: Sequence[Extraction], among: Mapping[str, str]) -> list[Extraction]:
        """The extractions, with the categories that the words of each memory tell of."""
        texts = list(dict.fromkeys(draft.text for extraction in extractions for draft in extraction.memories))
        found = dict(zip(texts, await self._classifier.choose(texts, among), strict=True))
        return [
            replace(
                extraction,
                memories=tuple(
                    replace(draft, categories=draft.categories or found[draft.text]) for draft in extraction.memories
                ),
            )
            for extraction in extractions
        ]

    async def _item(self, request: AddRequest, at: datetime) -> PlanItem:
        """The request with what was extracted from it."""
        extractor, episodes = self._extractor(request), self._episodes(request, at)
        shown: tuple[Memory, ...] = ()
        context: tuple[Episode, ...] = ()
        if not request.direct:
            shown = await self._nearest(request.scope, " ".join(episode.content for episode in episodes))
            context = await self._context(request.scope)
        extraction = await extractor.extract(
            ExtractionRequest(
                scope=request.scope,
                episodes=episodes,
                context=context,
                shown=shown,
                instructions=await self._instructions(request),
            )
        )
        return PlanItem(
            scope=request.scope,
            episodes=episodes,
            extraction=_with_request(extraction, request),
            shown=shown,
            keep_episodes=self._parts.keep_episodes,
            recent=0 if request.direct else CONTEXT,
        )

    async def _with_documents(self, request: AddRequest) -> AddRequest:
        """The request with the text of its documents in their place."""
        messages = await self._documents.read(request.messages)
        return request if messages is request.messages else replace(request, messages=messages)

    def _extractor(self, request: AddRequest) -> Extractor:
        return self._parts.verbatim if request.direct else self._parts.extractor

    def _episodes(self, request: AddRequest, at: datetime) -> tuple[Episode, ...]:
        return episodes_of(
            outlined(request.messages),
            scope=request.scope,
            observed_at=request.observed_at or at,
            created_at=at,
            sees=sees_parts(self._extractor(request)),
        )

    async def _instructions(self, request: AddRequest) -> Instructions:
        if request.direct:
            return request.instructions  # nobody is asked: what is set for the project need not be read
        project = await self._projects.get(request.scope.project)
        return steered(request, project, self._parts.instructions)

    async def _nearest(self, scope: Scope, text: str) -> tuple[Memory, ...]:
        view = View(
            project=scope.project,
            where=all_of(*(field_equals(name, value) for name, value in scope.ids.items())),
            owners=(scope.owner,),
            today=self._parts.clock().date(),
        )
        options = replace(self._retriever.options, graph=0.0, recency=0.0)
        query = RecallQuery(text=text, view=view, top_k=SHOWN, links=True)  # who "I" is, the mentions tell
        found = await self._retriever.recall(query, options)
        newest = await self._parts.store.find(MemoryQuery(view=view, limit=NEWEST))
        near = [hit.memory for hit in found.hits]
        known = {memory.id for memory in near}
        return (*near, *(memory for memory in newest.items if memory.id not in known))

    async def _context(self, scope: Scope) -> tuple[Episode, ...]:
        query = KnownQuery(partition=scope.partition, run_id=scope.run_id, last_episodes=CONTEXT)
        [known] = await self._parts.store.known(query)
        return known.episodes

    async def _write(
        self,
        items: Sequence[PlanItem],
        at: datetime,
        by: str | None,
        first: int = 0,
        change_id: ChangeIds | None = None,
        once: Once | None = None,
    ) -> tuple[list[Added], list[Applied]]:
        """Plan the items of each partition together, and apply all: the outcomes in the items' order, and what is to be
        copied into the index."""
        places: dict[Partition, list[int]] = {}
        for place, item in enumerate(items):
            places.setdefault(item.scope.partition, []).append(place)
        registries = {each.project: await self._projects.registry(each.project) for each in places}
        queries = {
            partition: needs([items[place] for place in found], registries[partition.project])
            for partition, found in places.items()
        }

        def planned(partition: Partition, known: Known) -> Plan:
            chosen = [items[place] for place in places[partition]]
            named = once.id if once else change_id(partition, first) if change_id else new_id()
            return plan(chosen, known, at=at, change_id=named, registry=registries[partition.project], by=by)

        committed = await self._committer.commit(queries, planned, partial(_announced, once) if once else None)
        added: list[Added | None] = [None] * len(items)
        for partition, (made, _) in committed.items():
            for place, outcome in zip(places[partition], made.outcomes, strict=True):
                added[place] = _added(outcome, made, items[place])
        return [each for each in added if each is not None], [applied for _, applied in committed.values()]

    async def update(
        self, view: View, memory_id: str, *, by: str | None = None, text: str | None = None, **changes: Any
    ) -> Updated:
        """Change a memory under the same id: new words are linked anew, what only the old ones stated goes.

        `changes` are metadata, categories, expiration_date, observed_at, feedback. Superseded and expired memories are
        found as well. Raises `NotFound`.
        """
        view = replace(view, include_superseded=True, include_expired=True)
        found = (await self._parts.store.memories(view, [memory_id])).get(memory_id)
        if found is None:
            raise NotFound(f"There is no memory {memory_id!r}.", kind="memory", id=memory_id)
        registry = await self._projects.registry(view.project)
        at = self._parts.clock()
        draft = await self._links(found, text, at) if text is not None else None
        make = partial(
            plan_update,
            memory_id,
            text=text,
            draft=draft,
            changes=changes,
            at=at,
            change_id=new_id(),
            registry=registry,
            by=by,
        )
        partition = found.scope.partition
        query = needs_update(found, draft, registry)
        committed = await self._committer.commit({partition: query}, lambda _, known: make(known=known))
        made, applied = committed[partition]
        lag = await self._committer.copy([applied])
        return Updated(memory=made.outcomes[0].results[0].memory, lag=lag)

    async def _links(self, memory: Memory, text: str, at: datetime) -> MemoryDraft:
        """What the new words state, found the way the old ones were."""
        verbatim = memory.origin.extractor == "verbatim"
        extractor = self._parts.verbatim if verbatim else self._parts.extractor
        episodes = episodes_of(text, scope=memory.scope, observed_at=memory.observed_at, created_at=at)
        extraction = await extractor.extract(ExtractionRequest(scope=memory.scope, episodes=episodes))
        return MemoryDraft(
            text=text,
            entities=tuple(entity for draft in extraction.memories for entity in draft.entities),
            relations=tuple(relation for draft in extraction.memories for relation in draft.relations),
        )


def _with_request(extraction: Extraction, request: AddRequest) -> Extraction:
    """The drafts with what the caller said about them: metadata, categories, dates, entities, triples."""
    drafts = [
        replace(
            draft,
            metadata={**draft.metadata, **request.metadata},
            categories=request.categories or draft.categories,
            expiration_date=request.expiration_date or draft.expiration_date,
            immutable=request.immutable or draft.immutable,
            entities=(*draft.entities, *_about(draft, request.entities, alone=len(extraction.memories) == 1)),
            inferred=request.infer,
        )
        for draft in extraction.memories
    ]
    if drafts and request.relations:
        # The triples are stated by the whole of what was sent; its last text is where it is complete.
        drafts[-1] = replace(drafts[-1], relations=(*drafts[-1].relations, *request.relations))
    return replace(extraction, memories=tuple(drafts))


def _about(draft: MemoryDraft, entities: Sequence[EntityDraft], *, alone: bool) -> list[EntityDraft]:
    """The caller's entities that a draft names; all of them where there is only one draft."""
    text = fold(draft.text)
    return [
        entity for entity in entities if alone or any(fold(name) in text for name in (entity.name, *entity.aliases))
    ]


async def _announced(once: Once, plans: Iterable[Plan]) -> None:
    await once.announce([result for made in plans for outcome in made.outcomes for result in outcome.results])


def _batches(requests: Iterable[AddRequest]) -> Iterator[list[AddRequest]]:
    """What may be planned together, in order: requests that need no reading of earlier memories; others alone."""
    for direct, some in groupby(requests, lambda request: request.direct):
        while batch := list(islice(some, BULK if direct else 1)):
            yield batch


def _added(outcome: ItemOutcome, made: Plan, item: PlanItem) -> Added:
    return Added(
        outcomes=outcome.results,
        added=outcome.added,
        closed=outcome.closed,
        entities=made.entities,
        usage=item.extraction.usage,
        milliseconds=0.0,
    )
