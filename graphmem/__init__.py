"""graphmem: a self-hosted, graph-first knowledge memory for LLM applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphmem._version import __version__
from graphmem.errors import GraphmemError

if TYPE_CHECKING:
    from graphmem.client import AsyncMemory, Memory
    from graphmem.settings import Settings

__all__ = ["AsyncMemory", "GraphmemError", "Memory", "Settings", "__version__"]

_HOMES = {"AsyncMemory": "graphmem.client", "Memory": "graphmem.client", "Settings": "graphmem.settings"}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for, so that `import graphmem` costs what it uses.
    if name not in _HOMES:
        raise AttributeError(f"module 'graphmem' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
