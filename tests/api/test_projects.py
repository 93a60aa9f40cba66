"""Projects over REST: made, set, shared and deleted, by those who may, and unseen by the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.auth import Caller
from graphmem.client.local import LocalBackend
from graphmem.engine.keys import create_key, list_keys
from graphmem.errors import Forbidden
from tests.api.conftest import Client, problem, remember

pytestmark = pytest.mark.anyio

PROJECT = "x-graphmem-project"


@pytest.fixture
async def make(backend: LocalBackend, app: FastAPI, connect: Client) -> AsyncIterator[Any]:
    """Makes a key and a client that shows it."""
    clients = []

    async def make(name: str, role: str = "owner", *projects: str, **more: Any) -> httpx.AsyncClient:
        _, secret = await create_key(
            backend.engine.parts.store, name, role=role, projects=projects or ["default"], **more
        )
        app.state.house.keys.forget()
        clients.append(connect(secret))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


async def test_without_keys_a_project_is_made_and_opened(client: httpx.AsyncClient) -> None:
    [only] = (await client.get("/projects")).json()
    assert (only["id"], only["created_at"], only["role"]) == ("default", None, "owner")
    made = (await client.post("/projects", json={"name": "Support", "description": "The desk"})).json()
    assert (made["name"], made["description"], made["role"]) == ("Support", "The desk", "owner")
    there = {PROJECT: made["id"]}
    answer = await client.post("/memories", json={"messages": "x", "user_id": "ana", "infer": False}, headers=there)
    assert answer.status_code == 200
    assert (await client.get("/stats", headers=there)).json()["memories"] == 1
    assert (await client.get("/stats")).json()["memories"] == 0
    assert [each["id"] for each in (await client.get("/projects")).json()] == ["default", made["id"]]
    problem(await client.get("/stats", headers={PROJECT: "another"}), 404, "not_found")

    deleted = (await client.delete(f"/projects/{made['id']}")).json()
    assert (deleted["message"], deleted["receipt"]["counts"]["memories"]) == ("Project deleted.", 1)
    problem(await client.get(f"/projects/{made['id']}"), 404, "not_found")
    problem(await client.get("/stats", headers=there), 404, "not_found")
    assert len((await client.get("/projects")).json()) == 1


async def test_the_servers_own_project_stays(client: httpx.AsyncClient) -> None:
    await remember(client, "x")
    found = problem(await client.delete("/projects/default"), 422, "invalid_input")
    assert found["field"] == "project_id"
    assert (await client.get("/stats")).json()["memories"] == 1


async def test_what_is_set_is_told_and_heeded(client: httpx.AsyncClient) -> None:
    await remember(client, "Marta works at Feedzai", relations=[["Marta", "WORKS_AT", "Feedzai"]])
    question = {"query": "where does Marta work?", "user_id": "ana"}
    assert (await client.post("/search", json=question)).json()["relations"]
    body = {
        "name": "Main",
        "description": "All of it",
        "custom_categories": {"work": "employers, jobs"},
        "multilingual": True,
        "decay": True,
        "enable_graph": False,
    }
    changed = (await client.patch("/projects/default", json=body)).json()
    assert body.items() <= changed.items()
    assert (await client.get("/projects/default")).json() == changed
    assert (await client.get("/projects")).json() == [changed]
    assert (await client.post("/search", json=question)).json()["relations"] == []
    assert (await client.post("/search", json={**question, "graph": True})).json()["relations"]
    now = {"reference_date": "2020-01-01T00:00:00Z"}
    assert (await client.post("/search", json={**question, **now})).status_code == 200
    cleared = (await client.patch("/projects/default", json={"custom_categories": None, "description": ""})).json()
    assert (cleared["custom_categories"], cleared["description"], cleared["decay"]) == (None, None, True)


async def test_relations_of_its_own_decide_what_retires_what(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana sits at 4B", relations=[["Ana", "SITS_AT", "4B"]])
    await remember(client, "Ana sits at 5C", relations=[["Ana", "SITS_AT", "5C"]])
    body = {"predicates": {"functional": {"desk": ["SITS_AT"]}}}
    assert (await client.patch("/projects/default", json=body)).json()["predicates"] == body["predicates"]
    more = {"messages": "Ana sits at 7A", "user_id": "ana", "infer": False, "relations": [["Ana", "SITS_AT", "7A"]]}
    assert (await client.post("/memories", json=more)).status_code == 200
    found = (await client.get("/memories", params={"user_id": "ana"})).json()["results"]
    assert [each["memory"] for each in found] == ["Ana sits at 7A"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"predicates": {"functional": []}}, "invalid_input"),
        ({"colour": "red"}, "invalid_input"),
        ({"name": ""}, "invalid_input"),
        ({"name": None}, "invalid_input"),
        ({"decay": "yes"}, "invalid_input"),
        ({"custom_categories": 7}, "invalid_input"),
        ({"kept": {}}, "invalid_input"),
        ({"excludes": "health"}, "not_supported"),
    ],
)
async def test_what_cannot_be_set(shared: httpx.AsyncClient, body: dict[str, Any], code: str) -> None:
    before = (await shared.get("/projects/default")).json()
    problem(await shared.patch("/projects/default", json=body), 422, code)
    assert (await shared.get("/projects/default")).json() == before


async def test_names_with_slashes_are_projects_too(make: Any) -> None:
    async with await make("odd", "owner", "a/b c") as odd:
        assert (await odd.patch("/projects/a%2Fb%20c", json={"decay": True})).json()["id"] == "a/b c"
        assert (await odd.get("/projects/a%2Fb%20c/members")).json() == [{"name": "odd", "role": "owner"}]


# -- keys


async def test_a_key_opens_the_project_that_it_made(make: Any, backend: LocalBackend) -> None:
    ana, bo = await make("ana"), await make("bo")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    await remember(ana, "In default")
    assert (await ana.get("/stats", headers={PROJECT: made})).json()["memories"] == 0
    assert [each["id"] for each in (await ana.get("/projects")).json()] == ["default", made]
    assert [each["id"] for each in (await bo.get("/projects")).json()] == ["default"]
    for answer in (
        await bo.get(f"/projects/{made}"),
        await bo.patch(f"/projects/{made}", json={"decay": True}),
        await bo.delete(f"/projects/{made}"),
        await bo.get(f"/projects/{made}/members"),
        await bo.post(f"/projects/{made}/members", json={"name": "bo", "role": "owner"}),
        await bo.get("/stats", headers={PROJECT: made}),
    ):
        problem(answer, 404, "not_found")
    assert (await ana.get(f"/projects/{made}/members")).json() == [{"name": "ana", "role": "owner"}]
    [key] = [key for key in await list_keys(backend.engine.parts.store) if key.name == "ana"]
    assert key.grants == {made: "owner"}
    await ana.delete(f"/projects/{made}")
    problem(await ana.get(f"/projects/{made}"), 404, "not_found")
    assert all(key.grants == {} for key in await list_keys(backend.engine.parts.store))


async def test_a_key_for_everything_sees_all_that_were_made(make: Any) -> None:
    ana, every = await make("ana"), await make("every", "owner", "*")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    assert [each["id"] for each in (await every.get("/projects")).json()] == ["default", made]
    own = (await every.post("/projects", json={"name": "Its"})).json()["id"]
    assert (await every.get(f"/projects/{own}/members")).json() == [{"name": "every", "role": "owner"}]
    assert (await every.get(f"/projects/{made}/members")).json() == [{"name": "ana", "role": "owner"}]
    assert (await every.get("/projects/whatever")).json()["created_at"] is None


async def test_only_a_key_that_is_an_owners_by_itself_makes_projects(make: Any) -> None:
    ana, bo = await make("ana"), await make("bo", "writer")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    await ana.post(f"/projects/{made}/members", json={"name": "bo", "role": "owner"})
    assert (await bo.patch(f"/projects/{made}", json={"decay": True})).status_code == 200
    problem(await bo.post("/projects", json={"name": "Bo's"}), 403, "forbidden")
    problem(await bo.post("/projects", json={"name": "Bo's"}, headers={PROJECT: made}), 403, "forbidden")


async def test_a_granted_role_holds_in_its_project_alone(make: Any) -> None:
    ana, bo = await make("ana"), await make("bo", "reader")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    there = {PROJECT: made}
    fact = {"messages": "x", "user_id": "ana", "infer": False}
    members = f"/projects/{made}/members"

    async def may() -> list[int]:
        return [
            (await bo.get("/stats", headers=there)).status_code,
            (await bo.post("/memories", json=fact, headers=there)).status_code,
            (await bo.patch(f"/projects/{made}", json={"decay": True})).status_code,
            (await bo.post("/memories", json=fact)).status_code,
        ]

    assert await may() == [404, 404, 404, 403]
    told = await ana.post(members, json={"name": "bo"})
    assert told.json() == [{"name": "ana", "role": "owner"}, {"name": "bo", "role": "reader"}]
    assert await may() == [200, 403, 403, 403]
    await ana.put(members, json={"name": "bo", "role": "writer"})
    assert await may() == [200, 200, 403, 403]
    await ana.put(members, json={"name": "bo", "role": "owner"})
    assert await may() == [200, 200, 200, 403]
    told = await ana.delete(members, params={"name": "bo"})
    assert told.json() == [{"name": "ana", "role": "owner"}]
    assert await may() == [404, 404, 404, 403]


async def test_who_has_no_key_yet_is_invited(make: Any) -> None:
    ana = await make("ana")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    members = f"/projects/{made}/members"
    carla = {"name": "carla@example.org", "role": "writer"}
    assert carla in (await ana.post(members, json=carla)).json()
    assert problem(await ana.post(members, json=carla), 422, "invalid_input")["field"] == "name"
    carla["role"] = "owner"
    assert carla in (await ana.put(members, json=carla)).json()
    key = (await ana.post("/api-keys", json={"name": "carla@example.org", "role": "reader"})).json()
    assert key["grants"] == {made: "owner"}
    assert carla in (await ana.get(members)).json()
    assert len((await ana.delete(members, params={"name": "carla@example.org"})).json()) == 1
    problem(await ana.delete(members, params={"name": "carla@example.org"}), 404, "not_found")
    problem(await ana.put(members, json=carla), 404, "not_found")


async def test_a_name_is_no_way_into_the_projects_of_others(make: Any) -> None:
    """Somebody else's owner gives a key the name that is invited: before, or after."""
    ana, eve = await make("ana"), await make("eve", "owner", "evil")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    await ana.post(f"/projects/{made}/members", json={"name": "carla"})
    key = (await eve.post("/api-keys", json={"name": "carla", "role": "owner", "projects": ["evil"]})).json()
    assert key["grants"] == {}
    early = (await eve.post("/api-keys", json={"name": "dora", "role": "owner", "projects": ["evil"]})).json()
    assert {"name": "dora", "role": "owner"} in (
        await ana.post(f"/projects/{made}/members", json={"name": "dora", "role": "owner"})
    ).json()
    for secret in (key["key"], early["key"]):
        answer = await eve.get("/stats", headers={PROJECT: made, "authorization": f"Bearer {secret}"})
        problem(answer, 404, "not_found")


async def test_a_key_that_was_made_for_a_project_is_no_mere_member(make: Any) -> None:
    ana, every = await make("ana"), await make("every", "owner", "*")
    await make("bo", "reader")
    members = "/projects/default/members"
    assert [each["name"] for each in (await ana.get(members)).json()] == ["ana", "bo"]
    for answer in (
        await ana.put(members, json={"name": "bo", "role": "owner"}),
        await ana.delete(members, params={"name": "bo"}),
        await ana.post(members, json={"name": "bo"}),
        await every.post(members, json={"name": "every"}),
    ):
        assert problem(answer, 422, "invalid_input")["field"] == "name"
    # Keys that open everything are not for a project's owner to see.
    assert {"name": "every", "role": "reader"} in (await ana.post(members, json={"name": "every"})).json()


async def test_a_granted_owner_makes_no_keys_for_what_is_not_its_own(make: Any) -> None:
    ana, bo = await make("ana"), await make("bo", "writer")
    made = (await ana.post("/projects", json={"name": "Ana's"})).json()["id"]
    await ana.post(f"/projects/{made}/members", json={"name": "bo", "role": "owner"})
    there = {PROJECT: made}
    for projects in (["default"], [made, "default"], ["*"]):
        body = {"name": "more", "role": "owner", "projects": projects}
        problem(await bo.post("/api-keys", json=body, headers=there), 403, "forbidden")
    body = {"name": "more", "role": "owner", "projects": [made]}
    assert (await bo.post("/api-keys", json=body, headers=there)).status_code == 200
    assert [each["name"] for each in (await bo.get("/api-keys", headers=there)).json()] == ["more"]
    problem(await bo.delete("/api-keys/ana", headers=there), 404, "not_found")


async def test_grants_elsewhere_are_not_told(make: Any) -> None:
    ana, every = await make("ana"), await make("every", "owner", "*")
    await make("bo", "writer")
    other = (await every.post("/projects", json={"name": "Other"})).json()["id"]
    await every.post(f"/projects/{other}/members", json={"name": "bo"})
    seen = {key["name"]: key["grants"] for key in (await ana.get("/api-keys")).json()}
    assert seen == {"ana": {}, "bo": {}}
    seen = {key["name"]: key["grants"] for key in (await every.get("/api-keys")).json()}
    assert seen["bo"] == {other: "reader"}


def test_a_caller_in_its_projects() -> None:
    caller = Caller(name="bo", role="writer", projects=("red", "*"), grants={"red": "owner", "blue": "reader"})
    assert [caller.role_in(each) for each in ("red", "blue", "green", "")] == ["owner", "writer", "writer", None]
    assert caller.owns("red")
    assert not caller.commands(["red", "*"])
    assert caller.commands(["red"])
    shut = Caller(name="bo", role="owner", projects=("red",))
    assert (shut.role_in("blue"), shut.role_in("*")) == (None, None)
    with pytest.raises(Forbidden):
        shut.check("reader", "blue")
