"""Projects as mem0's clients see them: chosen, made, set up, shared."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from graphmem.engine.keys import create_key
from tests.api.conftest import connected
from tests.api.mem0.conftest import Model, add, post, refusal, texts

pytestmark = pytest.mark.anyio

ORG = "/api/v1/orgs/organizations/graphmem"
DEFAULT = f"{ORG}/projects/default/"


async def make(client: httpx.AsyncClient, name: str = "Atlas") -> str:
    told = await post(client, f"{ORG}/projects/", name=name, description="maps")
    assert told["message"] == "Project created successfully."
    return str(told["project_id"])


async def change(client: httpx.AsyncClient, path: str = DEFAULT, **settings: Any) -> dict[str, Any]:
    answer = await client.patch(path, json={**settings, "org_id": "graphmem", "project_id": "default"})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["message"] == "Project updated successfully"
    return told


async def test_a_project_made_leads_somewhere(client: httpx.AsyncClient) -> None:
    project = await make(client)
    await add(client, "one", project_id=project)
    await add(client, "two")
    assert await texts(client, user_id="ana") == ["two"]
    told = await post(client, "/v3/memories/", filters={"user_id": "ana"}, project_id=project)
    assert [each["memory"] for each in told["results"]] == ["one"]
    ping = (await client.get("/v1/ping/", params={"project_id": project})).json()
    assert ping["project_id"] == project
    listed = (await client.get(f"{ORG}/projects/")).json()
    assert {each["project_id"]: each["name"] for each in listed} == {"default": "default", project: "Atlas"}
    gone = (await client.delete(f"{ORG}/projects/{project}/")).json()
    assert (gone["message"], gone["receipt"]["counts"]["memories"]) == ("Project deleted successfully.", 1)
    refusal(await client.get(f"{ORG}/projects/{project}/"), 404)
    refusal(await client.delete(DEFAULT), 400, "server's own")


async def test_what_a_project_says_of_itself(client: httpx.AsyncClient) -> None:
    told = (await client.get(DEFAULT, params=[("fields", "custom_instructions"), ("fields", "x")])).json()
    assert (told["project_id"], told["org_id"], told["is_default"], told["user_role"]) == (
        "default",
        "graphmem",
        True,
        "OWNER",
    )
    assert told["custom_categories"] is None
    assert told["members"] == []
    await change(
        client,
        custom_categories=["boats", {"food": "all that is eaten"}, {"name": "art", "description": "pictures"}],
        multilingual=True,
        decay=True,
        enable_graph=None,
        version="v2",
        retrieval_criteria=[{"name": "joy", "weight": 2}],
    )
    await change(client, memory_depth="deep")
    told = (await client.get(DEFAULT)).json()
    assert told["custom_categories"] == [{"boats": ""}, {"food": "all that is eaten"}, {"art": "pictures"}]
    assert (told["multilingual"], told["decay"], told["enable_graph"]) == (True, True, True)
    assert (told["version"], told["memory_depth"]) == ("v2", "deep")
    assert told["retrieval_criteria"] == [{"name": "joy", "weight": 2}]
    assert (await change(client, custom_categories=None))["custom_categories"] is None


async def test_what_is_set_holds_for_adds(model: Model) -> None:
    await change(
        model.client,
        custom_instructions="Only what is about ships.",
        inclusion_prompt="harbours",
        exclusion_prompt="weather",
        custom_categories=[{"boats": "all that floats"}],
    )
    await post(model.client, "/v1/memories/", messages="hello", user_id="ana")
    for words in ("Only what is about ships.", "harbours", "weather", "all that floats"):
        assert words in model.chat.asked[0].text
    await post(
        model.client, "/v1/memories/", messages="hello", user_id="ana", custom_categories=[{"x": "other things"}]
    )
    assert "other things" in model.chat.asked[1].text
    assert "all that floats" not in model.chat.asked[1].text
    await change(model.client, custom_instructions="", inclusion_prompt=None)
    await post(model.client, "/v1/memories/", messages="hello", user_id="ana")
    assert "Only what is about ships." not in model.chat.asked[2].text


async def test_categories_are_offered_where_nobody_names_any(model: Model) -> None:
    model.says({"text": "Ana plays tennis.", "categories": ["sports", "unheard of"]})
    [item] = await post(model.client, "/v1/memories/", messages="I play tennis", user_id="ana")
    assert item["categories"] == ["sports"]
    assert "user_preferences" in model.chat.asked[0].text


async def test_categories_of_texts_kept_as_they_are(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "We booked flights and a hotel for our holiday in Lisbon.")
    assert "travel" in (await client.get(f"/v1/memories/{id_}/")).json()["categories"]
    other = await add(client, "We booked flights and a hotel.", categories=["mine"])
    assert (await client.get(f"/v1/memories/{other}/")).json()["categories"] == ["mine"]


async def test_a_project_without_graph_answers_no_relations(client: httpx.AsyncClient) -> None:
    await add(client, "Ana sails.")
    await change(client, enable_graph=False)
    search = {"query": "sails", "filters": {"user_id": "ana"}}
    assert "relations" not in await post(client, "/v3/memories/search/", **search)
    assert "relations" in await post(client, "/v3/memories/search/", **search, enable_graph=True)
    assert "relations" not in await post(client, "/v3/memories/", filters={"user_id": "ana"})
    added = await post(client, "/v1/memories/", messages="x", user_id="ana", output_format="v1.1")
    assert set(added) == {"results"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"custom_categories": "boats"},
        {"custom_categories": [5]},
        {"multilingual": "perhaps"},
        {"custom_instructions": 5},
        {"custom_instructions": "x"},
        {"retrieval_criteria": [float("nan")]},
        {"name": ""},
    ],
)
async def test_what_cannot_be_set(shared: httpx.AsyncClient, body: dict[str, Any]) -> None:
    import json

    answer = await shared.patch(DEFAULT, content=json.dumps(body), headers={"content-type": "application/json"})
    refusal(answer, 400)


async def test_members(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    _, owner = await create_key(store, "ops@example.com", role="owner")
    async with connected(app, owner) as client:
        project = await make(client)
        path = f"{ORG}/projects/{project}/members/"
        told = await post(client, path, email="ana@example.com", role="READER")
        assert told["message"]
        members = (await client.get(path)).json()["members"]
        assert members == [
            {"username": "ana@example.com", "email": "ana@example.com", "role": "READER"},
            {"username": "ops@example.com", "email": "ops@example.com", "role": "OWNER"},
        ]
        refusal(await client.post(path, json={"email": "ana@example.com", "role": "OWNER"}), 400)
        refusal(await client.post(path, json={"email": "ben@example.com", "role": "KING"}), 400)
        refusal(await client.post(path, json={}), 400)
        assert (await client.put(path, json={"email": "ana@example.com", "role": "OWNER"})).json()["message"]
        assert (await client.get(path)).json()["members"][0]["role"] == "OWNER"
        assert (await client.delete(path, params={"email": "ana@example.com"})).json()["message"]
        refusal(await client.delete(path, params={"email": "ana@example.com"}), 404)
        assert len((await client.get(path)).json()["members"]) == 1


async def test_a_reader_administers_nothing(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    await create_key(store, "ops", role="owner")
    _, secret = await create_key(store, "app", role="writer")
    async with connected(app, secret) as client:
        assert (await client.get(DEFAULT)).json()["user_role"] == "WRITER"
        refusal(await client.patch(DEFAULT, json={"decay": True}), 403)
        refusal(await client.delete(DEFAULT), 403)
        refusal(await client.post(f"{ORG}/projects/", json={"name": "x"}), 403)
        refusal(await client.post(f"{DEFAULT}members/", json={"email": "x"}), 403)
        refusal(await client.get(f"{ORG}/projects/theirs/"), 404)


async def test_the_organization_stays(client: httpx.AsyncClient) -> None:
    assert [each["org_id"] for each in (await client.get("/api/v1/orgs/organizations/")).json()] == ["graphmem"]
    assert (await client.get(f"{ORG}/")).json()["name"] == "graphmem"
    assert (await client.get(f"{ORG}/members/")).json() == {"members": []}
    refusal(await client.get("/api/v1/orgs/organizations/theirs/"), 404)
    refusal(await client.get("/api/v1/orgs/organizations/theirs/projects/default/"), 404)
    for method, path in (("POST", "/api/v1/orgs/organizations/"), ("DELETE", f"{ORG}/"), ("POST", f"{ORG}/members/")):
        refusal(await client.request(method, path, json={"name": "x"}), 400, "one organization")
