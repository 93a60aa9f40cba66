"""Vectors by content, in a small SQLite file of their own: it may be deleted at any time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphmem.abc import VectorCache

__all__ = ["SQLiteVectorCache"]
