"""Keys: who comes in, as what, into which projects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.auth import REFRESH, KeyRing, is_loopback
from graphmem.client.local import LocalBackend
from graphmem.engine.keys import create_key, revoke_key
from graphmem.errors import ConfigurationError
from graphmem.testing.oracle import OracleStore
from tests.api.conftest import Client, connected, problem, remember, started

pytestmark = pytest.mark.anyio

Keys = dict[str, str]


@pytest.fixture
async def keys(backend: LocalBackend, app: FastAPI) -> Keys:
    """A key of each role for the default project, one for two others, one for all."""
    store = backend.engine.parts.store
    made = {role: (await create_key(store, role, role=role))[1] for role in ("reader", "writer", "owner")}
    made["others"] = (await create_key(store, "others", role="owner", projects=["red", "blue"]))[1]
    made["every"] = (await create_key(store, "every", role="owner", projects=["*"]))[1]
    return made


@pytest.fixture
async def owner(connect: Client, keys: Keys) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(keys["owner"]) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {}"},
        {"authorization": "bearer  {} "},
        {"authorization": "Token {}"},
        {"x-api-key": "{}"},
        {"authorization": "Basic abc", "x-api-key": "{}"},
    ],
)
async def test_ways_to_show_a_key(connect: Client, keys: Keys, headers: dict[str, str]) -> None:
    shown = {name: value.format(keys["reader"]) for name, value in headers.items()}
    async with connect() as client:
        assert (await client.get("/stats", headers=shown)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer gm_wrong"},
        {"authorization": "Basic abc"},
        {"x-api-key": ""},
        {"x-api-key": "ünï"},
    ],
)
async def test_without_a_good_key_nothing_opens(connect: Client, keys: Keys, headers: dict[str, str]) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    async with connect() as client:
        answer = await client.get("/stats", headers=encoded)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_strangers_see_no_routes_and_no_bodies_are_read(connect: Client, keys: Keys) -> None:
    async with connect() as client:
        problem(await client.get("/nothing"), 401, "unauthenticated")
        problem(await client.post("/search", content=b"{"), 401, "unauthenticated")


OPEN = ["/", "/healthz", "/readyz", "/openapi.json", "/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"]


@pytest.mark.parametrize("path", OPEN)
async def test_what_is_open_to_all(connect: Client, keys: Keys, path: str) -> None:
    async with connect(peer="10.0.0.7", url="https://memory.example") as client:
        assert (await client.get(path)).status_code == 200


async def test_a_key_opens_from_anywhere(connect: Client, keys: Keys) -> None:
    async with connect(keys["writer"], peer="10.0.0.7", url="https://memory.example") as client:
        await remember(client, "Ana sails.")


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of everything in the OpenAPI document."""
    document = app.openapi()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


NEEDS = {
    "owner": {
        ("POST", "/reset"),
        ("POST", "/purge"),
        ("POST", "/import"),
        ("GET", "/export"),
        ("POST", "/index/{action}"),
        ("GET", "/api-keys"),
        ("POST", "/api-keys"),
        ("DELETE", "/api-keys/{name}"),
        ("POST", "/projects"),
        ("PATCH", "/projects/{project_id}"),
        ("DELETE", "/projects/{project_id}"),
        ("POST", "/projects/{project_id}/members"),
        ("PUT", "/projects/{project_id}/members"),
        ("DELETE", "/projects/{project_id}/members"),
        ("GET", "/webhooks"),
        ("POST", "/webhooks"),
        ("PUT", "/webhooks/{webhook_id}"),
        ("DELETE", "/webhooks/{webhook_id}"),
        ("POST", "/webhooks/{webhook_id}/test"),
        ("GET", "/webhooks/{webhook_id}/deliveries"),
    },
    "writer": {
        ("POST", "/memories"),
        ("POST", "/memories/batch"),
        ("PUT", "/memories/{memory_id}"),
        ("PATCH", "/memories/{memory_id}"),
        ("DELETE", "/memories/{memory_id}"),
        ("DELETE", "/memories"),
        ("DELETE", "/entities/{kind}/{scope_id}"),
    },
    "nobody": {("GET", "/"), ("GET", "/healthz"), ("GET", "/readyz")},
}


async def test_every_route_asks_for_its_role(app: FastAPI, connect: Client, keys: Keys) -> None:
    ranks = ("nobody", "reader", "writer", "owner")
    found = routes(app)
    assert len(found) > 25
    for method, path in found:
        needed = next((role for role, those in NEEDS.items() if (method, path) in those), "reader")
        address = path.format(
            memory_id=uuid4(),
            entity_id=uuid4(),
            event_id=uuid4(),
            webhook_id=uuid4(),
            action="verify",
            name="nobody",
            kind="user",
            scope_id="x",
            project_id="default",
        )
        for role in ranks:
            async with connect(keys.get(role)) as client:
                answer = await client.request(method, address)
            if ranks.index(role) >= ranks.index(needed):
                assert answer.status_code not in (401, 403), (method, path, role, answer.text)
            elif role == "nobody":
                problem(answer, 401, "unauthenticated")
            else:
                assert problem(answer, 403, "forbidden")["needed"] == needed


async def test_a_key_works_in_its_projects_only(connect: Client, keys: Keys) -> None:
    project = "x-graphmem-project"
    async with connect(keys["others"]) as others, connect(keys["every"]) as every, connect(keys["writer"]) as writer:
        in_red = await remember(others, "In red")
        await others.post(
            "/memories", json={"messages": "In blue", "user_id": "ana", "infer": False}, headers={project: "blue"}
        )
        await remember(writer, "In default")

        async def texts(client: httpx.AsyncClient, **headers: str) -> list[str]:
            answer = await client.get("/memories", params={"user_id": "ana"}, headers=headers)
            assert answer.status_code == 200, answer.text
            return [each["memory"] for each in answer.json()["results"]]

        assert await texts(others) == ["In red"]
        assert await texts(others, **{project: "blue"}) == ["In blue"]
        assert await texts(writer) == ["In default"]
        assert await texts(every, **{project: "red"}) == ["In red"]
        assert await texts(every) == ["In default"]
        for wrong in ("default", "green", "*", ""):
            problem(await others.get("/stats", headers={project: wrong}), 404, "not_found")
        for foreign in (f"/memories/{in_red}", f"/memories/{in_red}/history"):
            problem(await writer.get(foreign), 404, "not_found")
        problem(await writer.delete(f"/memories/{in_red}"), 404, "not_found")
        problem(await writer.patch(f"/memories/{in_red}", json={"text": "x"}), 404, "not_found")
        assert await texts(others) == ["In red"]


async def test_the_bearer_stands_in_the_history(connect: Client, keys: Keys) -> None:
    async with connect(keys["writer"]) as client:
        memory_id = await remember(client, "Ana sails.")
        [entry] = (await client.get(f"/memories/{memory_id}/history")).json()
    assert entry["by"] == "writer"


# -- keys over REST


async def test_the_first_key_closes_the_house(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api-keys")).json() == []
    weak = await client.post("/api-keys", json={"name": "laptop"})
    assert problem(weak, 422, "invalid_input")["field"] == "role"
    made = (
        await client.post("/api-keys", json={"name": "laptop", "role": "owner", "projects": ["default", "red"]})
    ).json()
    assert made["key"].startswith("gm_")
    assert (made["name"], made["role"], made["projects"]) == ("laptop", "owner", ["default", "red"])
    problem(await client.get("/stats"), 401, "unauthenticated")
    mine = {"authorization": f"Bearer {made['key']}"}
    [listed] = (await client.get("/api-keys", headers=mine)).json()
    assert listed == {name: value for name, value in made.items() if name != "key"}
    taken = await client.delete(f"/api-keys/{made['id']}", headers=mine)
    assert taken.json()["name"] == "laptop"
    assert (await client.get("/stats")).status_code == 200


async def test_a_key_makes_no_key_that_opens_more(owner: httpx.AsyncClient) -> None:
    for projects in (["red"], ["default", "red"], ["*"]):
        answer = await owner.post("/api-keys", json={"name": "more", "role": "owner", "projects": projects})
        problem(answer, 403, "forbidden")
    assert (await owner.post("/api-keys", json={"name": "same", "role": "owner"})).status_code == 200


async def test_keys_of_other_projects_are_not_seen(owner: httpx.AsyncClient, connect: Client, keys: Keys) -> None:
    seen = {each["name"] for each in (await owner.get("/api-keys")).json()}
    assert seen == {"reader", "writer", "owner"}
    problem(await owner.delete("/api-keys/others"), 404, "not_found")
    problem(await owner.delete("/api-keys/every"), 404, "not_found")
    async with connect(keys["every"]) as every:
        assert {each["name"] for each in (await every.get("/api-keys")).json()} == set(keys)
        assert (await every.delete("/api-keys/others")).status_code == 200
    async with connect(keys["others"]) as others:
        problem(await others.get("/stats"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "owner"},
        {"name": "x", "role": "god"},
        {"name": "x", "projects": []},
        {"name": "x", "projects": [""]},
        {"name": "x", "project": "red"},
        {"name": "x" * 200},
        {"name": "\u0000"},
    ],
)
async def test_keys_that_cannot_be_made(owner: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await owner.post("/api-keys", json=body)
    assert answer.status_code in (413, 422), answer.text
    assert len((await owner.get("/api-keys")).json()) == 3


# -- the ring, and where to listen


async def test_keys_made_elsewhere_open_and_close_in_time() -> None:
    store, now = OracleStore(), [0.0]
    ring = KeyRing(store, clock=lambda: now[0])
    assert not await ring.any()
    _, secret = await create_key(store, "late")
    assert not await ring.any()
    now[0] += REFRESH
    found = await ring.find(secret)
    assert found is not None
    await revoke_key(store, "late")
    assert await ring.find(secret) is not None
    now[0] += REFRESH
    assert await ring.find(secret) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "memory.example", ""])
async def test_an_open_house_is_not_shown_to_the_world(backend: LocalBackend, host: str) -> None:
    with pytest.raises(ConfigurationError, match="no API key") as caught:
        async with started(backend, host=host):
            raise AssertionError("it started")
    assert "keys create" in str(caught.value.hint)


async def test_with_a_key_it_listens_anywhere(backend: LocalBackend) -> None:
    await backend.open()
    key, secret = await create_key(backend.engine.parts.store, "door", role="owner")
    async with started(backend, host="0.0.0.0") as app:
        async with connected(app, secret, peer="10.0.0.7", url="https://memory.example") as client:
            assert (await client.delete(f"/api-keys/{key.id}")).status_code == 200
            # The last key was taken back: now nobody comes in, above all not everybody.
            problem(await client.get("/stats"), 401, "unauthenticated")
        async with connected(app) as client:
            problem(await client.get("/stats"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("127.1", False),
        ("0.0.0.0", False),
        ("", False),
        ("localhost.", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_what_is_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_the_table_of_roles_names_routes_that_exist(backend: LocalBackend) -> None:
    found = set(routes(create_app(backend)))
    assert set().union(*NEEDS.values()) <= found
