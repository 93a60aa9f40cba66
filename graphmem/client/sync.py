"""`Memory`: the sync door. Each method is one line over `AsyncMemory`, which says what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from graphmem.client.backend import ImportReport, IndexAction
from graphmem.client.memory import AsyncMemory, Moment, given
from graphmem.client.portal import Portal
from graphmem.graph import Graph
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

__all__ = ["Memory"]


class Memory:
    """A graph memory: `AsyncMemory` for programs and notebooks that are not async. See there.

    It runs an event loop in a thread of its own, from first use to `close`; what a program leaves open is closed when
    it ends. Threads may share it.
    """

    def __init__(
        self,
        location: str | PathLike[str] | None = None,
        *,
        api_key: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._memory = AsyncMemory(location, api_key=api_key, settings=settings)
        self._portal = Portal(self._memory.aclose)

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """See `AsyncMemory.from_config`."""
        from graphmem.client.from_config import settings_of

        return cls(settings=settings_of(config_dict))

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Open now instead of on first use; idempotent."""
        self._portal.call(self._memory.open)

    def close(self) -> None:
        """Bring everything to disk and let go; idempotent."""
        self._portal.close()

    def add(
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
        """See `AsyncMemory.add`."""
        return self._portal.call(self._memory.add, **given(locals()))

    def add_many(
        self, items: Sequence[Mapping[str, Any]], *, progress: Callable[[int], None] | None = None
    ) -> list[AddResult]:
        """See `AsyncMemory.add_many`."""
        return self._portal.call(self._memory.add_many, items, progress=progress)

    def update(
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
        """See `AsyncMemory.update`."""
        return self._portal.call(self._memory.update, **given(locals(), keep_none=("expiration_date", "feedback")))

    def search(
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
        """See `AsyncMemory.search`."""
        return self._portal.call(self._memory.search, **given(locals()))

    def get(self, memory_id: str) -> MemoryView:
        """See `AsyncMemory.get`."""
        return self._portal.call(self._memory.get, memory_id)

    def get_all(
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
        """See `AsyncMemory.get_all`."""
        return self._portal.call(self._memory.get_all, **given(locals()))

    def history(self, memory_id: str) -> list[HistoryEntry]:
        """See `AsyncMemory.history`."""
        return self._portal.call(self._memory.history, memory_id)

    def fill(
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
        """See `AsyncMemory.fill`."""
        return self._portal.call(self._memory.fill, **given(locals()))

    def profile(
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
        """See `AsyncMemory.profile`."""
        return self._portal.call(self._memory.profile, **given(locals()))

    def summary(
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
        """See `AsyncMemory.summary`."""
        return self._portal.call(self._memory.summary, **given(locals()))

    def delete(self, memory_id: str) -> DeleteResult:
        """See `AsyncMemory.delete`."""
        return self._portal.call(self._memory.delete, memory_id)

    def delete_all(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> DeleteResult:
        """See `AsyncMemory.delete_all`."""
        return self._portal.call(self._memory.delete_all, **given(locals()))

    def reset(self) -> DeleteResult:
        """See `AsyncMemory.reset`."""
        return self._portal.call(self._memory.reset)

    def purge(self) -> DeleteResult:
        """See `AsyncMemory.purge`."""
        return self._portal.call(self._memory.purge)

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
    ) -> Graph:
        """See `AsyncMemory.graph`."""
        return Graph(self._memory.graph(**given(locals())), self._portal)

    def stats(self) -> dict[str, int]:
        """See `AsyncMemory.stats`."""
        return self._portal.call(self._memory.stats)

    def index(self, action: IndexAction) -> dict[str, Any]:
        """See `AsyncMemory.index`."""
        return self._portal.call(self._memory.index, action)

    def export(self) -> Iterator[str]:
        """See `AsyncMemory.export`."""
        return self._portal.iterate(self._memory.export())

    def import_lines(
        self,
        lines: Iterable[str],
        *,
        name: str,
        defaults: Mapping[str, Any] | None = None,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> dict[str, Any]:
        """See `AsyncMemory.import_lines`."""
        return self._portal.call(self._memory.import_lines, lines, name=name, defaults=defaults, progress=progress)
