"""A caller's arguments, taken out one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphmem.errors import InvalidInput

__all__ = ["Given"]


class Given:
    """Arguments being taken out by name; `finish` refuses what nobody asked for."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._left = dict(arguments)

    def pop(self, name: str, default: Any = None) -> Any:
        """The argument of that name, taken out."""
        return self._left.pop(name, default)

    def finish(self, deed: str) -> None:
        """Raise `InvalidInput` for what is left."""
        if self._left:
            name = next(iter(self._left))
            raise InvalidInput(f"{deed} does not take {name!r}.", field=name)
