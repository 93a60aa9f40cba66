"""The command line: `graphmem`, one room per kind of command."""

from __future__ import annotations

from graphmem.cli.main import main

__all__ = ["main"]
