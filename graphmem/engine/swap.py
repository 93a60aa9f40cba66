"""Settings that several change at once: whoever was slower looks again, and nobody's change is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmem.abc import GraphStore
from graphmem.errors import Conflict

__all__ = ["swap"]

TRIES = 32
"""How often a change is made anew before the caller is told. Each time somebody else's change went through."""


async def swap(store: GraphStore, project: str, name: str, change: Callable[[Any], Any]) -> Any:
    """Store what `change` makes of a setting (None: there is none, or remove it), and return that.

    `change` is asked again, with what is there by then, as often as somebody was faster; what it raises is the
    caller's. Raises `Conflict` when somebody always was.
    """
    for _ in range(TRIES):
        old = await store.setting(project, name)
        new = change(old)
        if await store.swap_setting(project, name, old, new):
            return new
    raise Conflict(f"The setting {name!r} was changed by others {TRIES} times in a row.", hint="Try again.")
