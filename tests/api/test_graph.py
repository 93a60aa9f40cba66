"""The graph over REST."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio

ANA = {"user_id": "ana"}


@pytest.fixture
async def town(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ana, her sister Marta, Marta's company, its town."""
    for text, triple in (
        ("Ana is a sister of Marta.", ["Ana", "SISTER_OF", "Marta"]),
        ("Marta works at Critical Software.", ["Marta", "WORKS_AT", "Critical Software"]),
        ("Critical Software is based in Coimbra.", ["Critical Software", "BASED_IN", "Coimbra"]),
    ):
        await remember(client, text, relations=[triple])
    return client


async def names(client: httpx.AsyncClient, **query: Any) -> dict[str, str]:
    answer = await client.get("/graph/entities", params={**ANA, **query})
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["id"] for each in answer.json()["results"]}


async def test_entities(town: httpx.AsyncClient) -> None:
    found = await names(town)
    assert list(found) == ["Ana", "Coimbra", "Critical Software", "Marta"]
    assert list(await names(town, name="MARTA")) == ["Marta"]
    assert list(await names(town, ids=[found["Ana"], found["Coimbra"]])) == ["Ana", "Coimbra"]
    assert await names(town, type="Person") == {}


async def test_entities_come_in_pages(town: httpx.AsyncClient) -> None:
    first = (await town.get("/graph/entities", params={**ANA, "limit": 3})).json()
    second = (await town.get("/graph/entities", params={**ANA, "limit": 3, "cursor": first["cursor"]})).json()
    assert [each["name"] for each in first["results"] + second["results"]] == [
        "Ana",
        "Coimbra",
        "Critical Software",
        "Marta",
    ]
    assert second["cursor"] is None


async def test_one_entity(town: httpx.AsyncClient) -> None:
    marta = (await names(town))["Marta"]
    assert (await town.get(f"/graph/entities/{marta}")).json()["memories"] == 2
    problem(await town.get(f"/graph/entities/{uuid4()}"), 404, "not_found")
    hidden = await town.get(f"/graph/entities/{marta}", params={"user_id": "ben"})
    problem(hidden, 404, "not_found")


async def test_relations(town: httpx.AsyncClient) -> None:
    async def types(**query: Any) -> list[str]:
        answer = await town.get("/graph/relations", params={**ANA, **query})
        assert answer.status_code == 200, answer.text
        return sorted(each["relationship"] for each in answer.json()["results"])

    assert await types() == ["BASED_IN", "SISTER_OF", "WORKS_AT"]
    assert await types(entity="Marta") == ["SISTER_OF", "WORKS_AT"]
    assert await types(entity="Marta", side="subject") == ["WORKS_AT"]
    assert await types(types=["BASED_IN", "WORKS_AT"]) == ["BASED_IN", "WORKS_AT"]
    problem(await town.get("/graph/relations", params={**ANA, "side": "left"}), 422, "invalid_input")


@pytest.mark.parametrize("route", ["/graph/neighbours", "/graph/subgraph"])
async def test_a_neighbourhood_grows_with_its_depth(town: httpx.AsyncClient, route: str) -> None:
    async def reached(depth: int) -> set[str]:
        answer = await town.get(route, params={**ANA, "entity": "Ana", "depth": depth})
        assert answer.status_code == 200, answer.text
        return {each["name"] for each in answer.json()["entities"]}

    assert await reached(1) == {"Ana", "Marta"}
    assert await reached(3) == {"Ana", "Marta", "Critical Software", "Coimbra"}
    some = (await town.get(route, params={**ANA, "entity": "Ana", "depth": 3, "limit": 2})).json()
    assert (len(some["relations"]), some["complete"]) == (2, False)
    assert (await town.get(route, params={**ANA, "entity": "Ana", "depth": 3, "limit": 3})).json()["complete"] is True
    for wrong in ({"depth": 99}, {"limit": 0}, {"limit": 10_001}):
        problem(await town.get(route, params={**ANA, "entity": "Ana", **wrong}), 422, "invalid_input")
    problem(await town.get(route, params={**ANA, "entity": "Zoe"}), 404, "not_found")
    problem(await town.get(route, params=ANA), 422, "invalid_input")


async def test_paths(town: httpx.AsyncClient) -> None:
    query = {**ANA, "source": "Ana", "target": "Coimbra"}
    found = (await town.get("/graph/paths", params=query)).json()
    assert [path["text"] for path in found["paths"]] == [
        "Ana —SISTER_OF→ Marta —WORKS_AT→ Critical Software —BASED_IN→ Coimbra"
    ]
    assert len(found["relations"]) == 3
    short = (await town.get("/graph/paths", params={**query, "max_length": 2})).json()
    assert short["paths"] == []


async def test_whose_graph_has_to_be_said(town: httpx.AsyncClient) -> None:
    problem(await town.get("/graph/entities"), 422, "invalid_input")
    problem(await town.get("/graph/relations"), 422, "invalid_input")
