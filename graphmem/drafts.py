"""What extraction is asked and what it answers, before planning decides what to change.

Entities are referred to by name; `SELF` and `AGENT` stand for the scope's own entities, so that no extractor has to
know what they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from graphmem.models import Episode, Memory, Origin, Scope

__all__ = [
    "AGENT",
    "SELF",
    "EntityDraft",
    "Extraction",
    "ExtractionRequest",
    "Instructions",
    "MemoryDraft",
    "RelationDraft",
    "Usage",
]

SELF = "\0self"
"""The owner of the memories (the user, where there is one) as an entity name."""

AGENT = "\0agent"
"""The agent of the scope as an entity name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What extraction cost."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """How the caller steers extraction. Texts are for the model; `categories` maps names to descriptions.

    `agent` holds in place of `custom` for what an assistant said; None: `custom` holds for everybody. `categories`
    None: do not classify. `max_calls` bounds the model calls of one add, repair and long input included.
    """

    custom: str | None = None
    agent: str | None = None
    includes: str | None = None
    excludes: str | None = None
    categories: Mapping[str, str] | None = None
    max_calls: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionRequest:
    """Messages to draw memories from (`episodes`), and what is known around them.

    `shown` are existing memories the model may repeat, reword or supersede, nearest first; `context` the run's last
    episodes, oldest first.
    """

    scope: Scope
    episodes: tuple[Episode, ...]
    context: tuple[Episode, ...] = ()
    shown: tuple[Memory, ...] = ()
    instructions: Instructions = field(default_factory=Instructions)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityDraft:
    """An entity that a memory names. `name` may be `SELF` or `AGENT`; `aliases` are other names said for it."""

    name: str
    type: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationDraft:
    """A typed statement between two entities, by name.

    `label` is the relation in words (`works at`); the type is made of it. `negated` says that it does not
    hold (any longer).
    """

    subject: str
    label: str
    object: str
    subject_type: str | None = None
    object_type: str | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDraft:
    """One statement to remember.

    `verdict` says how it stands to the shown memories in `targets`: `new`; `repeats` the first (nothing to add but
    provenance); `rewords` it (same id, new words: a correction of wording or detail); `supersedes` all of them (they
    were true and are no longer). `retracts` says that the targets are to be retired and nothing is to be added.
    `episodes` are indices into the request's episodes.
    """

    text: str
    verdict: Literal["new", "repeats", "rewords", "supersedes", "retracts"] = "new"
    targets: tuple[str, ...] = ()
    entities: tuple[EntityDraft, ...] = ()
    relations: tuple[RelationDraft, ...] = ()
    categories: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expiration_date: date | None = None
    immutable: bool = False
    attributed_to: str | None = None
    episodes: tuple[int, ...] = ()
    inferred: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What an extractor found, and what made it. `refused` are indices of episodes whose text must not be kept."""

    memories: tuple[MemoryDraft, ...] = ()
    origin: Origin = field(default_factory=Origin)
    usage: Usage = field(default_factory=Usage)
    refused: tuple[int, ...] = ()
