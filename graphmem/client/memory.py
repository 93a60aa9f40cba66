"""`AsyncMemory`: what users import, async. `Memory` is the same, for everybody else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio

from graphmem.client.backend import Backend, ImportReport, IndexAction
from graphmem.client.locate import locate
from graphmem.errors import InvalidInput, NotSupported, Unavailable
from graphmem.graph import AsyncGraph
from graphmem.views import (
    AddResult,
    DeleteResult,
    FillResult,
    HistoryEntry,
    MemoryPage,
    MemoryView,
    ProfileView,
    SearchResult,
    SummaryView,
)

if TYPE_CHECKING:
    from graphmem.settings import Settings

__all__ = ["AsyncMemory", "Moment", "given", "renamed"]

Moment = Any
"""A moment as callers write it: an aware datetime, ISO 8601 text, a day, or seconds since 1970."""


class AsyncMemory:
    """A graph memory: in a folder, in Neo4j, or on a graphmem server.

    `location` is a folder (default: `GRAPHMEM_STORE`, else `GRAPHMEM_HOME`, else the platform's data folder), or
    `http(s)://…` of a server, then with its `api_key`. `settings` replace what the environment says. It opens on first
    use; `async with`, or `aclose`, lets go.

    Whose memory an operation means is said by `user_id`, `agent_id`, `app_id`, `run_id`: at least one. Every operation
    raises `InvalidInput` for arguments that cannot be used, and `Unavailable` when a part cannot be reached or the
    memory is closed.
    """

    def __init__(
        self,
        location: str | PathLike[str] | None = None,
        *,
        api_key: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._backend = locate(location, api_key=api_key, settings=settings)
        self._opening = anyio.Lock()
        self._open = False
        self._closed = False

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """The memory that a configuration of mem0's `Memory.from_config` stands for; docs/mem0.md says what is what.

        Raises `ConfigurationError` for what cannot be understood, and `NotSupported` for parts that are not there,
        naming what to use in their place.
        """
        from graphmem.client.from_config import settings_of

        return cls(settings=settings_of(config_dict))

    def __await__(self) -> Generator[Any, None, Self]:
        # As mem0's programs open theirs: memory = await AsyncMemory.from_config(…)
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def open(self) -> None:
        """Open now instead of on first use; idempotent."""
        await self._ready()

    async def aclose(self) -> None:
        """Bring everything to disk and let go; idempotent. A closed memory stays closed."""
        self._closed = True
        await self._backend.aclose()

    async def _ready(self) -> Backend:
        if not self._open:
            async with self._opening:
                if not self._open:
                    await self._there().open()
                    self._open = True
        return self._there()

    def _there(self) -> Backend:
        if self._closed:
            raise Unavailable("This memory is closed.", hint="Open a new one.")
        return self._backend

    # -- remembering

    async def add(
        self,
        messages: str | Mapping[str, Any] | Sequence[Mapping[str, Any] | str],
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        app_id: str | None = None,
        infer: bool = True,
        entities: Sequence[str | Mapping[str, Any]] | None = None,
        relations: Sequence[Sequence[str] | Mapping[str, Any]] | None = None,
        categories: Sequence[str] | None = None,
        timestamp: Moment = None,
        expiration_date: Any = None,
        immutable: bool = False,
        custom_instructions: str | None = None,
        agent_custom_instructions: str | None = None,
        includes: str | None = None,
        excludes: str | None = None,
        custom_categories: Sequence[str | Mapping[str, str]] | None = None,
        max_llm_calls: int | None = None,
        prompt: str | None = None,
        memory_type: str | None = None,
    ) -> AddResult:
        """Remember what is in the messages: a text, a message, or a list of messages in the OpenAI format.

        With `infer` the extractor draws memories from them; without, each text is kept as it is. `relations` are
        triples `("Alice", "WORKS_AT", "Acme")`, or dicts with `source, relationship, target` and maybe types and times:
        then no model is asked. `entities` are names, or dicts with `name`, `type`, `aliases`. `timestamp` is when it
        was said; relative dates count from it. `custom_instructions`, `includes`, `excludes`, `custom_categories` steer
        the model, `agent_custom_instructions` where an assistant spoke; where they are left out, what is set for the
        project does. `max_llm_calls` bounds it. `prompt` is mem0's name for `custom_instructions`; its `memory_type` is
        refused.

        Raises `ModelError` if the model fails; nothing was written then.
        """
        return await (await self._ready()).add(renamed(given(locals())))

    async def add_many(
        self, items: Sequence[Mapping[str, Any]], *, progress: Callable[[int], None] | None = None
    ) -> list[AddResult]:
        """Remember many, in order: items are dicts of `add`'s own arguments. `progress` is told how many are done."""
        return await (await self._ready()).add_many(
            [renamed(item) if isinstance(item, Mapping) else item for item in items], progress
        )

    async def update(
        self,
        memory_id: str,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        data: str | None = None,
        categories: Sequence[str] | None = None,
        timestamp: Moment = None,
        expiration_date: Any = ...,
        feedback: str | None = ...,  # type: ignore[assignment]
    ) -> MemoryView:
        """Change a memory under the same id; `data` is another name for `text`.

        New words are linked anew, and what only the old ones stated is withdrawn. `expiration_date` and `feedback`
        (POSITIVE, NEGATIVE, VERY_NEGATIVE) are cleared by None. Raises `NotFound`.
        """
        changes = given(locals(), keep_none=("expiration_date", "feedback"))
        return await (await self._ready()).update(changes.pop("memory_id"), changes)

    # -- recalling

    async def search(
        self,
        query: str,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        limit: int | None = None,
        filters: Mapping[str, Any] | None = None,
        *,
        app_id: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        rerank: bool = False,
        explain: bool = False,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
        include_expired: bool = False,
        reference_date: Moment = None,
        graph: bool | None = None,
        show_expired: bool = False,
    ) -> SearchResult:
        """Memories and relations that answer the question, best first, each with its path. No model is asked.

        `limit` is another name for `top_k` (10). `threshold` is the least final score, in [0, 1]. `as_of` asks what was
        true at a moment, `known_at` what this memory knew then; `explain` adds times, seeds and what the walk reached.
        `reference_date` is the "now" that age counts from. `graph=False` leaves relations out; by default the project
        says whether they are in.
        `show_expired` is mem0's name for `include_expired`.
        """
        return await (await self._ready()).search(renamed(given(locals())))

    async def get(self, memory_id: str) -> MemoryView:
        """One memory, superseded and expired ones included. Raises `NotFound`."""
        return await (await self._ready()).get(memory_id)

    async def get_all(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        limit: int | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        top_k: int | None = None,
        cursor: str | None = None,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
        include_expired: bool = False,
        show_expired: bool = False,
    ) -> MemoryPage:
        """Memories, newest first, a page of `top_k` (100) at a time; `cursor` of one page asks for the next."""
        return await (await self._ready()).get_all(renamed(given(locals())))

    async def history(self, memory_id: str) -> list[HistoryEntry]:
        """All revisions of a memory and of what it superseded, oldest first. Raises `NotFound`."""
        return await (await self._ready()).history(memory_id)

    # -- telling

    async def fill(
        self,
        schema: Mapping[str, Any],
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        instructions: str | None = None,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
        include_expired: bool = False,
    ) -> FillResult:
        """A document that satisfies a JSON Schema, filled with what is known: a pydantic `model_json_schema()`, say.

        Without a model it is filled from the graph, with one the model fills it; it is checked either way. What nobody
        told is null or left out where the schema allows it, and named in `missing` where it does not.

        Raises `InvalidInput` for a schema that cannot be used, `NotSupported` for `instructions` without a model.
        """
        return await (await self._ready()).fill(given(locals()))

    async def profile(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
        include_expired: bool = False,
    ) -> ProfileView:
        """Who that is: name, facts by relation, categories, and how much is remembered since when."""
        return await (await self._ready()).profile(given(locals()))

    async def summary(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        instructions: str | None = None,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
        include_expired: bool = False,
    ) -> SummaryView:
        """What is known in a few sentences: from the graph, or by the model where there is one.

        Raises `NotSupported` for `instructions` without a model.
        """
        return await (await self._ready()).summary(given(locals()))

    # -- forgetting

    async def delete(self, memory_id: str) -> DeleteResult:
        """Delete a memory and all that only it stated. Raises `NotFound`."""
        return await (await self._ready()).delete(memory_id)

    async def delete_all(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> DeleteResult:
        """Delete everything that the scope or filter covers; "*" stands for any id."""
        return await (await self._ready()).delete_all(given(locals()))

    async def reset(self) -> DeleteResult:
        """Delete everything."""
        return await (await self._ready()).reset()

    async def purge(self) -> DeleteResult:
        """Erase from every file what was deleted; `aclose` does it too where something is owed."""
        return await (await self._ready()).purge()

    # -- the graph, and upkeep

    def graph(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: Moment = None,
        known_at: Moment = None,
        include_superseded: bool = False,
    ) -> AsyncGraph:
        """The graph that this scope sees: entities, relations, neighbourhoods, paths, time lines."""
        return AsyncGraph(self._ready, given(locals()))

    async def stats(self) -> dict[str, int]:
        """How many memories, entities, relations, episodes, revisions, index points and marks there are."""
        return await (await self._ready()).stats()

    async def index(self, action: IndexAction) -> dict[str, Any]:
        """Care for the index: `drain`, `verify`, `repair` or `rebuild`."""
        if action == "rebuild":
            # An index that cannot be opened, for being another embedder's, is just what it mends.
            return await self._there().index(action)
        return await (await self._ready()).index(action)

    def export(self) -> AsyncGenerator[str, None]:
        """Everything as JSON lines that `import_lines` reads back: same ids, dates, history."""
        return self._export()

    async def _export(self) -> AsyncGenerator[str, None]:
        async with aclosing((await self._ready()).export({})) as lines:
            async for line in lines:
                yield line

    async def import_lines(
        self,
        lines: Iterable[str],
        *,
        name: str,
        defaults: Mapping[str, Any] | None = None,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> dict[str, Any]:
        """Read JSON lines: an export, or one object of `add`'s arguments a line; see `graphmem import --help`.

        `name` stands for the content: an interrupted import of the same name goes on where it stopped.
        """
        return await (await self._ready()).import_lines(lines, name, defaults or {}, progress)


def given(local: Mapping[str, Any], *, keep_none: Sequence[str] = ()) -> dict[str, Any]:
    """The arguments that the caller gave, by name: the façade's methods call it with their `locals()`."""
    return {
        name: value
        for name, value in local.items()
        if name != "self" and value is not ... and (value is not None or name in keep_none)
    }


def renamed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under graphmem's names, where mem0 has others.

    Raises `InvalidInput` where both were given and differ, and `NotSupported` for a `memory_type`.
    """
    ours = dict(arguments)
    if (kind := ours.pop("memory_type", None)) is not None:
        raise NotSupported(
            f"There are no memories of the type {kind!r}: what an agent did is remembered like everything else.",
            hint="Leave memory_type out. To keep a text whole, add it with infer=False and mark it in the metadata.",
            field="memory_type",
        )
    if ours.pop("show_expired", False):
        ours["include_expired"] = True
    if (prompt := ours.pop("prompt", None)) is not None:
        if ours.get("custom_instructions") not in (None, prompt):
            raise InvalidInput(
                "'prompt' and 'custom_instructions' are names of one thing, and differ.",
                hint="Give 'custom_instructions' alone.",
                field="prompt",
            )
        ours["custom_instructions"] = prompt
    return ours
