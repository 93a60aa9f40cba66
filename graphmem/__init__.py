"""graphmem: a self-hosted, graph-first knowledge memory for LLM applications."""

from graphmem._version import __version__

__all__ = ["__version__"]
