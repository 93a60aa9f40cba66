"""The prompts of extraction, as `graphmem.prompts` reads them, and the examples beside them, which are JSON data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from graphmem.prompts import Prompt, parse_prompt, read_prompt

__all__ = ["Prompt", "load_examples", "load_prompt", "parse_prompt"]


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name; raises `ConfigurationError` if it is missing or contradicts its own head."""
    return read_prompt(__name__, name, beside="".join(json.dumps(example) for example in load_examples()))


@cache
def load_examples() -> tuple[Mapping[str, Any], ...]:
    """The examples in the order of their file names: each a `record` and the `answer` to it."""
    folder = files(__name__).joinpath("examples")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(json.loads(folder.joinpath(name).read_text("utf-8")) for name in names)
