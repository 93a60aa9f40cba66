"""What a child needs, imported once before it is forked off."""

from __future__ import annotations

import graphmem.assemble
import graphmem.client
import graphmem.embed.scripted
import graphmem.extraction.rules
import graphmem.extraction.verbatim
import graphmem.stores.sqlite
import graphmem.testing.flat
import graphmem.vectors.edge  # noqa: F401
from graphmem.embed.analyser import Analyser

# Stemmers are loaded with the first word.
Analyser("english").document("remembering")
