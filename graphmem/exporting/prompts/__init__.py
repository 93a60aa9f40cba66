"""The prompts of exports, as `graphmem.prompts` reads them."""

from __future__ import annotations

from functools import cache

from graphmem.prompts import Prompt, read_prompt

__all__ = ["load_prompt"]


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name; raises `ConfigurationError` if it is missing or contradicts its own head."""
    return read_prompt(__name__, name)
