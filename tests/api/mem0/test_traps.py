"""What servers that were compatible on paper have stumbled over, one by one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from api.errors import STATUS
from graphmem.engine.keys import create_key
from graphmem.errors import GraphmemError
from tests.api.conftest import Client, connected
from tests.api.mem0.conftest import ANSWER, UNKNOWN, Model, add, ended, post, refusal, texts
from tests.api.test_problems import every_error

pytestmark = pytest.mark.anyio

# -- construction


async def test_t01_ping_names_the_organization_and_the_project(client: httpx.AsyncClient) -> None:
    told = (await client.get("/v1/ping/")).json()
    assert (told["org_id"], told["project_id"], told["user_email"]) == ("graphmem", "default", None)
    chosen = await client.get("/v1/ping/", params={"org_id": "graphmem", "project_id": "default"})
    assert chosen.json() == told


async def test_t02_ping_says_ok(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/ping/")).json()["status"] == "ok"


async def test_t03_a_bad_key_is_json(app: FastAPI, connect: Client) -> None:
    await create_key(app.state.house.backend.engine.parts.store, "ops", role="owner")
    async with connect() as client:
        answer = await client.get("/v1/ping/", headers={"Authorization": "Token nonsense"})
        refusal(answer, 401, "The API key is not known.")
        refusal(await client.get("/v1/ping/"), 401, "An API key is needed.")


async def test_t04_the_key_comes_as_token_or_bearer(app: FastAPI, connect: Client) -> None:
    _, secret = await create_key(app.state.house.backend.engine.parts.store, "ops", role="owner")
    async with connect() as client:
        for scheme in ("Token", "Bearer"):
            for stranger in ("", "0cc175b9c0f1b6a831c399e269772661", "somebody@example.com"):
                headers = {"Authorization": f"{scheme} {secret}", "Mem0-User-ID": stranger}
                assert (await client.get("/v1/ping/", headers=headers)).status_code == 200


async def test_t05_duplicate_slashes_count_as_one(client: httpx.AsyncClient) -> None:
    for path in ("//v1/ping/", "/v1//ping/", "///v1/ping"):
        answer = await client.send(httpx.Request("GET", f"http://127.0.0.1:8000{path}"))
        assert answer.json()["status"] == "ok", path


async def test_t05_a_prefix_is_part_of_the_addresses_of_pages(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5), root_path="/mem0")
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/mem0") as client:
        for text in ("one", "two"):
            await add(client, text)
        told = await post(client, "/v3/memories/?page_size=1", filters={"user_id": "ana"})
        assert told["next"] == "http://127.0.0.1:8000/mem0/v3/memories/?page=2&page_size=1"
        refusal(await client.get("/v1/memories/x/"), 400)


# -- HTTP


@pytest.mark.parametrize("slash", ["", "/"])
async def test_t06_nothing_is_redirected(client: httpx.AsyncClient, slash: str) -> None:
    for method, path in (("GET", "/v1/ping"), ("GET", "/v1/entities"), ("POST", "/v3/memories")):
        answer = await client.request(method, path + slash, **({"json": {}} if method == "POST" else {}))
        assert answer.status_code in (200, 400)


async def test_t07_every_success_has_a_body(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "Ana sails.")
    answers = [
        await client.put(f"/v1/memories/{id_}/", json={"text": "Ana rows."}),
        await client.delete(f"/v1/memories/{id_}/"),
        await client.delete("/v1/memories/", params={"user_id": "ana"}),
        await client.delete("/v2/entities/user/ana/"),
    ]
    for answer in answers:
        assert answer.status_code in (200, 201), answer.text
        assert answer.json()


@pytest.mark.parametrize("name", ["a/b", "al ice/1", "ä", "a%2Fb", "x/profile", "100%", "?q=1#x", "história/история"])
async def test_t08_ids_may_hold_slashes(client: httpx.AsyncClient, name: str) -> None:
    await add(client, "Somebody is here.", user=name)
    [entity] = (await client.get("/v1/entities/")).json()["results"]
    assert entity["name"] == name
    listed = (await client.get(f"/v1/memories/user/{quote(name, safe='')}/")).json()
    assert [each["user_id"] for each in listed["results"]] == [name]
    await client.delete(f"/v2/entities/user/{quote(name, safe='')}/")
    assert (await client.get("/v1/entities/")).json()["results"] == []


async def test_t08_old_clients_encode_only_spaces(client: httpx.AsyncClient) -> None:
    await add(client, "Somebody is here.", user="al ice/1")
    await client.delete("/v2/entities/user/al%20ice/1/")
    assert await texts(client, user_id="al ice/1") == []


async def test_t09_a_delete_has_a_body(client: httpx.AsyncClient) -> None:
    ids = [await add(client, text) for text in ("one", "two")]
    body = {"memories": [{"memory_id": id_} for id_ in ids]}
    answer = await client.request("DELETE", "/v1/batch/", json=body)
    assert answer.json() == {"message": "Successfully deleted 2 memories"}
    assert await texts(client, user_id="ana") == []


@pytest.mark.parametrize("filters", ["{'user_id': 'ana'}", '{"user_id": "ana"}', "{'AND': [{'user_id': 'ana'}]}"])
async def test_t10_delete_all_reads_filters_as_they_are_printed(client: httpx.AsyncClient, filters: str) -> None:
    await add(client, "one")
    await add(client, "two", user="ben")
    answer = await client.delete("/v1/memories/", params={"filters": filters})
    assert answer.status_code == 200, answer.text
    assert (await texts(client, user_id="ana"), await texts(client, user_id="ben")) == ([], ["two"])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"filters": ""},
        {"filters": "{}"},
        {"filters": "[object Object]"},
        {"filters": "{'user_id': ana}"},
        {"filters": "__import__('os')"},
        {"filters": "5"},
        {"filters": "[1]"},
        {"filters": "{" * 3000},
        {"filters": '{"user_id": {"near": 1}}'},
        {"user_id": ""},
        {"user_ids": "ana"},
        {"user_id": "ana", "metadata": "[object Object]"},
        {"user_id": "ana", "metadat": '{"a": 1}'},
        {"metadata": '{"a": 1}'},
    ],
)
async def test_t10_what_is_not_understood_deletes_nothing(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    await add(client, "one")
    refusal(await client.delete("/v1/memories/", params=query), 400)
    assert await texts(client, user_id="ana") == ["one"]


async def test_t10_a_star_stands_for_any_id(client: httpx.AsyncClient) -> None:
    await add(client, "one")
    await add(client, "two", user="ben", run_id=1)
    answer = await client.send(httpx.Request("DELETE", "http://127.0.0.1:8000/v1/memories/?run_id=%2A"))
    assert answer.json()["message"] == "Memories deleted successfully!"
    assert await texts(client, user_id="*") == ["one"]


@pytest.mark.parametrize("kind", every_error())
async def test_t11_statuses_have_the_classes_that_clients_give_them(
    shared_app: FastAPI, shared: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: type[GraphmemError]
) -> None:
    async def fail(*_: object) -> None:
        raise kind("Something happened to 'it'.", hint="Do this.", field="x")

    monkeypatch.setattr(shared_app.state.house.backend.engine.parts.store, "scopes", fail)
    status = 400 if STATUS[kind] in (413, 422) else STATUS[kind]
    body = refusal(await shared.get("/v1/entities/"), status, "Something happened to 'it'.")
    assert body["detail"] == body["message"] == "Something happened to 'it'. Do this."


async def test_t11_a_body_that_is_too_large_is_no_fault_of_a_field(client: httpx.AsyncClient) -> None:
    body = refusal(await client.post("/v3/memories/add/", json={"messages": "x" * 9_000_000}), 413)
    assert body["limit"] == 8 * 2**20


async def test_t12_detail_is_text(client: httpx.AsyncClient) -> None:
    json_type = {"content-type": "application/json"}
    for body in ("{", "[]", "5", '"x"', "null", '{"query": 5}', '{"query": ["x"], "filters": {"user_id": "ana"}}'):
        refusal(await client.post("/v3/memories/search/", content=body, headers=json_type), 400)
    refusal(await client.post("/v3/memories/search/", content="a=b", headers={"content-type": "text/plain"}), 415)
    refusal(await client.get("/v1/nothing/"), 404)
    refusal(await client.put("/v3/memories/search/", json={}), 405)


async def test_t13_too_many_requests_say_when_to_come_back(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    _, secret = await create_key(store, "app", rate=2)
    async with connected(app, secret) as client:
        for _ in range(2):
            assert (await client.get("/v1/ping/")).status_code == 200
        answer = await client.get("/v1/ping/")
        refusal(answer, 429)
        for name in ("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"):
            assert answer.headers[name].isdigit(), name


async def test_t14_adds_are_queued_by_default_and_waited_for_where_that_is_asked(client: httpx.AsyncClient) -> None:
    for path, more in (("/v3/memories/add/", {}), ("/v1/memories/", {"async_mode": True, "output_format": "v1.1"})):
        told = await post(client, path, messages="x", user_id="ben", **more)
        await ended(client, told.get("event_id") or told["results"][0]["event_id"])
    told = await post(client, "/v3/memories/add/", messages="x", user_id="ben", async_mode=False)
    assert (told["status"], len(told["results"])) == ("SUCCEEDED", 1)
    told = await post(client, "/v1/memories/", messages="x", user_id="ana", async_mode=False, output_format="v1.1")
    assert [each["event"] for each in told["results"]] == ["ADD"]


# -- shapes


async def test_t15_adds_have_the_shape_of_their_version(client: httpx.AsyncClient) -> None:
    plain = await post(client, "/v1/memories/", messages="one", user_id="ana")
    assert [each["memory"] for each in plain] == [each["data"]["memory"] for each in plain] == ["one"]
    assert plain[0]["structured_attributes"]["quarter"] in (1, 2, 3, 4)
    wrapped = await post(client, "/v1/memories/", messages="two", user_id="ana", output_format="v1.1")
    assert set(wrapped) == {"results", "relations"}
    without = await post(
        client, "/v1/memories/?output_format=v1.1", messages="three", user_id="ana", enable_graph=False
    )
    assert set(without) == {"results"}
    queued = await post(client, "/v1/memories/", messages="x", user_id="ana", async_mode=True, output_format="v1.1")
    assert {(each["status"], type(each["event_id"])) for each in queued["results"]} == {("PENDING", str)}
    [bare] = await post(client, "/v1/memories/", messages="x", user_id="ana", async_mode=True)
    assert bare["status"] == "PENDING"
    newest = await post(client, "/v3/memories/add/", messages="four", user_id="ana", infer=False)
    assert newest["status"] == "SUCCEEDED"
    assert isinstance(newest["event_id"], str)
    assert isinstance(newest["results"], list)


async def test_t16_old_lists_are_bare(client: httpx.AsyncClient) -> None:
    await add(client, "Ana sails.")
    for version in ("v1", "v2"):
        path, body = f"/{version}/memories/search/", {"query": "sails", "user_id": "ana"}
        assert [each["memory"] for each in await post(client, path, **body)] == ["Ana sails."]
        assert set(await post(client, path, **body, output_format="v1.1")) == {"results", "relations"}
        assert set(await post(client, path, **body, enable_graph=True)) == {"results", "relations"}
    listed = (await client.get("/v1/memories/", params={"user_id": "ana"})).json()
    assert [each["memory"] for each in listed] == ["Ana sails."]
    assert [each["memory"] for each in await post(client, "/v2/memories/", filters={"user_id": "ana"})] == [
        "Ana sails."
    ]
    query = {"user_id": "ana", "enable_graph": "true"}
    assert set((await client.get("/v1/memories/", params=query)).json()) == {"results", "relations"}


async def test_t17_pages(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await add(client, f"memory {number}")
    first = await post(client, "/v3/memories/?page=1&page_size=2", filters={"user_id": "ana"}, page=9, page_size=9)
    assert set(first) >= ANSWER
    assert (first["count"], first["previous"]) == (5, None)
    assert first["next"] == "http://127.0.0.1:8000/v3/memories/?page=2&page_size=2"
    last = await post(client, "/v3/memories/", filters={"user_id": "ana"}, page=3, page_size=2)
    assert (last["next"], len(last["results"])) == (None, 1)
    assert last["previous"].endswith("/v3/memories/?page=2&page_size=2")
    old = await client.get("/v1/memories/", params={"user_id": "ana", "page": 2, "page_size": 2})
    assert [each["memory"] for each in old.json()["results"]] == ["memory 2", "memory 1"]
    assert old.json()["next"] == "http://127.0.0.1:8000/v1/memories/?user_id=ana&page=3&page_size=2"
    beyond = await client.post("/v3/memories/?page=4&page_size=2", json={"filters": {"user_id": "ana"}})
    assert refusal(beyond, 404)["detail"] == "Invalid page."
    for wrong in ({"page": 0}, {"page": "x"}, {"page_size": 1001}, {"page_size": True}, {"page": 1.5}):
        refusal(await client.post("/v3/memories/", json={"filters": {"user_id": "ana"}, **wrong}), 400)


async def test_t18_some_answers_are_lists_and_some_are_not(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "Ana sails.")
    users = (await client.get("/v1/entities/", params={"org_id": "graphmem"})).json()
    assert [(each["type"], each["name"]) for each in users["results"]] == [("user", "ana")]
    assert users["results"][0]["total_memories"] == 1
    history = (await client.get(f"/v1/memories/{id_}/history/")).json()
    assert [each["event"] for each in history] == ["ADD"]


async def test_t19_fields_of_all_versions_are_there(client: httpx.AsyncClient) -> None:
    metadata = {"camelCase": 1, "snake_case": {"innerKey": [1, None]}, "user_id": "mallory"}
    id_ = await add(client, "Ana sails.", run_id="7", metadata=metadata)
    memory = (await client.get(f"/v1/memories/{id_}/")).json()
    assert memory["run_id"] == memory["session_id"] == "7"
    assert memory["metadata"] == metadata
    assert memory["user_id"] == "ana"
    [hit] = (await post(client, "/v3/memories/search/", query="sails", filters={"user_id": "ana"}))["results"]
    assert 0 <= hit["score"] <= 1
    assert set(hit["score_breakdown"]) == {"semantic", "bm25", "entity"}
    assert hit["metadata"] == metadata


async def test_t20_relations_have_both_names_of_their_end(model: Model) -> None:
    edge = {"subject": "Ana", "relation": "works at", "object": "Acme", "object_type": "Organization"}
    model.says({"text": "Ana works at Acme.", "entities": [], "relations": [edge]})
    added = await post(model.client, "/v1/memories/", messages="I work at Acme", user_id="ana", output_format="v1.1")
    [[triple]] = added["relations"]["added_entities"]
    assert (triple["relationship"], triple["target"]) == ("WORKS_AT", "Acme")
    assert added["relations"]["deleted_entities"] == []
    found = await post(model.client, "/v3/memories/search/", query="Acme", filters={"user_id": "ana"})
    listed = await post(model.client, "/v3/memories/", filters={"user_id": "ana"})
    for answer in (found, listed):
        [relation] = answer["relations"]
        assert relation["target"] == relation["destination"] == "Acme"
        assert relation["target_type"] == "Organization"
    assert 0 <= found["relations"][0]["score"] <= 1
    for path, body in (("/v3/memories/search/", {"query": "Acme"}), ("/v3/memories/", {})):
        without = await post(model.client, path, **body, filters={"user_id": "ana"}, enable_graph=False)
        assert "relations" not in without


async def test_t21_events_list_what_they_brought(model: Model) -> None:
    model.says({"text": "Ana sails."})
    queued = await post(model.client, "/v3/memories/add/", messages="I sail", user_id="ana")
    assert (queued["status"], queued["results"]) == ("PENDING", [])
    event = await ended(model.client, queued["event_id"])
    assert (event["id"], event["event_type"], event["status"]) == (queued["event_id"], "ADD", "SUCCEEDED")
    [item] = event["results"]
    assert (item["memory"], item["data"]["memory"], item["event"]) == ("Ana sails.", "Ana sails.", "ADD")
    assert event["latency"] >= 0
    listed = (await model.client.get("/v1/events/")).json()
    assert [each["id"] for each in listed["results"]] == [queued["event_id"]]
    assert set(listed) == ANSWER


# -- input


@pytest.mark.parametrize(
    "body",
    [
        {"user_id": "ana"},
        {"userId": "ana"},
        {"filters": {"user_id": "ana"}},
        {"filters": {"userId": "ana"}},
        {"filters": {"AND": [{"user_id": "ana"}]}},
        {"user_id": "ana", "filters": {"user_id": "ben"}},
    ],
)
async def test_t22_ids_stand_where_clients_put_them(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    await post(client, "/v3/memories/add/", messages="Ana sails.", infer=False, **body)
    assert await texts(client, user_id="ana") == ["Ana sails."]
    contradicts = body.get("filters") == {"user_id": "ben"}
    found = await post(client, "/v3/memories/search/", query="sails", **body)
    assert len(found["results"]) == (0 if contradicts else 1)


async def test_t22_ids_may_be_numbers(client: httpx.AsyncClient) -> None:
    await post(client, "/v3/memories/add/", messages="Seven sails.", infer=False, user_id=7)
    assert await texts(client, user_id=7) == await texts(client, user_id="7") == ["Seven sails."]


async def test_t22_an_add_takes_one_user(client: httpx.AsyncClient) -> None:
    body = {"messages": "x", "filters": {"user_id": {"in": ["ana", "ben"]}}}
    refusal(await client.post("/v3/memories/add/", json=body), 400, "an add takes one")
    refusal(await client.post("/v3/memories/add/", json={"messages": "x"}), 400, "Whose memory?")


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ("hello", ["hello"]),
        ({"role": "user", "content": "hello"}, ["hello"]),
        ([{"role": "user", "content": {"type": "text", "text": "hello"}}], ["hello"]),
        ([{"role": "user", "content": [{"type": "text", "text": "hello"}]}], ["hello"]),
        ([{"role": "user", "content": "hello", "name": "Ana", "extra": 1}], ["hello"]),
        ([{"role": "user", "content": "hello", "name": ""}], ["hello"]),
        ([{"role": "assistant", "content": None}, {"role": "user", "content": "hello"}], ["hello"]),
        ([{"role": "assistant", "content": ""}, {"role": "user", "content": "hello"}], ["hello"]),
        ([{"role": "tool", "content": "hello", "tool_call_id": "1"}], ["hello"]),
        ([{"role": "system", "content": "no"}, {"role": "user", "content": "hello"}], ["hello"]),
    ],
)
async def test_t23_messages_come_in_many_forms(client: httpx.AsyncClient, messages: Any, kept: list[str]) -> None:
    await post(client, "/v3/memories/add/", messages=messages, infer=False, user_id="ana")
    assert await texts(client, user_id="ana") == kept


OLD: dict[str, Any] = {
    "org_id": "graphmem",
    "project_id": "default",
    "org_name": "x",
    "project_name": "x",
    "version": "v2",
    "api_version": "v2",
    "keyword_search": True,
    "filter_memories": False,
    "batch_size": 5,
    "force_add_only": True,
    "source": "CLI",
    "only_metadata_based_search": False,
    "use_criteria": True,
    "score_debug": True,
    "custom_thing": {"a": 1},
}


async def test_t24_old_and_unknown_fields_are_passed_over(client: httpx.AsyncClient) -> None:
    await post(client, "/v3/memories/add/", messages="Ana sails.", infer=False, user_id="ana", immutable=True, **OLD)
    for path in ("/v1/memories/search/", "/v2/memories/search/", "/v3/memories/search/"):
        told = await post(client, path, query="sails", user_id="ana", limit=5, output_format="v1.1", **OLD)
        assert len(told["results"]) == 1
    assert len((await post(client, "/v3/memories/", filters={"user_id": "ana"}, **OLD))["results"]) == 1


@pytest.mark.parametrize("where", ["query", "body"])
async def test_t24_a_project_that_is_not_opened_is_not_there(client: httpx.AsyncClient, where: str) -> None:
    await add(client, "one")
    for foreign in ({"project_id": "theirs"}, {"org_id": "theirs"}):
        given = {"params": foreign} if where == "query" else {}
        body = {"filters": {"user_id": "ana"}, **({} if where == "query" else foreign)}
        refusal(await client.post("/v3/memories/", json=body, **given), 404)


async def test_t25_a_list_with_messages_is_an_add(client: httpx.AsyncClient) -> None:
    told = await post(client, "/v3/memories/", messages=[{"role": "user", "content": "x"}], user_id="ana", infer=False)
    assert told["results"][0]["memory"] == "x"


async def test_t26_null_clears_the_expiration_and_absence_keeps_it(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "one", expiration_date="2020-01-01")
    assert await texts(client, user_id="ana") == []
    kept = (await client.put(f"/v1/memories/{id_}/", json={"metadata": {"a": 1}})).json()
    assert kept["expiration_date"] == "2020-01-01"
    shown = await post(client, "/v3/memories/", filters={"user_id": "ana"}, show_expired=True)
    assert [each["id"] for each in shown["results"]] == [id_]
    cleared = (await client.put(f"/v1/memories/{id_}/", json={"expiration_date": None})).json()
    assert cleared["expiration_date"] is None
    assert await texts(client, user_id="ana") == ["one"]


@pytest.mark.parametrize(
    "timestamp", [1_769_860_800, 1_769_860_800.0, "1769860800", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00"]
)
async def test_t26_timestamps_are_numbers_or_text(client: httpx.AsyncClient, timestamp: Any) -> None:
    id_ = await add(client, "one", timestamp=timestamp)
    memory = (await client.get(f"/v1/memories/{id_}/")).json()
    assert memory["created_at"] == "2026-01-31T12:00:00+00:00"
    assert memory["structured_attributes"] == {
        "year": 2026,
        "month": 1,
        "day": 31,
        "hour": 12,
        "minute": 0,
        "day_of_week": "saturday",
        "week_of_year": 5,
        "day_of_year": 31,
        "quarter": 1,
        "is_weekend": True,
    }
    other = await add(client, "two")
    assert (await client.put(f"/v1/memories/{other}/", json={"timestamp": timestamp})).json()["created_at"] == memory[
        "created_at"
    ]


async def test_t27_fields_may_be_repeated(client: httpx.AsyncClient) -> None:
    await add(client, "one")
    query = [("user_id", "ana"), ("fields", "memory"), ("fields", "hash")]
    [memory] = (await client.get("/v1/memories/", params=query)).json()
    assert set(memory) == {"id", "memory", "hash"}
    told = await post(client, "/v3/memories/", filters={"user_id": "ana"}, fields=["memory"])
    assert set(told["results"][0]) == {"id", "memory"}


async def test_t27_categories_of_an_add_are_objects(model: Model) -> None:
    for offered in ([{"boats": "all that floats"}], ["boats"], [{"name": "boats", "description": "all that floats"}]):
        model.says({"text": "Ana has a boat.", "categories": ["boats"]})
        told = await post(model.client, "/v1/memories/", messages="x", user_id="ana", custom_categories=offered)
        assert told[0]["categories"] == ["boats"]
        await model.client.delete("/v1/memories/", params={"user_id": "ana"})
    refusal(
        await model.client.post("/v1/memories/", json={"messages": "x", "user_id": "a", "custom_categories": "boats"}),
        400,
    )


async def test_t28_a_job_is_replayed_under_its_key(client: httpx.AsyncClient) -> None:
    body = {"operation": "trigger", "entity_type": "user", "entity_id": "ana"}

    async def start(key: str, **more: Any) -> httpx.Response:
        return await client.post("/v2/profiles/jobs/", json={**body, **more}, headers={"Idempotency-Key": key})

    first, again, other = (await start("a")).json(), (await start("a")).json(), (await start("b")).json()
    assert (first["replayed"], again["replayed"], other["replayed"]) == (False, True, False)
    assert first["job_id"] == again["job_id"] != other["job_id"]
    refusal(await start("a", entity_id="ben"), 409)


async def test_t28_a_threshold_of_zero_lets_everything_pass(client: httpx.AsyncClient) -> None:
    for number in range(12):
        await add(client, f"memory of thing {number}")
    asked = {"query": "submarines", "filters": {"user_id": "ana"}}
    assert len((await post(client, "/v3/memories/search/", **asked, threshold=0.0))["results"]) == 10
    assert (await post(client, "/v3/memories/search/", **asked, threshold=0.99))["results"] == []
    assert len((await post(client, "/v3/memories/search/", **asked, threshold=0, top_k=1000))["results"]) == 12
    for wrong in ({"top_k": 0}, {"top_k": 1001}, {"threshold": 2}, {"threshold": "x"}, {"top_k": 5, "limit": 6}):
        refusal(await client.post("/v3/memories/search/", json={**asked, **wrong}), 400)


async def test_t29_nobodys_memory_is_refused(client: httpx.AsyncClient) -> None:
    await add(client, "one")
    for body in ({}, {"filters": {}}, {"filters": {"metadata": {"a": 1}}}):
        refusal(await client.post("/v3/memories/", json=body), 400, "Whose memory?")
        refusal(await client.post("/v3/memories/search/", json={"query": "x", **body}), 400, "Whose memory?")
    refusal(await client.get("/v1/memories/"), 400, "Whose memory?")


@pytest.mark.parametrize("path", ["/v1/memories/", "/v3/memories/add/"])
async def test_t30_texts_kept_as_they_are_have_ids_at_once(client: httpx.AsyncClient, path: str) -> None:
    told = await post(client, path, messages="x", user_id="ana", infer=False, async_mode=True, output_format="v1.1")
    [item] = told["results"]
    assert (await client.get(f"/v1/memories/{item['id']}/")).json()["memory"] == "x"


async def test_t31_ids_of_others_are_not_there(app: FastAPI) -> None:
    store = app.state.house.backend.engine.parts.store
    keys = {name: (await create_key(store, name, projects=[name]))[1] for name in ("ana", "ben")}
    async with connected(app, keys["ana"]) as hers, connected(app, keys["ben"]) as his:
        id_ = await add(hers, "Ana sails.")
        for known in (id_, UNKNOWN):
            body = refusal(await his.get(f"/v1/memories/{known}/"), 404)
            assert body["error"] == "Memory not found!"
        for odd in ("x", "5", "'; DROP TABLE memories; --", "%00"):
            body = refusal(await his.get(f"/v1/memories/{quote(odd, safe='')}/"), 400)
            assert body["error"] == "memory_id should be a valid UUID"


async def test_t32_an_empty_user_header_is_no_fault(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/ping/", headers={"Mem0-User-ID": ""})).status_code == 200
    id_ = await add(client, "one", metadata={"a": 1})
    # Their client for TypeScript drops metadata from a batch: what is left out stays.
    answer = await client.put("/v1/batch/", json={"memories": [{"memory_id": id_, "text": "two"}]})
    assert answer.json() == {"message": "Successfully updated 1 memories"}
    memory = (await client.get(f"/v1/memories/{id_}/")).json()
    assert (memory["memory"], memory["metadata"]) == ("two", {"a": 1})
    told = await post(client, "/v1/feedback/", memory_id=id_, feedback="POSITIVE", feedback_reason="right")
    assert told == {"id": id_, "feedback": "POSITIVE", "feedback_reason": "right"}


def test_every_trap_has_a_test() -> None:
    names = json.dumps(sorted(globals()))
    assert [number for number in range(1, 33) if f"test_t{number:02}_" not in names] == []
