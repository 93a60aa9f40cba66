"""Every contract of graphmem on one page. The docstrings are the specification.

Implementations raise only errors of `graphmem.errors`. What a part can do beyond its contract is a small protocol,
asked with `isinstance`. `graphmem.testing` holds the suites that decide whether an implementation is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

from graphmem.changes import Applied, ChangeSet, Mark
from graphmem.drafts import Extraction, ExtractionRequest
from graphmem.errors import ConfigurationError
from graphmem.models import Entity, Kind, Memory, Point, Relation, Revision, SparseVector, Subgraph
from graphmem.queries import (
    Around,
    EntityQuery,
    Hop,
    Known,
    KnownQuery,
    MemoryQuery,
    Neighbour,
    Node,
    Page,
    Record,
    RelationQuery,
    Talk,
    TextQuery,
    Turn,
    VectorQuery,
    View,
    Walk,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ChatAnswer",
    "ChatMessage",
    "ChatModel",
    "Embedder",
    "Extractor",
    "GraphStore",
    "KeywordEncoder",
    "Reranker",
    "SchemaState",
    "Stamped",
    "SupportsCypher",
    "SupportsEdges",
    "SupportsSchema",
    "VectorCache",
    "VectorIndex",
    "check_model_request",
    "model_requests",
]


class GraphStore(ABC):
    """The truth. Everything else can be rebuilt from it.

    Every method may raise `Unavailable`. Ids of another project behave as if they did not exist.
    """

    @abstractmethod
    async def open(self) -> None:
        """Connect and bring the schema up to date; idempotent, safe when several start at once.

        Raises `ConfigurationError` for a schema newer than this code, `CorruptStore` for a damaged one.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything; idempotent."""

    # -- writing

    @abstractmethod
    async def apply(self, *changes: ChangeSet) -> tuple[Applied, ...]:
        """Carry out the ChangeSets, of distinct partitions, in one transaction: all or nothing, in this order.

        1. Lock the partitions in the order of their names; a new one comes to be with sequence 0, or the store's
           floor (see `purge`), so that a revision is never used twice.
        2. A ChangeSet whose id was applied before changes nothing and answers `repeated`, with the sequence of then.
        3. If the partition's sequence is not the ChangeSet's, test its watch; raise `Conflict` (with
           `change_ids`) if it moved. An operation that refers to a missing entity, relation or episode is a
           `Conflict` too (somebody removed it), and so is, at its end, a folded name, alias or not, that two
           entities of the partition share: inside a partition names mean one thing. What belongs to another
           partition, or has an id that is in use there, is `InvalidInput`.
        4. Carry out the operations in order, giving everything written `sequence + 1` as revision.
        5. Keep the mentions' consequences: an entity whose `name` no mention uses any longer takes the most
           frequent remaining one (ties: the smallest); remove relations that no memory states and entities that
           no memory mentions, if this ChangeSet touched them.
        6. Mark as stale in the index every memory, relation and entity that was written or removed. An entity whose
           derived names or type changed counts as written, and so do the relations of one whose `name` changed,
           because their sentences hold it: their revision rises. So the index is right exactly when it holds
           what `scan` says. (A memory that only lost a dropped episode was not written.)
        """

    # -- reading for planning

    @abstractmethod
    async def known(self, *queries: KnownQuery) -> tuple[Known, ...]:
        """What planning has to know; each answer is one consistent state."""

    # -- reading for people: everything under a view

    @abstractmethod
    async def memories(self, view: View, ids: Collection[str], *, links: bool = True) -> dict[str, Memory]:
        """The visible ones among `ids`, by id, rewound to `known_at` where that is set.

        Without `links` their mentions, relations and episodes may be missing, which need not be read then.
        """

    @abstractmethod
    async def find(self, query: MemoryQuery) -> Page[Memory]:
        """Visible memories, a page at a time."""

    @abstractmethod
    async def count(self, view: View) -> int:
        """How many memories are visible."""

    @abstractmethod
    async def entities(self, query: EntityQuery) -> Page[Entity]:
        """Visible entities, `mention_count` counting the visible memories."""

    @abstractmethod
    async def relations(self, query: RelationQuery) -> Page[Relation]:
        """Visible relations, `memory_ids` being the visible memories that state them, sorted."""

    @abstractmethod
    async def spoken(self, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
        """Which entities of the view's project and owners are called so.

        `phrases` are words joined by one space (`" ".join(text.words(…))`), as names are stored a second time. The
        answer maps the phrases found to entities, by id; visibility is not decided here but by `walk`.
        """

    @abstractmethod
    async def walk(self, walk: Walk) -> Hop:
        """One hop over visible relations and memories, in one round trip."""

    @abstractmethod
    async def around(self, around: Around) -> Subgraph:
        """The relations asked for, in their order, and the visible entities at their ends, in any."""

    @abstractmethod
    async def talk(self, talk: Talk) -> dict[str, tuple[Turn, ...]]:
        """What was said around memories that are turns: visible, and kept in the words in which they were said.

        Such a memory has `origin.extractor` "verbatim", and stands where the first episode does that it comes from.
        Around it, in the order of `observed_at`, `created_at` and writing, are the episodes of the same four ids, up to
        `reach` on each side and not more than `pause` before or after; `place` counts them, also those without such a
        memory. The answer has each of `memory_ids` that is a turn, itself at place 0, ordered by place, then id.
        """

    @abstractmethod
    async def search_text(self, query: TextQuery) -> list[tuple[str, float]]:
        """Ids of visible memories by how many distinct `words` of the text they hold, as a share in (0, 1].

        Best first, ties by id. Under `known_at` too, the words are those of the memory's present text.
        """

    @abstractmethod
    async def history(self, project: str, memory_id: str) -> list[Revision]:
        """The revisions of the memory and of all it superseded, directly or not, oldest first. Unknown id: empty."""

    @abstractmethod
    async def owners(self, view: View, limit: int) -> tuple[str, ...]:
        """The distinct owners of visible memories, sorted, at most `limit` (for reads that name no owner)."""

    @abstractmethod
    async def tally(self, project: str | None = None) -> dict[str, int]:
        """Counts: memories, superseded, entities, relations, episodes, revisions, partitions, stale (index marks).

        `memories` counts all that are held, `superseded` the retired ones among them.
        """

    @abstractmethod
    async def scopes(self, project: str) -> list[dict[str, Any]]:
        """Who has memories: {"type": user|agent|app|run, "id", "memories", "created_at", "updated_at"}.

        Sorted by type and id. `memories` counts all that are held, retired ones too; the datetimes are the earliest
        `created_at` and the latest `updated_at` among them.
        """

    # -- the index's bookkeeping

    @abstractmethod
    async def pending(self, limit: int) -> list[Mark]:
        """The oldest marks."""

    @abstractmethod
    async def settle(self, done: Sequence[Mark]) -> None:
        """Clear each mark, unless its revision is no longer the one given."""

    @abstractmethod
    async def mark(self, refs: Sequence[tuple[Kind, str]]) -> None:
        """Mark these as stale again at their present revision; gone ones as deleted, at one above all others."""

    @abstractmethod
    async def records(self, marks: Sequence[Mark]) -> dict[str, Record]:
        """What the index should hold now, by id; an id that is missing should not be in the index.

        Retired memories stay in the index (time travel finds them); retired relations too.
        """

    @abstractmethod
    def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """(kind, id, revision) of all that belongs into the index, in batches, for verify and rebuild."""

    # -- whole-store work

    @abstractmethod
    def dump(self, project: str | None = None, owner: str | None = None) -> AsyncIterator[ChangeSet]:
        """Everything as ChangeSets that rebuild it in an empty store, each self-contained, ≤ 500 memories.

        Ids, dates, history and links are kept; revisions are given anew by the store that applies them.
        """

    @abstractmethod
    async def purge(self) -> dict[str, int]:
        """Erase physically what was deleted, tombstones in history included, so that no file holds its bytes.

        Its id goes as well: a `superseded_by` that names it becomes None, in states of revisions too. Empty partitions
        go: their highest sequence becomes the store's floor. Which changes were applied may be forgotten. Marks stay
        until they are settled. Returns what was erased, by kind, as counts (`revisions`, `partitions`, `bytes` ...).
        """

    @abstractmethod
    async def setting(self, project: str, name: str) -> Any:
        """A stored setting (JSON), None if there is none."""

    @abstractmethod
    async def put_setting(self, project: str, name: str, value: Any) -> None:
        """Store a setting (JSON); None removes it."""

    @abstractmethod
    async def swap_setting(self, project: str, name: str, old: Any, new: Any) -> bool:
        """Store `new` if the setting is still `old`, as `setting` answered it (None: there is none).

        Returns whether it was. Of several that swap at once from the same `old`, one does.
        """

    @abstractmethod
    async def settings(self, project: str | None = None, prefix: str = "") -> list[tuple[str, str, Any]]:
        """(project, name, value) of the settings whose name begins so, sorted by project and name; None: of all."""


@runtime_checkable
class SupportsCypher(Protocol):
    """A store that its owner may ask in Cypher."""

    async def cypher(
        self, query: str, params: Mapping[str, Any], *, limit: int, timeout: float
    ) -> list[dict[str, Any]]:
        """The rows, as plain dicts by column; the query may only read.

        Nothing confines it to a project, and reading still lets `LOAD CSV` and `apoc.load.*` reach out: it is for
        callers who opened the store with its own credentials. `timeout` is in seconds. Raises `InvalidInput` for what
        is no query, `Forbidden` for one that writes, `TooLarge` for more than `limit` rows, and `Unavailable`, as for
        everything else, after `timeout`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """How far a database's schema is, and the statements that would bring it up to date."""

    server: str
    apoc: str
    version: int
    newest: int
    pending: tuple[str, ...]


@runtime_checkable
class SupportsSchema(Protocol):
    """A store in a database that operators look after."""

    async def schema(self) -> SchemaState:
        """How far the schema is; may be asked before `open`, and changes nothing."""


@runtime_checkable
class SupportsEdges(Protocol):
    """A store that shows each relation as an edge, too, for people who look into the database."""

    async def misdrawn(self) -> int:
        """How many edges are missing, doubled, say otherwise than their relation, or have none."""

    async def redraw(self) -> int:
        """Put them right; returns how many there were."""


class VectorIndex(ABC):
    """A copy of what is searched by likeness: it can be thrown away and rebuilt. Holds no text.

    Every method may raise `Unavailable`. A query may answer more than is asked (the store re-checks), never
    less, except for what approximate search misses.
    """

    @abstractmethod
    async def open(self, fingerprint: str) -> None:
        """Open or create. `fingerprint` names embedder and keyword encoder.

        Raises `EmbedderChanged` if it was built with another one, `StoreLocked` if another process holds it. A copy
        that cannot be read is set aside: the index then opens empty, with `clean` False.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Bring everything to disk, note that the stop was orderly, let go; idempotent."""

    @property
    @abstractmethod
    def clean(self) -> bool:
        """Whether the last stop was orderly. If not, verify against the store before trusting it.

        A new index need not be clean: only the store knows whether it lacks something. Once it was scanned to the
        end, the next orderly stop counts.
        """

    @abstractmethod
    async def upsert(self, points: Sequence[Point]) -> None:
        """Write points, replacing those of the same id and lower or equal revision. Raises `DiskFull`."""

    @abstractmethod
    async def delete(self, marks: Sequence[Mark]) -> None:
        """Remove points whose revision is at most the mark's; where several drainers run, leave a tombstone."""

    @abstractmethod
    async def query(self, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
        """Answer each query, best first, ties by id; all in one round trip."""

    @abstractmethod
    def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """(kind, id, revision) of everything held, in batches."""

    @abstractmethod
    async def count(self) -> int:
        """How many points are held."""

    @abstractmethod
    async def flush(self) -> None:
        """Bring everything to disk."""

    @abstractmethod
    async def rebuild(self, fingerprint: str, batches: AsyncIterator[Sequence[Point]]) -> None:
        """Fill a fresh copy beside and switch to it. Readers keep the old one meanwhile; afterwards it is gone,
        and with it every byte of what had been deleted. If `batches` fails, the old one stays.

        `fingerprint` may be another one. It works where `open` raised `EmbedderChanged`, and leaves the index open.
        """

    @abstractmethod
    async def compact(self) -> None:
        """Rebuild the copy from its own live points: faster to search, free of deleted bytes."""


@runtime_checkable
class Stamped(Protocol):
    """An index that lies in files of its own, and gives each orderly stop a name that no other has.

    Whoever keeps the name with the store sees at the next start whether the two were last stopped together, or one of
    them was put back to an older state, from a backup say.
    """

    @property
    def stamp(self) -> str | None:
        """The name of the last orderly stop, None after any other; once closed, the name of this one."""


class Embedder(ABC):
    """Turns texts into dense vectors."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Names model, version and dimensions: `wordllama:l2_supercat_256:256`. Another one is another index."""

    @property
    @abstractmethod
    def dimensions(self) -> int:
        """Length of the vectors. Raises `ConfigurationError` if it is only known after the first call."""

    @abstractmethod
    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text, (n, dimensions), of unit length (all zero for a text without any known token).

        Raises `ModelError` and its kinds.
        """

    async def aclose(self) -> None:
        """Let go of connections; idempotent."""
        return


class KeywordEncoder(ABC):
    """Turns texts into sparse term vectors for the keyword arm. Pure; IDF is the index's part."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Names the analyser, its version and language."""

    @abstractmethod
    def document(self, text: str) -> SparseVector:
        """Weights of the text's terms as BM25 saturates them."""

    @abstractmethod
    def query(self, text: str) -> SparseVector:
        """The distinct terms of a question."""


class VectorCache(ABC):
    """Vectors by content: the key is a hash of the text, never the text."""

    @abstractmethod
    async def get_many(self, fingerprint: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The known ones, as little-endian float32."""

    @abstractmethod
    async def put_many(self, fingerprint: str, vectors: Mapping[str, bytes]) -> None:
        """Remember these."""

    @abstractmethod
    async def clear(self) -> int:
        """Forget all, physically; returns how many. A purge cannot know which vectors deleted texts left here."""

    async def aclose(self) -> None:
        """Let go of everything; idempotent."""
        return


class Reranker(ABC):
    """Orders a few texts by how well they answer a question."""

    @abstractmethod
    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """A score in [0, 1] for each text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message to a model: text, or content parts as in the OpenAI message format."""

    role: Literal["system", "user", "assistant"]
    content: str | tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """A complete answer. `calls` counts completions asked for, fallbacks of mode included, transport retries not."""

    text: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 1


class ChatModel(ABC):
    """A language model that answers in a given shape."""

    @property
    @abstractmethod
    def name(self) -> str:
        """`provider:model`."""

    @abstractmethod
    async def ask(self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], schema_name: str) -> ChatAnswer:
        """One structured completion; `schema` is a strict JSON Schema.

        The text is complete: a truncated answer raises `ModelAnswerInvalid`, a refusal `ModelRefused`, an unreachable
        or busy model `ModelUnavailable`, everything else `ModelError`. That it fits the schema is the caller's to
        check.
        """

    async def aclose(self) -> None:
        """Let go of connections; idempotent."""
        return


class Extractor(ABC):
    """Turns messages into drafts of memories, entities and relations."""

    @abstractmethod
    async def extract(self, request: ExtractionRequest) -> Extraction:
        """What there is to remember. An empty extraction is a legitimate answer; a failure raises `ModelError`."""


_requests = {"allowed": True}


@contextmanager
def model_requests(*, allowed: bool) -> Iterator[None]:
    """Allow or forbid, inside the block and in every thread, requests to models that are not on this machine."""
    before = _requests["allowed"]
    _requests["allowed"] = allowed
    try:
        yield
    finally:
        _requests["allowed"] = before


def check_model_request(base_url: str) -> None:
    """Raise `ConfigurationError` if requests to models elsewhere are forbidden and `base_url` is not loopback."""
    host = urlsplit(base_url).hostname or ""
    if not _requests["allowed"] and host not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigurationError(
            f"A request to the model at {host!r} was about to be sent, and such requests are forbidden here.",
            hint="Use a scripted model, or allow it with graphmem.abc.model_requests(allowed=True).",
        )
