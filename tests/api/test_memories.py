"""Memories over REST: added, read, changed, deleted."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio


async def test_add_answers_what_became_of_it(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/memories",
        json={"messages": "Ana leads Atlas.", "user_id": "ana", "relations": [["Ana", "LEADS", "Atlas"]]},
    )
    assert answer.status_code == 200
    found = answer.json()
    [item] = found["results"]
    assert (item["memory"], item["event"]) == ("Ana leads Atlas.", "ADD")
    [edge] = found["relations"]["added"]
    assert (edge["source"], edge["relationship"], edge["target"]) == ("Ana", "LEADS", "Atlas")
    assert found["usage"]["llm_calls"] == 0


async def test_ids_may_be_whole_numbers(client: httpx.AsyncClient) -> None:
    await remember(client, "One", user=7)
    page = (await client.get("/memories", params={"user_id": "7"})).json()
    assert [each["user_id"] for each in page["results"]] == ["7"]


@pytest.mark.parametrize("user", [True, 1.5, ["ana"], {"a": 1}])
async def test_ids_are_nothing_else(client: httpx.AsyncClient, user: object) -> None:
    answer = await client.post("/memories", json={"messages": "x", "user_id": user})
    assert problem(answer, 422, "invalid_input")["field"].startswith("user_id")


async def test_every_argument_of_an_add_arrives(client: httpx.AsyncClient) -> None:
    memory_id = await remember(
        client,
        "Ana runs.",
        agent_id="coach",
        run_id="r1",
        app_id="fit",
        metadata={"trip": 7, "nested": {"a": [1, None, True]}},
        categories=["sport"],
        timestamp="2024-05-01T10:00:00+02:00",
        expiration_date="9999-12-31",
        immutable=True,
        entities=["Ana", {"name": "Running", "type": "Sport", "aliases": ["jogging"]}],
    )
    found = (await client.get(f"/memories/{memory_id}")).json()
    assert found["metadata"] == {"trip": 7, "nested": {"a": [1, None, True]}}
    assert found["categories"] == ["sport"]
    assert found["observed_at"] == "2024-05-01T08:00:00+00:00"
    assert found["expiration_date"] == "9999-12-31"
    assert found["immutable"] is True
    assert (found["agent_id"], found["run_id"], found["app_id"]) == ("coach", "r1", "fit")
    named = (await client.get("/graph/entities", params={"user_id": "ana"})).json()["results"]
    assert {each["name"] for each in named} == {"Ana", "Running"}


async def test_names_of_other_days_are_understood(client: httpx.AsyncClient) -> None:
    memory_id = await remember(client, "Ana ran.", observation_date=1_700_000_000, prompt="Be brief.")
    assert (await client.get(f"/memories/{memory_id}")).json()["observed_at"].startswith("2023-11-14T22:13:20")


async def test_a_batch_keeps_its_order(client: httpx.AsyncClient) -> None:
    items = [{"messages": f"Fact {n}", "user_id": "ana", "infer": False} for n in range(20)]
    answer = await client.post("/memories/batch", json={"items": items})
    assert answer.status_code == 200
    texts = [each["results"][0]["memory"] for each in answer.json()["results"]]
    assert texts == [f"Fact {n}" for n in range(20)]


async def test_a_batch_with_a_fault_writes_nothing(client: httpx.AsyncClient) -> None:
    items = [{"messages": "good", "user_id": "ana", "infer": False}, {"messages": "bad", "infer": False}]
    problem(await client.post("/memories/batch", json={"items": items}), 422, "invalid_input")
    assert (await client.get("/memories", params={"user_id": "ana"})).json()["results"] == []


async def test_pages_follow_one_another(client: httpx.AsyncClient) -> None:
    ids = [await remember(client, f"Fact {n}") for n in range(5)]
    seen: list[str] = []
    query = {"user_id": "ana", "limit": 2}
    while True:
        page = (await client.get("/memories", params=query)).json()
        seen += [each["id"] for each in page["results"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert seen == ids[::-1]


async def test_a_list_is_filtered(client: httpx.AsyncClient) -> None:
    await remember(client, "Seven", metadata={"trip": 7})
    await remember(client, "Eight", metadata={"trip": 8})
    query = {"user_id": "ana", "filters": '{"metadata.trip": {"gte": 8}}'}
    page = (await client.get("/memories", params=query)).json()
    assert [each["memory"] for each in page["results"]] == ["Eight"]


async def test_moments_in_a_query_may_be_numbers(client: httpx.AsyncClient) -> None:
    await remember(client, "Then", timestamp="2024-01-01")
    before = {"user_id": "ana", "as_of": "1700000000"}
    after = {"user_id": "ana", "as_of": "2024-02-01"}
    assert (await client.get("/memories", params=before)).json()["results"] == []
    assert len((await client.get("/memories", params=after)).json()["results"]) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_update_keeps_what_is_left_out(client: httpx.AsyncClient, method: str) -> None:
    memory_id = await remember(client, "Ana lives in Porto.", metadata={"a": 1}, expiration_date="9999-01-01")
    changed = await client.request(method, f"/memories/{memory_id}", json={"text": "Ana lives in Lisbon."})
    assert changed.status_code == 200
    found = changed.json()
    assert (found["memory"], found["metadata"], found["expiration_date"]) == (
        "Ana lives in Lisbon.",
        {"a": 1},
        "9999-01-01",
    )
    cleared = await client.request(method, f"/memories/{memory_id}", json={"expiration_date": None})
    assert cleared.json()["expiration_date"] is None
    events = [each["event"] for each in (await client.get(f"/memories/{memory_id}/history")).json()]
    assert events == ["ADD", "UPDATE", "UPDATE"]


async def test_feedback_is_given_and_taken_back(client: httpx.AsyncClient) -> None:
    memory_id = await remember(client, "Ana sails.")
    given = await client.patch(f"/memories/{memory_id}", json={"feedback": "POSITIVE"})
    assert given.json()["feedback"] == "POSITIVE"
    taken = await client.patch(f"/memories/{memory_id}", json={"feedback": None})
    assert taken.json()["feedback"] is None
    problem(await client.patch(f"/memories/{memory_id}", json={"feedback": "MEH"}), 422, "invalid_input")


async def test_an_update_has_to_change_something(client: httpx.AsyncClient) -> None:
    memory_id = await remember(client, "Ana sails.")
    problem(await client.put(f"/memories/{memory_id}", json={}), 422, "invalid_input")


async def test_a_deletion_is_a_deletion(client: httpx.AsyncClient) -> None:
    memory_id = await remember(client, "Ana keeps a secret garden.")
    gone = (await client.delete(f"/memories/{memory_id}")).json()
    assert gone["receipt"]["state"] == "hidden"
    assert gone["receipt"]["counts"]["memories"] == 1
    assert problem(await client.get(f"/memories/{memory_id}"), 404, "not_found")["id"] == memory_id
    found = (await client.post("/search", json={"query": "secret garden", "user_id": "ana"})).json()
    assert found["results"] == []
    history = await client.get(f"/memories/{memory_id}/history")
    assert "garden" not in history.text
    assert history.json()[-1]["is_deleted"] is True


async def test_delete_all_keeps_to_its_scope(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana's")
    kept = await remember(client, "Ben's", user="ben")
    await client.delete("/memories", params={"user_id": "ana"})
    page = (await client.get("/memories", params={"user_id": "*"})).json()
    assert [each["id"] for each in page["results"]] == [kept]


async def test_delete_all_takes_filters(client: httpx.AsyncClient) -> None:
    await remember(client, "Old", metadata={"trip": 1})
    kept = await remember(client, "New", metadata={"trip": 2})
    query = {"user_id": "ana", "filters": '{"metadata.trip": {"lt": 2}}'}
    assert (await client.delete("/memories", params=query)).status_code == 200
    page = (await client.get("/memories", params={"user_id": "ana"})).json()
    assert [each["id"] for each in page["results"]] == [kept]


async def test_nobody_named_is_nobody_deleted(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana's")
    problem(await client.delete("/memories"), 422, "invalid_input")
    problem(await client.delete("/memories", params={"user_ids": "ana"}), 422, "invalid_input")
    assert len((await client.get("/memories", params={"user_id": "ana"})).json()["results"]) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/memories/{id}"),
        ("PUT", "/memories/{id}"),
        ("PATCH", "/memories/{id}"),
        ("DELETE", "/memories/{id}"),
        ("GET", "/memories/{id}/history"),
    ],
)
async def test_ids_that_nobody_has(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = {"json": {"text": "x"}} if method in ("PUT", "PATCH") else {}
    unknown = await client.request(method, path.format(id=uuid4()), **body)
    assert problem(unknown, 404, "not_found")["kind"] == "memory"
    malformed = await client.request(method, path.format(id="1%20OR%201=1"), **body)
    assert problem(malformed, 422, "invalid_input")["field"] == "memory_id"


async def test_a_field_that_is_not_known_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/memories", json={"messages": "x", "user_id": "ana", "user": "ana"})
    found = problem(answer, 422, "invalid_input")
    assert found["field"] == "user"
    assert "'user'" in found["detail"]
