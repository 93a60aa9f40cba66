"""What the façade needs from wherever the memory is: in this process, or on a server.

Arguments and answers are the JSON of the native REST surface, so the two ends of the wire say the same thing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol

from graphmem.views import (
    AddResult,
    DeleteResult,
    EntityPage,
    EntityView,
    FillResult,
    HistoryEntry,
    MemoryPage,
    MemoryView,
    PathsView,
    ProfileView,
    RelationPage,
    SearchResult,
    SubgraphView,
    SummaryView,
)

__all__ = ["Arguments", "Backend", "ImportReport", "IndexAction", "plain"]

Arguments = Mapping[str, Any]

IndexAction = Literal["drain", "verify", "repair", "rebuild"]


def plain(value: Any) -> Any:
    """Arguments as JSON: moments and days as ISO 8601, any sequence as a list."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    return value


class ImportReport(Protocol):
    """How far an import is; see `graphmem.engine.transfer.Imported`."""

    lines: int
    memories: int
    skipped: int


class Backend(Protocol):
    """A memory of one project. Every method may raise any `GraphmemError`."""

    async def open(self) -> None:
        """Make ready; idempotent."""

    async def aclose(self) -> None:
        """Let go; idempotent."""

    async def add(self, arguments: Arguments) -> AddResult:
        """Remember; see `AsyncMemory.add` for the arguments."""

    async def add_many(
        self, items: Sequence[Arguments], progress: Callable[[int], None] | None = None
    ) -> list[AddResult]:
        """Remember many."""

    async def search(self, arguments: Arguments) -> SearchResult:
        """Answer a question."""

    async def get(self, memory_id: str) -> MemoryView:
        """One memory."""

    async def get_all(self, arguments: Arguments) -> MemoryPage:
        """Memories, a page at a time."""

    async def update(self, memory_id: str, arguments: Arguments) -> MemoryView:
        """Change a memory."""

    async def delete(self, memory_id: str) -> DeleteResult:
        """Delete a memory."""

    async def delete_all(self, arguments: Arguments) -> DeleteResult:
        """Delete what a scope or filter covers."""

    async def history(self, memory_id: str) -> list[HistoryEntry]:
        """A memory's revisions."""

    async def reset(self) -> DeleteResult:
        """Delete everything of the project."""

    async def purge(self) -> DeleteResult:
        """Erase from every file what was deleted."""

    async def fill(self, arguments: Arguments) -> FillResult:
        """A document by the caller's schema."""

    async def profile(self, arguments: Arguments) -> ProfileView:
        """Who a scope is."""

    async def summary(self, arguments: Arguments) -> SummaryView:
        """What is known, in a few sentences."""

    async def scopes(self) -> list[dict[str, Any]]:
        """Who has memories: `type` (user, agent, app, run), `id`, how many `memories`, `created_at`, `updated_at`."""

    async def stats(self) -> dict[str, int]:
        """Counts."""

    async def entities(self, arguments: Arguments) -> EntityPage:
        """Entities, a page at a time."""

    async def entity(self, entity_id: str, arguments: Arguments) -> EntityView:
        """One entity, by id."""

    async def relations(self, arguments: Arguments) -> RelationPage:
        """Relations, a page at a time."""

    async def subgraph(self, arguments: Arguments) -> SubgraphView:
        """The neighbourhood of an entity."""

    async def paths(self, arguments: Arguments) -> PathsView:
        """The shortest ways between two entities."""

    async def index(self, action: IndexAction) -> dict[str, Any]:
        """Care for the index."""

    def export(self, arguments: Arguments) -> AsyncGenerator[str, None]:
        """Everything as JSON lines."""

    async def import_lines(
        self,
        lines: Iterable[str],
        name: str,
        defaults: Arguments,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> dict[str, Any]:
        """Read JSON lines."""
