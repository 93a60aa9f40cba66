"""Where a search begins: at the entities that its question names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphmem import Memory, Settings

SAID = (
    ("What a day it was for Ana.", ["What", "Ana"]),
    ("The Who played in Leeds.", ["The Who", "Leeds"]),
    ("I'm off to Leeds with Ana.", ["Leeds", "Ana'm"]),
)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path, settings=Settings(extractor="verbatim")) as memory:
        for text, entities in SAID:
            memory.add(text, user_id="u", infer=False, entities=entities)
        yield memory


@pytest.mark.parametrize(
    ("question", "seeds"),
    [
        ("What does Ana do?", {"Ana", "Ana'm"}),
        ("Who was the one in Leeds?", {"Leeds"}),
        ("The Who", {"The Who"}),  # no other words, so these are meant
    ],
)
def test_function_words_name_nothing_beside_others(memory: Memory, question: str, seeds: set[str]) -> None:
    found = memory.search(question, user_id="u", explain=True)["explain"]["seeds"]
    assert found.keys() == seeds


def test_a_spelling_that_few_memories_have_weighs_no_more_than_the_name(memory: Memory) -> None:
    memory.add_many([{"messages": f"Ana, {n}.", "user_id": "u", "infer": False, "entities": ["Ana"]} for n in range(8)])
    seeds = memory.search("What does Ana do?", user_id="u", explain=True)["explain"]["seeds"]
    assert seeds["Ana"] == pytest.approx(seeds["Ana'm"])
