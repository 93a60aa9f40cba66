"""Extraction: from messages to drafts of memories, entities and relations; and planning what to change.

`make_extractor` gives an extractor by its name; `episodes_of` reads what callers hand over.
"""

from __future__ import annotations

from graphmem.abc import ChatModel, Extractor
from graphmem.errors import ConfigurationError
from graphmem.extraction.content import IllustratedEpisode, episodes_of, follows_words, sees_parts

__all__ = ["EXTRACTORS", "IllustratedEpisode", "episodes_of", "follows_words", "make_extractor", "sees_parts"]

EXTRACTORS = ("auto", "openai", "rules", "verbatim")
"""The names that `make_extractor` knows."""


def make_extractor(name: str, chat: ChatModel | None = None) -> Extractor:
    """The extractor called `name`: `openai` (any chat model), `rules`, `verbatim`; `auto` takes a model if given.

    Raises `ConfigurationError` for another name, and for `openai` without a model.
    """
    if name == "auto":
        name = "rules" if chat is None else "openai"
    if name == "openai":
        if chat is None:
            raise ConfigurationError(
                "The extractor 'openai' needs a language model.",
                hint="Set GRAPHMEM_LLM (for example to openai:gpt-4.1-mini), or use the extractor 'rules'.",
                setting="llm",
            )
        from graphmem.extraction.model import ModelExtractor

        return ModelExtractor(chat)
    if name == "rules":
        from graphmem.extraction.rules import RulesExtractor

        return RulesExtractor()
    if name == "verbatim":
        from graphmem.extraction.verbatim import VerbatimExtractor

        return VerbatimExtractor()
    raise ConfigurationError(
        f"There is no extractor {name!r}.", hint=f"Known are {', '.join(EXTRACTORS)}.", setting="extractor"
    )
