"""Embedders and the keyword analyser: texts to dense and to sparse vectors.

`make_embedder` turns a name (`bundled`, `openai:text-embedding-3-small`) into an embedder; `Analyser` is the keyword
arm; `CachedEmbedder` remembers what an expensive embedder said; `HashingEmbedder` needs nothing. Loads no driver.
"""

from __future__ import annotations

from graphmem.embed.analyser import Analyser
from graphmem.embed.bundled import BundledEmbedder
from graphmem.embed.cache import CachedEmbedder, content_key
from graphmem.embed.openai import OpenAIEmbedder
from graphmem.embed.registry import known_dimensions, make_embedder
from graphmem.embed.scripted import HashingEmbedder

__all__ = [
    "Analyser",
    "BundledEmbedder",
    "CachedEmbedder",
    "HashingEmbedder",
    "OpenAIEmbedder",
    "content_key",
    "known_dimensions",
    "make_embedder",
]
