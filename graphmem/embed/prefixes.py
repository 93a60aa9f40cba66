"""What some models want to read before a query or a document.

The facts are data (`prefixes.json`), from the models' own cards: a pattern of the model's name in lower case, the
prefix of queries, the prefix of documents. The first pattern that fits counts. Adding a model is adding a line.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["prefix"]


@cache
def prefix(model: str, kind: Literal["query", "document"]) -> str:
    """What to put before a text of that kind for `model`; mostly nothing."""
    name = model.lower()
    known: dict[str, list[str]] = json.loads(files("graphmem.embed").joinpath("prefixes.json").read_text("utf-8"))
    for pattern, (query, document) in known.items():
        if fnmatchcase(name, pattern):
            return query if kind == "query" else document
    return ""
