"""What the tests of extraction share: requests made of a few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from graphmem.drafts import ExtractionRequest, Instructions
from graphmem.ids import new_id
from graphmem.models import Episode, Memory, Scope

SCOPE = Scope(user_id="ana")
SAID = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
"""A Monday."""


def episode(
    content: str, *, role: str = "user", name: str | None = None, scope: Scope = SCOPE, at: datetime = SAID
) -> Episode:
    return Episode(id=new_id(), scope=scope, role=role, name=name, content=content, observed_at=at, created_at=at)


def memory(text: str, **more: Any) -> Memory:
    return Memory(id=new_id(), scope=SCOPE, text=text, observed_at=SAID, created_at=SAID, updated_at=SAID, **more)


def request(
    *episodes: str | Episode,
    scope: Scope = SCOPE,
    shown: Sequence[Memory | str] = (),
    context: Sequence[Episode] = (),
    **instructions: Any,
) -> ExtractionRequest:
    return ExtractionRequest(
        scope=scope,
        episodes=tuple(episode(e, scope=scope) if isinstance(e, str) else e for e in episodes),
        shown=tuple(memory(m) if isinstance(m, str) else m for m in shown),
        context=tuple(context),
        instructions=Instructions(**instructions),
    )
