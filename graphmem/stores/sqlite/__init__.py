"""The embedded store: one SQLite file, and a second one for the vector cache."""

from graphmem.stores.sqlite.cache import SQLiteVectorCache
from graphmem.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore", "SQLiteVectorCache"]
