"""Webhooks: who is told what, signed, again until it is taken, and never inside."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import anyio.to_thread
import httpx
import pytest
from fastapi import FastAPI

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import webhooks
from graphmem.engine.keys import create_key
from graphmem.engine.webhooks import EVENT_TYPES
from graphmem.errors import InvalidInput, Unavailable
from graphmem.settings import Settings
from tests.api.conftest import Client, problem, remember
from tests.support.jobs import drained
from tests.support.receiver import Answer, Got, Receiver

pytestmark = pytest.mark.anyio

EVERYTHING = list(EVENT_TYPES)
SECRET = "a secret of sixteen"


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    settings = Settings(extractor="verbatim", allow_private_urls=True)
    backend = LocalBackend(assemble(settings, tmp_path / "memory"))
    backend.engine.jobs.worker.pause = lambda _: 0.0
    return backend


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


async def subscribe(client: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/webhooks", json={"url": url, "event_types": EVERYTHING, **more})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def came(receiver: Receiver, count: int) -> list[Got]:
    """What was sent there, when it is so much. The server at work is in this loop."""
    return await anyio.to_thread.run_sync(receiver.wait, count)


def told(got: Got) -> tuple[str, dict[str, Any]]:
    """The type, and the details of what was told."""
    body = json.loads(got.body)
    return body["event_type"], body["event_details"]


async def settled(app: FastAPI) -> None:
    """Nothing waits to be delivered any more."""
    await drained(app.state.house.backend.engine.jobs)


# -- what is told


async def test_a_memorys_life_is_told(app: FastAPI, client: httpx.AsyncClient, receiver: Receiver) -> None:
    made = await subscribe(client, receiver.url, name="mine")
    memory_id = await remember(client, "Ana sails.")
    await came(receiver, 1)
    await client.patch(f"/memories/{memory_id}", json={"text": "Ana rows.", "categories": ["sport"]})
    await came(receiver, 3)
    await client.delete(f"/memories/{memory_id}")
    assert [told(got) for got in (await came(receiver, 4))] == [
        ("memory_add", {"id": memory_id, "data": {"memory": "Ana sails."}, "event": "ADD"}),
        ("memory_update", {"id": memory_id, "data": {"memory": "Ana rows."}, "event": "UPDATE"}),
        ("memory_categorize", {"event": "CATEGORIZE", "memory_id": memory_id, "categories": ["sport"]}),
        ("memory_delete", {"id": memory_id, "data": {"memory": None}, "event": "DELETE"}),
    ]
    for got in receiver.got:
        body = json.loads(got.body)
        assert (body["webhook_id"], body["project_id"]) == (made["id"], "default")
        assert body["event_id"] == got.headers["x-graphmem-event-id"] == str(UUID(body["event_id"]))
        assert got.headers["content-type"] == "application/json"


async def test_what_is_sent_is_signed(client: httpx.AsyncClient, receiver: Receiver) -> None:
    given = await subscribe(client, receiver.url, secret=SECRET)
    assert given["secret"] == SECRET
    own = await subscribe(client, receiver.url)
    assert own["secret"].startswith("gmw_")
    assert len(own["secret"]) > 40
    await remember(client, "Ana sails.")
    secrets = {each["id"]: each["secret"] for each in (given, own)}
    for got in await came(receiver, 2):
        stamp = got.headers["x-graphmem-timestamp"]
        assert abs(time.time() - int(stamp)) < 60
        secret = secrets.pop(json.loads(got.body)["webhook_id"])
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + got.body, hashlib.sha256).hexdigest()
        assert got.headers["x-graphmem-signature"] == f"v1={wanted}"


async def test_what_replaces_another_is_told_of_both(client: httpx.AsyncClient, receiver: Receiver) -> None:
    porto = await remember(client, "Ana lives in Porto", relations=[["Ana", "LIVES_IN", "Porto"]])
    await subscribe(client, receiver.url)
    moved = {"messages": "Ana lives in Lisbon", "infer": False, "relations": [["Ana", "LIVES_IN", "Lisbon"]]}
    lisbon = (await client.post("/memories", json={**moved, "user_id": "ana"})).json()["results"][0]["id"]
    found = {(kind, details["id"], details["event"]) for kind, details in map(told, await came(receiver, 2))}
    assert found == {("memory_add", lisbon, "ADD"), ("memory_update", porto, "UPDATE")}


async def test_batches_and_whole_scopes_are_told_one_by_one(client: httpx.AsyncClient, receiver: Receiver) -> None:
    await subscribe(client, receiver.url, event_types=["memory_add", "memory_delete"])
    items = [{"messages": f"note {n}", "user_id": "ana", "infer": False, "categories": ["x"]} for n in range(5)]
    answers = (await client.post("/memories/batch", json={"items": items})).json()["results"]
    ids = [answer["results"][0]["id"] for answer in answers]
    assert [told(got)[1]["id"] for got in (await came(receiver, 5))] == ids
    await client.delete("/memories", params={"user_id": "ana"})
    gone = [told(got) for got in (await came(receiver, 10))[5:]]
    assert {kind for kind, _ in gone} == {"memory_delete"}
    assert sorted(details["id"] for _, details in gone) == sorted(ids)
    await remember(client, "of Ben", user="ben")
    await client.post("/reset")
    assert told((await came(receiver, 12))[-1])[0] == "memory_delete"


async def test_a_queued_add_is_told_with_its_end(app: FastAPI, client: httpx.AsyncClient, receiver: Receiver) -> None:
    await subscribe(client, receiver.url)
    body = {"messages": "Ana sails.", "user_id": "ana", "infer": False, "categories": ["sport"], "background": True}
    event_id = (await client.post("/memories", json=body)).json()["event_id"]
    [(_, added), categorized, ended] = [told(got) for got in (await came(receiver, 3))]
    assert (added["data"], added["event"]) == ({"memory": "Ana sails."}, "ADD")
    assert categorized[1] == {"event": "CATEGORIZE", "memory_id": added["id"], "categories": ["sport"]}
    assert ended == ("ingest_job_completed", {"id": event_id, "event": "INGEST_JOB_COMPLETED"})


async def test_a_queued_add_that_never_was_is_told_too(
    app: FastAPI, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await subscribe(client, receiver.url, event_types=["ingest_job_failed", "ingest_job_cancelled"])
    jobs = app.state.house.backend.engine.jobs
    backend: LocalBackend = app.state.house.backend
    failed = await jobs.submit(
        "default", "add", {"messages": 7, "user_id": "ben"}, lane="user:ben", ids={"user_id": "ben"}
    )
    assert told((await came(receiver, 1))[0])[1] == {"id": failed.id, "event": "INGEST_JOB_FAILED"}
    jobs.worker.remind = lambda *_: None  # nobody looks at what comes now
    cancelled = await backend.add_queued({"messages": "x", "user_id": "ana"})
    del jobs.worker.remind
    await backend.delete_all({"user_id": "ana"})
    assert told((await came(receiver, 2))[1])[1] == {"id": cancelled.id, "event": "INGEST_JOB_CANCELLED"}


async def test_only_those_who_asked_are_told(app: FastAPI, client: httpx.AsyncClient, receiver: Receiver) -> None:
    with Receiver() as other:
        await subscribe(client, other.url, event_types=["memory_delete"])
        await subscribe(client, other.url, is_active=False)
        usual = (await client.post("/webhooks", json={"url": receiver.url})).json()
        assert usual["event_types"] == ["memory_add", "memory_update", "memory_delete"]
        await remember(client, "Ana sails.")
        await came(receiver, 1)
        await settled(app)
        assert other.got == []


async def test_without_webhooks_nothing_is_queued(app: FastAPI, client: httpx.AsyncClient) -> None:
    store = app.state.house.backend.engine.parts.store
    await remember(client, "Ana sails.")
    assert await store.settings("", "queue:") == []


async def test_projects_are_not_told_of_one_another(
    app: FastAPI, backend: LocalBackend, connect: Client, receiver: Receiver
) -> None:
    store = backend.engine.parts.store
    _, red = await create_key(store, "red", role="owner", projects=["red"])
    _, blue = await create_key(store, "blue", role="owner", projects=["blue"])
    async with connect(red) as mine, connect(blue) as theirs:
        made = await subscribe(mine, receiver.url)
        await remember(theirs, "Ben rows.")
        await remember(mine, "Ana sails.")
        assert told((await came(receiver, 1))[0])[1]["data"] == {"memory": "Ana sails."}
        await settled(app)
        assert len(receiver.got) == 1
        assert (await theirs.get("/webhooks")).json() == []
        path = f"/webhooks/{made['id']}"
        for method, target in (
            ("PUT", path),
            ("DELETE", path),
            ("POST", f"{path}/test"),
            ("GET", f"{path}/deliveries"),
        ):
            body = {"name": "x"} if method == "PUT" else None
            problem(await theirs.request(method, target, json=body), 404, "not_found")


@pytest.mark.parametrize("role", ["reader", "writer"])
async def test_webhooks_are_the_owners(backend: LocalBackend, connect: Client, role: str) -> None:
    _, key = await create_key(backend.engine.parts.store, "k", role=role)
    async with connect(key) as client:
        problem(await client.get("/webhooks"), 403, "forbidden")
        problem(await client.post("/webhooks", json={"url": "https://example.com"}), 403, "forbidden")


# -- again, until it is taken


async def test_what_is_not_taken_comes_again_under_the_same_id(app: FastAPI, client: httpx.AsyncClient) -> None:
    with Receiver(Answer(500), Answer(302, {"Location": "/"}), Answer(204)) as receiver:
        made = await subscribe(client, receiver.url)
        await remember(client, "Ana sails.")
        await came(receiver, 3)
        await settled(app)
        assert len({got.headers["x-graphmem-event-id"] for got in receiver.got}) == 1
    log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
    assert [(each["attempt"], each["status"], each["delivered"]) for each in log] == [
        (3, 204, True),
        (2, 302, False),
        (1, 500, False),
    ]
    assert {each["event_type"] for each in log} == {"memory_add"}
    assert all(each["milliseconds"] > 0 for each in log)


async def test_five_times_are_enough_and_the_next_is_told(app: FastAPI, client: httpx.AsyncClient) -> None:
    with Receiver(*[Answer(503)] * 5, Answer(200)) as receiver:
        made = await subscribe(client, receiver.url)
        await remember(client, "lost")
        await remember(client, "found")
        assert told((await came(receiver, 6))[-1])[1]["data"] == {"memory": "found"}
        await settled(app)
    log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
    assert [each["status"] for each in log] == [200, 503, 503, 503, 503, 503]


async def test_nobody_there_is_logged(app: FastAPI, client: httpx.AsyncClient) -> None:
    with Receiver() as gone:
        made = await subscribe(client, gone.url)
    await remember(client, "Ana sails.")
    await settled(app)
    log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
    assert [each["attempt"] for each in log] == [5, 4, 3, 2, 1]
    assert {each["status"] for each in log} == {None}
    assert "cannot be reached" in log[0]["reason"]


async def test_the_log_keeps_the_last_hundred(
    app: FastAPI, client: httpx.AsyncClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LOGGED", 3)
    made = await subscribe(client, receiver.url)
    for _ in range(5):
        await client.post(f"/webhooks/{made['id']}/test")
    log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
    assert [each["event_id"] for each in log] == [got.headers["x-graphmem-event-id"] for got in receiver.got[:1:-1]]


async def test_a_dead_address_does_not_gather_work_without_end(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_WAITING", 2)
    engine = app.state.house.backend.engine
    engine.jobs.worker.pause = lambda _: 3600.0
    with Receiver(Answer(500)) as receiver:
        made = await subscribe(client, receiver.url)
        await remember(client, "first")
        await came(receiver, 1)
        items = [{"messages": f"note {n}", "user_id": "ana", "infer": False} for n in range(4)]
        assert (await client.post("/memories/batch", json={"items": items})).status_code == 200
        assert await engine.jobs.waiting("default", f"webhook:{made['id']}") == 2
        log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
        assert "3 were dropped" in log[0]["reason"]


async def test_a_store_that_fails_then_does_not_undo_the_change(
    app: FastAPI,
    client: httpx.AsyncClient,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await subscribe(client, receiver.url)

    async def full(*_: object, **__: object) -> None:
        raise Unavailable("The queue is full.")

    monkeypatch.setattr(app.state.house.backend.engine.jobs, "submit", full)
    await remember(client, "Ana sails.")
    assert "The queue is full." in caplog.text


# -- subscriptions


async def test_webhooks_are_changed_and_removed(app: FastAPI, client: httpx.AsyncClient, receiver: Receiver) -> None:
    made = await subscribe(client, "http://127.0.0.1:9/nowhere", name="old")
    secret = made.pop("secret")
    assert (await client.get("/webhooks")).json() == [made]
    path = f"/webhooks/{made['id']}"
    change = {"url": receiver.url, "name": "new", "event_types": ["memory_add"], "is_active": None}
    changed = (await client.put(path, json=change)).json()
    assert changed == {**made, **change, "is_active": True, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    await remember(client, "Ana sails.")
    got = (await came(receiver, 1))[0]
    stamp = got.headers["x-graphmem-timestamp"]
    assert got.headers["x-graphmem-signature"] == webhooks.signature(secret, stamp, got.body)
    paused = (await client.put(path, json={"is_active": False, "secret": SECRET})).json()
    assert (paused["is_active"], "secret" in paused) == (False, False)
    assert (await client.delete(path)).json() == paused
    problem(await client.delete(path), 404, "not_found")
    problem(await client.put(path, json={"name": "x"}), 404, "not_found")
    assert (await client.get("/webhooks")).json() == []
    await settled(app)
    assert await app.state.house.backend.engine.parts.store.settings("default", "deliveries:") == []


async def test_what_waits_for_one_that_goes_is_not_delivered(
    app: FastAPI, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    jobs = app.state.house.backend.engine.jobs
    made, other = [await subscribe(client, receiver.url) for _ in range(2)]
    jobs.worker.remind, remind = (lambda *_: None), jobs.worker.remind
    await remember(client, "Ana sails.")
    del jobs.worker.remind
    await client.delete(f"/webhooks/{made['id']}")
    await client.put(f"/webhooks/{other['id']}", json={"is_active": False})
    for waiting in await jobs._queue.waiting():
        remind(waiting.lane, waiting.due, waiting.kind)
    await settled(app)
    assert receiver.got == []


async def test_a_test_tells_at_once_how_it_went(client: httpx.AsyncClient) -> None:
    with Receiver(Answer(200), Answer(410)) as receiver:
        made = await subscribe(client, receiver.url)
        for status, taken in ((200, True), (410, False)):
            answer = (await client.post(f"/webhooks/{made['id']}/test")).json()
            assert (answer["status"], answer["delivered"], answer["event_type"]) == (status, taken, "test")
        assert told(receiver.got[0]) == ("test", {"event": "TEST"})
        log = (await client.get(f"/webhooks/{made['id']}/deliveries")).json()
        assert [each["status"] for each in log] == [410, 200]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": ""}, "url"),
        ({}, "url"),
        ({"url": "https://example.com", "event_types": []}, "event_types"),
        ({"url": "https://example.com", "event_types": ["memory_eaten"]}, "event_types.0"),
        ({"url": "https://example.com", "secret": "short"}, "secret"),
        ({"url": "https://example.com", "name": ""}, "name"),
        ({"url": "https://example.com", "colour": "red"}, "colour"),
    ],
)
async def test_what_makes_no_webhook(client: httpx.AsyncClient, wrong: dict[str, Any], field: str) -> None:
    assert problem(await client.post("/webhooks", json=wrong), 422, "invalid_input")["field"] == field
    assert (await client.get("/webhooks")).json() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"event_types": "memory_add"}, "event_types"),
        ({"event_types": []}, "event_types"),
        ({"event_types": ["memory_eaten"]}, "event_types"),
        ({"secret": "short"}, "secret"),
        ({"name": " "}, "name"),
    ],
)
async def test_nor_does_it_without_the_wire(app: FastAPI, wrong: dict[str, Any], field: str) -> None:
    hooks = app.state.house.backend.engine.webhooks
    with pytest.raises(InvalidInput) as caught:
        await hooks.create("default", url="http://127.0.0.1:9/", **wrong)
    assert caught.value.field == field
    made = await hooks.create("default", url="http://127.0.0.1:9/")
    for each, name in ((wrong, field), ({"colour": "red"}, "colour")):
        with pytest.raises(InvalidInput) as caught:
            await hooks.update("default", made.id, **each)
        assert caught.value.field == name


async def test_two_changes_at_once_are_both_made(app: FastAPI) -> None:
    hooks = app.state.house.backend.engine.webhooks
    made = await hooks.create("default", url="http://127.0.0.1:9/")
    async with anyio.create_task_group() as group:
        for change in ({"name": "new"}, {"is_active": False}, {"secret": SECRET}, {"event_types": ["memory_add"]}):
            group.start_soon(partial(hooks.update, "default", made.id, **change))
    found = await hooks.get("default", made.id)
    assert (found.name, found.is_active, found.secret, found.event_types) == ("new", False, SECRET, ("memory_add",))


async def test_ids_are_checked(client: httpx.AsyncClient) -> None:
    problem(await client.delete("/webhooks/nonsense"), 422, "invalid_input")
    problem(await client.post(f"/webhooks/{uuid4()}/test"), 404, "not_found")
    problem(await client.get(f"/webhooks/{uuid4()}/deliveries"), 404, "not_found")


async def test_a_project_has_so_many(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 2)
    for _ in range(2):
        await subscribe(client, "http://127.0.0.1:9/")
    answer = await client.post("/webhooks", json={"url": "http://127.0.0.1:9/"})
    assert "is the most" in problem(answer, 422, "invalid_input")["detail"]


# -- never inside


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    """As it is without the operator's leave."""
    backend = LocalBackend(assemble(Settings(extractor="verbatim"), tmp_path / "guarded"))
    await backend.open()
    yield backend
    await backend.aclose()


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:8000/reset", "http://[::1]/", "http://localhost/"],
)
async def test_a_private_address_is_refused_at_the_door(guarded: LocalBackend, url: str) -> None:
    from tests.api.conftest import connected, started

    async with started(guarded) as app, connected(app) as client:
        found = problem(await client.post("/webhooks", json={"url": url}), 422, "invalid_input")
        assert found["field"] == "url"
        assert "not on the open internet" in found["detail"]


async def test_a_name_that_leads_inside_later_is_not_followed(
    guarded: LocalBackend, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """It was public when it was made."""
    import socket

    place = ["93.184.216.34"]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place[0], 0))]
    )
    made = await guarded.engine.webhooks.create("default", url=f"http://hook.example:{receiver.port}/")
    place[0] = "127.0.0.1"
    found = await guarded.engine.webhooks.test("default", made.id)
    assert (found.status, found.delivered) == (None, False)
    assert "not on the open internet" in (found.reason or "")
    assert receiver.got == []


async def test_secrets_and_addresses_are_not_in_reprs(guarded: LocalBackend) -> None:
    made = await guarded.engine.webhooks.create("default", url="https://example.com/hidden-path", secret=SECRET)
    assert SECRET not in repr(made)
    assert "hidden-path" not in repr(made)
