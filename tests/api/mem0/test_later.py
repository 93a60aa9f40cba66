"""What is done later or told to others: events, webhooks; and what is told of what is known: exports, profiles."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from graphmem.engine.keys import create_key
from graphmem.errors import ModelRefused
from tests.api.conftest import connected
from tests.api.mem0.conftest import UNKNOWN, Model, add, ended, post, refusal, texts

pytestmark = pytest.mark.anyio

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "employer": {"type": ["string", "null"]}, "city": {"type": "string"}},
}
HOOK = "https://93.184.215.14/hook"
"""An address outside, which nobody is sent to in these tests."""


async def known(client: httpx.AsyncClient) -> None:
    """Ana works at Acme and lives in Lisbon."""
    triples = [["Ana", "WORKS_AT", "Acme"], ["Ana", "LIVES_IN", "Lisbon"]]
    for triple in triples:
        body = {"messages": " ".join(triple), "user_id": "Ana", "infer": False, "relations": [triple]}
        (await client.post("/memories", json=body)).raise_for_status()


# -- events


async def test_a_failure_says_why(model: Model) -> None:
    model.answers.append(ModelRefused("I would rather not.", answer="no"))
    queued = await post(model.client, "/v3/memories/add/", messages="x", user_id="ana")
    event = await ended(model.client, queued["event_id"])
    assert (event["status"], event["results"]) == ("FAILED", [])
    assert "I would rather not." in event["error"]


async def test_an_event_tells_what_took_the_place_of_what(model: Model) -> None:
    edge = {"subject": "Ana", "relation": "lives in", "object": "Porto"}
    model.says({"text": "Ana lives in Porto.", "relations": [edge]})
    await post(model.client, "/v1/memories/", messages="x", user_id="ana")
    model.says({"text": "Ana lives in Lisbon.", "verdict": "supersedes", "targets": [1]})
    queued = await post(model.client, "/v3/memories/add/", messages="x", user_id="ana")
    [item] = (await ended(model.client, queued["event_id"]))["results"]
    assert (item["event"], item["memory"], item["old_memory"]) == (
        "UPDATE",
        "Ana lives in Lisbon.",
        "Ana lives in Porto.",
    )


async def test_what_was_done_at_once_has_its_event(client: httpx.AsyncClient) -> None:
    said = [{"role": "user", "content": text} for text in ("one", "two")]
    told = await post(client, "/v3/memories/add/", messages=said, user_id="ana", infer=False)
    await add(client, "three")
    event = (await client.get(f"/v1/event/{told['event_id']}/")).json()
    assert (event["status"], {each["memory"] for each in event["results"]}) == ("SUCCEEDED", {"one", "two"})
    refusal(await client.get(f"/v1/event/{UNKNOWN}/"), 404)
    assert refusal(await client.get("/v1/event/x/"), 400)["error"] == "event_id should be a valid UUID"


async def test_events_have_pages(client: httpx.AsyncClient) -> None:
    for number in range(3):
        queued = await post(client, "/v3/memories/add/", messages=f"memory {number}", user_id="ana")
        await ended(client, queued["event_id"])
    first = (await client.get("/v1/events/", params={"page_size": 2})).json()
    assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
    assert first["results"][0]["id"] == queued["event_id"]
    last = (await client.get("/v1/events/", params={"page": 2, "page_size": 2})).json()
    assert (len(last["results"]), last["next"]) == (1, None)


async def test_events_of_others_are_not_there(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    keys = {name: (await create_key(store, name, projects=[name]))[1] for name in ("ana", "ben")}
    async with connected(app, keys["ana"]) as hers, connected(app, keys["ben"]) as his:
        queued = await post(hers, "/v3/memories/add/", messages="x", user_id="ana")
        refusal(await his.get(f"/v1/event/{queued['event_id']}/"), 404)
        assert (await his.get("/v1/events/")).json()["results"] == []


# -- webhooks


async def test_webhooks(client: httpx.AsyncClient) -> None:
    path = "/api/v1/webhooks/projects/default/"
    made = await post(client, path, url=HOOK, name="log", event_types=["memory_add"])
    assert made["secret"]
    [listed] = (await client.get(path)).json()
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert set(listed) >= {"webhook_id", "name", "url", "event_types", "is_active", "project", "created_at"}
    one = f"/api/v1/webhooks/{made['webhook_id']}/"
    told = (await client.put(one, json={"eventTypes": ["memory_update"]})).json()
    assert told["event_types"] == ["memory_update"]
    told = (await client.put(one, json={"name": "diary", "event_types": ["memory_delete"]})).json()
    assert (told["message"], told["name"], told["url"]) == ("Webhook updated successfully", "diary", HOOK)
    assert (await client.delete(one)).json() == {"message": "Webhook deleted successfully"}
    assert (await client.get(path)).json() == []
    refusal(await client.delete(one), 404)
    refusal(await client.put("/api/v1/webhooks/x/", json={}), 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "http://127.0.0.1:8000/"},
        {"url": "http://[::ffff:10.0.0.1]/"},
        {"url": "file:///etc/passwd"},
        {"url": HOOK, "event_types": []},
        {"url": HOOK, "event_types": ["memory_stolen"]},
        {"url": HOOK, "name": "x" * 1000},
    ],
)
async def test_webhooks_that_cannot_be(shared: httpx.AsyncClient, body: dict[str, Any]) -> None:
    refusal(await shared.post("/api/v1/webhooks/projects/default/", json=body), 400)
    assert (await shared.get("/api/v1/webhooks/projects/default/")).json() == []


async def test_webhooks_of_others_are_not_there(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    keys = {name: (await create_key(store, name, role="owner", projects=[name]))[1] for name in ("ana", "ben")}
    _, anybody = await create_key(store, "ops", role="owner", projects=["main", "*"])
    async with (
        connected(app, keys["ana"]) as hers,
        connected(app, keys["ben"]) as his,
        connected(app, anybody) as theirs,
    ):
        made = await post(hers, "/api/v1/webhooks/projects/ana/", url=HOOK, name="log")
        one = f"/api/v1/webhooks/{made['webhook_id']}/"
        refusal(await his.get("/api/v1/webhooks/projects/ana/"), 404)
        refusal(await his.delete(one), 404)
        refusal(await his.put(one, json={"name": "x"}), 404)
        assert (await theirs.put(one, params={"project_id": "ana"}, json={"name": "x"})).status_code == 200
        assert (await hers.delete(one)).status_code == 200


# -- exports and summaries


async def test_an_export_is_filled_when_it_is_fetched(client: httpx.AsyncClient) -> None:
    await known(client)
    answer = await client.post("/v1/exports/", json={"schema": SCHEMA, "filters": {"user_id": "Ana"}})
    assert answer.status_code == 201
    told = await post(client, "/v1/exports/get/", memory_export_id=answer.json()["id"])
    assert (told["employer"], told["city"]) == ("Acme", "Lisbon")
    assert await post(client, "/v1/exports/get/", filters={"user_id": "Ana"}) == told
    await client.delete("/v2/entities/user/Ana/")
    assert "Acme" not in str(await post(client, "/v1/exports/get/", memory_export_id=answer.json()["id"]))


async def test_exports_that_cannot_be(client: httpx.AsyncClient) -> None:
    whose = {"filters": {"user_id": "ana"}}
    for body in (
        {},
        {"schema": SCHEMA},
        {"schema": "nonsense", **whose},
        {"schema": {"type": 5}, **whose},
        {"schema": {"$ref": "https://example.com/schema"}, **whose},
        {"schema": SCHEMA, "export_instructions": "Be brief.", **whose},
    ):
        refusal(await client.post("/v1/exports/", json=body), 400)
    told = refusal(await client.post("/v1/exports/get/", json={"memory_export_id": UNKNOWN}), 404)
    assert told["error"] == "No memory export request found"
    refusal(await client.post("/v1/exports/get/", json=whose), 404)
    refusal(await client.post("/v1/exports/get/", json={"memory_export_id": "x"}), 400)


async def test_old_exports_go(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.mem0.exports.KEPT", 2)
    made = [
        (await client.post("/v1/exports/", json={"schema": SCHEMA, "filters": {"user_id": "ana"}})).json()["id"]
        for _ in range(3)
    ]
    refusal(await client.post("/v1/exports/get/", json={"memory_export_id": made[0]}), 404)
    for id_ in made[1:]:
        await post(client, "/v1/exports/get/", memory_export_id=id_)


async def test_a_summary(client: httpx.AsyncClient) -> None:
    await known(client)
    told = await post(client, "/v1/summary/", filters={"user_id": "Ana"})
    assert "Acme" in told["summary"]
    refusal(await client.post("/v1/summary/", json={}), 400)


async def test_a_schema_fills_what_an_add_brings(client: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"memories": {"type": "integer"}}}
    told = await post(
        client, "/v1/memories/", messages="Ana sails.", user_id="ana", structured_data_schema=schema, metadata={"a": 1}
    )
    assert set(told[0]["metadata"]) == {"a", "structured_data"}
    assert await texts(client, user_id="ana") == ["Ana sails."]
    answer = await client.post(
        "/v3/memories/add/", json={"messages": "x", "user_id": "ana", "structured_data_schema": {"type": 5}}
    )
    refusal(answer, 400)


# -- profiles


async def test_a_profile(client: httpx.AsyncClient) -> None:
    path = "/v2/entities/user/Ana/profile/"
    empty = (await client.get(path)).json()
    assert (empty["status"], empty["profile"], empty["entity_id"]) == ("insufficient_data", {}, "Ana")
    await known(client)
    told = (await client.get(path)).json()
    assert (told["status"], told["entity_type"], told["generation_count"]) == ("succeeded", "user", 1)
    assert "Acme" in str(told["profile"])
    settings = await post(client, "/v2/profiles/settings/", entities={"user": {"schema": SCHEMA}})
    assert settings["entities"]["user"] == {"schema": SCHEMA, "custom_instructions": None}
    assert (await client.get(path)).json()["profile"]["employer"] == "Acme"
    await post(client, "/v2/profiles/settings/", enabled=False)
    assert (await client.get(path)).json()["status"] == "not_enabled"
    cleared = await post(client, "/v2/profiles/settings/", enabled=True, entities={"user": {"schema": None}})
    assert cleared == (await client.get("/v2/profiles/settings/")).json()
    assert (cleared["enabled"], cleared["entities"]["user"]["schema"]) == (True, None)
    assert "capabilities" in cleared


async def test_jobs_for_profiles(client: httpx.AsyncClient) -> None:
    for user, count in (("ana", 2), ("ben", 1), ("carl", 3)):
        for number in range(count):
            await add(client, f"memory {number}", user=user)
    sample = await post(client, "/v2/profiles/jobs/", operation="sample", entity_type="user", limit=2)
    assert (sample["entity_ids"], sample["sampled"], sample["status"]) == (["carl", "ana"], 2, "succeeded")
    job = (await client.get(sample["status_url"])).json()["job"]
    assert (job["id"], job["total"], job["succeeded"], job["operation"]) == (sample["job_id"], 2, 2, "sample")
    assert "carl" not in str(job)
    refusal(await client.get(f"/v2/profiles/jobs/{UNKNOWN}/"), 404)
    for body in ({"operation": "steal"}, {"operation": "trigger"}, {"entity_type": "ship", "entity_id": "x"}):
        refusal(await client.post("/v2/profiles/jobs/", json=body), 400)


async def test_old_jobs_go(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.mem0.profiles.KEPT", 1)
    made = [(await post(client, "/v2/profiles/jobs/", entity_id="ana"))["job_id"] for _ in range(2)]
    refusal(await client.get(f"/v2/profiles/jobs/{made[0]}/"), 404)
    assert (await client.get(f"/v2/profiles/jobs/{made[1]}/")).status_code == 200


async def test_settings_that_cannot_be(shared: httpx.AsyncClient) -> None:
    for body in (
        {"enabled": "perhaps"},
        {"entities": "user"},
        {"entities": {"ship": {}}},
        {"entities": {"user": 5}},
        {"entities": {"user": {"schema": {"type": 5}}}},
        {"entities": {"user": {"custom_instructions": "Be brief."}}},
    ):
        refusal(await shared.post("/v2/profiles/settings/", json=body), 400)


# -- somebody who has no memories yet


async def test_somebody_is_made_known(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/users/", json={"user_id": "ana", "metadata": {"plan": "free"}})
    assert answer.status_code == 201
    assert (answer.json()["user_id"], answer.json()["total_memories"]) == ("ana", 0)
    await client.post("/v1/agents/", json={"agent_id": "bot", "name": "Robo"})
    await add(client, "one")
    told = {each["name"]: each for each in (await client.get("/v1/entities/")).json()["results"]}
    assert (told["ana"]["total_memories"], told["ana"]["metadata"]) == (1, {"plan": "free"})
    assert told["bot"]["display_name"] == "Robo"
    await client.delete("/v2/entities/agent/bot/")
    assert [each["name"] for each in (await client.get("/v1/entities/")).json()["results"]] == ["ana"]
    for path, body in (("/v1/users/", {}), ("/v1/runs/", {"run_id": ""}), ("/v1/apps/", {"app_id": "x" * 300})):
        refusal(await client.post(path, json=body), 400)


async def test_a_reset_leaves_nobodys_name(client: httpx.AsyncClient) -> None:
    await known(client)
    (await client.post("/v1/users/", json={"user_id": "bo", "name": "Bo"})).raise_for_status()
    export = (await client.post("/v1/exports/", json={"schema": SCHEMA, "filters": {"user_id": "Ana"}})).json()["id"]
    job = await post(client, "/v2/profiles/jobs/", entity_id="Ana")
    (await client.post("/reset")).raise_for_status()
    assert (await client.get("/v1/entities/")).json()["results"] == []
    refusal(await client.post("/v1/exports/get/", json={"memory_export_id": export}), 404)
    refusal(await client.get(job["status_url"]), 404)
