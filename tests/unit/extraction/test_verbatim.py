"""`infer=False`: the words as they are, with the entities they name."""

from __future__ import annotations

import pytest

from graphmem.drafts import AGENT, SELF
from graphmem.extraction import make_extractor
from graphmem.models import Scope
from tests.unit.extraction.conftest import episode, request

pytestmark = pytest.mark.anyio


async def test_every_text_is_its_own_memory() -> None:
    texts = ["Thanks!", "Paris is the capital of France.", "Thanks!", "🎉"]
    extraction = await make_extractor("verbatim").extract(request(*texts))
    assert [memory.text for memory in extraction.memories] == texts
    assert [memory.episodes for memory in extraction.memories] == [(0,), (1,), (2,), (3,)]
    assert all(
        memory.verdict == "new" and not memory.inferred and not memory.relations for memory in extraction.memories
    )
    assert extraction.origin.extractor == "verbatim"
    assert extraction.usage.calls == 0


@pytest.mark.parametrize(
    ("said", "entities"),
    [
        (episode("I work with Marta at Critical Software."), [SELF, "Marta", "Critical Software"]),
        (episode("Marta came."), ["Marta"]),
        (episode("Marta came.", name="Ana"), [SELF, "Marta"]),
        (episode("We painted.", name="Melanie"), ["Melanie"]),
        (episode("I suggest Lisbon.", role="assistant"), ["Lisbon"]),
        (episode("It rained.", role="assistant", name="Bot"), [AGENT]),
        (episode("It rained."), []),
    ],
)
async def test_links_what_is_named(said: object, entities: list[str]) -> None:
    (memory,) = (await make_extractor("verbatim").extract(request(said))).memories  # type: ignore[arg-type]
    assert [entity.name for entity in memory.entities] == entities
    assert memory.attributed_to == said.role  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("scope", "name", "speaker"),
    [
        (Scope(user_id="ana"), None, SELF),
        (Scope(user_id="ana"), "Ana", SELF),
        (Scope(user_id="ana"), "Ana Silva", SELF),
        (Scope(user_id="ana.silva"), "Ana Silva", SELF),
        (Scope(user_id="ana"), "Anabel", "Anabel"),
        (Scope(user_id="u-7", agent_id="bot"), "Rui", "Rui"),
        (Scope(agent_id="bot"), None, "User"),
        (Scope(run_id="r1"), None, SELF),
    ],
)
async def test_who_i_is(scope: Scope, name: str | None, speaker: str) -> None:
    said = episode("I am tired.", name=name, scope=scope)
    (memory,) = (await make_extractor("verbatim").extract(request(said, scope=scope))).memories
    assert [entity.name for entity in memory.entities] == [speaker]


async def test_a_megabyte_stays_one_memory() -> None:
    text = ("Marta met Rui in Rome. " * 50_000)[: 2**20].strip()
    (memory,) = (await make_extractor("verbatim").extract(request(text))).memories
    assert memory.text == text
    assert {entity.name for entity in memory.entities} >= {"Marta", "Rui", "Rome"}
