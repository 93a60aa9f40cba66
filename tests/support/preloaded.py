"""What a child needs, imported once before it is forked off."""

from __future__ import annotations

from importlib import import_module

from graphmem.embed.analyser import Analyser

for _name in (
    "anyio._backends._asyncio",
    "filelock",
    "graphmem.assemble",
    "graphmem.client.local",
    "graphmem.embed.scripted",
    "graphmem.extraction.rules",
    "graphmem.extraction.verbatim",
    "graphmem.stores.folder",
    "graphmem.stores.sqlite",
    "graphmem.testing.flat",
    "graphmem.vectors.edge",
):
    import_module(_name)

# Stemmers are loaded with the first word.
Analyser("english").document("remembering")
