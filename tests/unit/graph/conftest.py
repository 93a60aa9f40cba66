"""The graph of a small memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphmem import Memory, Settings

FACTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("Ana lives in Porto", "2024-03-01", {"source": "Ana", "relationship": "LIVES_IN", "target": "Porto"}),
    ("Ana is a sister of Marta", "2024-03-02", {"source": "Ana", "relationship": "SISTER_OF", "target": "Marta"}),
    ("Marta works at Acme", "2024-03-03", {
        "source": "Marta", "relationship": "WORKS_AT", "target": "Acme", "target_type": "Organization",
        "valid_at": "2020-01-01",
    }),
    ("Ana lives in Lisbon", "2026-05-20", {
        "source": "Ana", "relationship": "LIVES_IN", "target": "Lisbon", "valid_at": "2026-05-01",
    }),
    ("Ana likes tea", "2026-05-21", {"source": "Ana", "relationship": "LIKES", "target": "tea"}),
    ("Ana likes figs", "2026-05-22", {"source": "Ana", "relationship": "LIKES", "target": "figs"}),
)  # fmt: skip


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    settings = Settings(embedder="hashing", extractor="verbatim")
    with Memory(tmp_path_factory.mktemp("graph"), settings=settings) as memory:
        for text, said, triple in FACTS:
            memory.add(text, "ana", infer=False, timestamp=said, relations=[triple])
        memory.add("Ana lives in Rome", "another", infer=False, relations=[("Ana", "LIVES_IN", "Rome")])
        yield memory
