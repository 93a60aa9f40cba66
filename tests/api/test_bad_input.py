"""Hostile and odd input through REST: a clear error or a correct result, and nothing half-written."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx
import pytest

from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio


def nested(levels: int, inner: Any = 1) -> Any:
    for _ in range(levels):
        inner = {"a": inner}
    return inner


def raw(value: Any) -> bytes:
    """JSON as careless clients write it: lone surrogates escaped, NaN by name."""
    return json.dumps(value).encode()


async def post(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    return await client.post(path, content=raw(body), headers={"content-type": "application/json"})


async def nothing_is_there(client: httpx.AsyncClient) -> None:
    found = (await client.get("/stats")).json()
    assert {found[kind] for kind in ("memories", "entities", "relations", "episodes", "stale")} == {0}, found


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"messages": ""}, 422, "messages"),
        ({"messages": " \n\u200b\ufeff"}, 422, "messages"),
        ({"messages": []}, 422, "messages"),
        ({"messages": None}, 422, "messages"),
        ({"messages": 5}, 422, "messages"),
        ({"messages": "a\0b"}, 422, "messages"),
        ({"messages": "half \ud800"}, 422, "messages"),
        ({"messages": "x", "user_id": "a\0b"}, 422, "user_id"),
        ({"messages": "x", "user_id": ""}, 422, "user_id"),
        ({"messages": "x", "user_id": "half \udfff"}, 422, "user_id"),
        ({"messages": "x", "user_id": "x" * 10_000}, 413, "user_id"),
        ({"messages": "x", "user_id": 10**4000}, 413, "user_id"),
        ({"messages": "x", "timestamp": "2024-05-01T10:00:00"}, 422, "timestamp"),
        ({"messages": "x", "timestamp": float("nan")}, 422, "timestamp"),
        ({"messages": "x", "timestamp": float("inf")}, 422, "timestamp"),
        ({"messages": "x", "timestamp": 10**30}, 422, "timestamp"),
        ({"messages": "x", "timestamp": "yesterday"}, 422, "timestamp"),
        ({"messages": "x", "expiration_date": "2024-13-45"}, 422, "expiration_date"),
        ({"messages": "x", "metadata": nested(100)}, 413, "metadata"),
        ({"messages": "x", "metadata": {"n": float("nan")}}, 422, "metadata"),
        ({"messages": "x", "metadata": {"n": 2**64}}, 422, "metadata"),
        ({"messages": "x", "metadata": {"\0": 1}}, 422, "metadata"),
        ({"messages": "x", "metadata": {"a": "\ud800"}}, 422, "metadata"),
        ({"messages": "x", "metadata": {"a": "x" * 100_000}}, 413, "metadata"),
        ({"messages": "x", "metadata": ["a"]}, 422, "metadata"),
        ({"messages": "x", "categories": "sport"}, 422, "categories"),
        ({"messages": "x", "categories": [5]}, 422, "categories"),
        ({"messages": "x", "entities": [{"nom": "Ana"}]}, 422, "entities"),
        ({"messages": "x", "entities": [{"name": "Ana", "aliases": [{}]}]}, 422, "entities"),
        ({"messages": "x", "relations": [["a", "b"]]}, 422, "relations"),
        ({"messages": "x", "relations": [{"source": "a", "relationship": "b"}]}, 422, "relations"),
        ({"messages": "x", "relations": [5]}, 422, "relations"),
        ({"messages": "x", "relations": [["a", "b\0", "c"]]}, 422, "relations"),
        ({"messages": "x", "infer": "no"}, 422, "infer"),
        ({"messages": "x", "infer": None}, 422, "infer"),
        ({"messages": "x", "max_llm_calls": -1}, 422, "max_llm_calls"),
        ({"messages": [{"role": "user"}]}, 422, "messages"),
        ({"messages": [{"role": 5, "content": "x"}]}, 422, "messages"),
        ({"messages": [{"role": "user", "content": nested(200)}]}, 422, "messages"),
    ],
)
async def test_what_cannot_be_remembered(
    shared: httpx.AsyncClient, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await post(shared, "/memories", {"user_id": "ana", "infer": False, **body})
    assert answer.status_code == status, answer.text
    code = "too_large" if status == 413 else "invalid_input"
    assert problem(answer, status, code)["field"].startswith(field)
    await nothing_is_there(shared)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"query": ""}, "invalid_input"),
        ({"query": "\0"}, "invalid_input"),
        ({"query": "\ud800"}, "invalid_input"),
        ({"query": "x", "top_k": 10**9}, "invalid_input"),
        ({"query": "x", "top_k": True}, "invalid_input"),
        ({"query": "x", "top_k": 5, "limit": 6}, "invalid_input"),
        ({"query": "x", "threshold": float("nan")}, "invalid_input"),
        ({"query": "x", "as_of": "2024-05-01T10:00:00"}, "invalid_input"),
        ({"query": "x", "known_at": 1e300}, "invalid_input"),
        ({"query": "x", "filters": {"a": {"near": 1}}}, "invalid_filter"),
        ({"query": "x", "filters": {"AND": 5}}, "invalid_filter"),
        ({"query": "x", "filters": {"metadata.a": nested(30)}}, "invalid_filter"),
        ({"query": "x", "filters": {"metadata.a": {"in": list(range(100_000))}}}, None),
        ({"query": "x", "filters": {"metadata.a": float("nan")}}, "invalid_filter"),
        ({"query": "x", "filters": {"user_id": {"gt": None}}}, "invalid_filter"),
        ({"query": "x", "user_id": "'; DROP TABLE memories; --"}, "fine"),
        ({"query": "x", "filters": {"metadata.a'); DROP TABLE memories; --": 1}}, "fine"),
        ({"query": '"AND" NEAR(x) OR *', "user_id": "ana"}, "fine"),
    ],
)
async def test_questions_that_are_none(shared: httpx.AsyncClient, question: dict[str, Any], code: str | None) -> None:
    answer = await post(shared, "/search", {"user_id": "ana", **question})
    if code == "fine":
        assert answer.status_code == 200, answer.text
    elif code is None:
        assert answer.status_code in (413, 422), answer.text
    else:
        problem(answer, 422, code)


@pytest.mark.parametrize("levels", [100, 900, 1_000])
async def test_deep_filters(shared: httpx.AsyncClient, levels: int) -> None:
    filters = '{"NOT": [' * levels + '{"metadata.a": 1}' + "]}" * levels
    body = f'{{"query": "x", "user_id": "ana", "filters": {filters}}}'
    answer = await shared.post("/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413, 422), answer.text
    problem(answer, answer.status_code, answer.json()["code"])
    listed = await shared.get("/memories", params={"user_id": "ana", "filters": filters})
    problem(listed, listed.status_code, listed.json()["code"])
    assert listed.status_code in (413, 422), listed.text


@pytest.mark.parametrize(
    "query",
    [
        {"filters": "{"},
        {"filters": "[]"},
        {"filters": "5"},
        {"filters": "[object Object]"},
        {"filters": "{'user_id': 'ana'}"},
        {"cursor": "nonsense"},
        {"cursor": ""},
        {"cursor": "\ud800".encode("utf-8", "surrogatepass")},
        {"limit": "0"},
        {"limit": "x"},
        {"as_of": "soon"},
        {"include_superseded": "perhaps"},
        {"offset": "5"},
    ],
)
async def test_lists_that_are_none(shared: httpx.AsyncClient, query: dict[str, Any]) -> None:
    problem(await shared.get("/memories", params={"user_id": "ana", **query}), 422, "invalid_input")


async def test_a_refused_deletion_deletes_nothing(client: httpx.AsyncClient) -> None:
    await remember(client, "x")
    for query in ({"filters": "{"}, {"filters": "{}"}, {"user_id": ""}, {"filters": '{"metadata.a": {"near": 1}}'}):
        answer = await client.delete("/memories", params=query)
        assert answer.status_code == 422, answer.text
    assert (await client.get("/stats")).json()["memories"] == 1


async def test_ids_of_another_user(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    await remember(client, "Ben rows.", user="ben")
    as_ben = {"user_id": "ben"}
    listed = (await client.get("/memories", params=as_ben)).json()["results"]
    assert [each["memory"] for each in listed] == ["Ben rows."]
    found = (await post(client, "/search", {"query": "who leads Atlas?", **as_ben})).json()
    assert all(hit["user_id"] == "ben" for hit in found["results"])
    assert found["relations"] == []
    problem(await client.get("/graph/subgraph", params={**as_ben, "entity": "Atlas"}), 404, "not_found")


async def test_twenty_at_once(client: httpx.AsyncClient) -> None:
    ids: list[str] = []

    async def one(number: int) -> None:
        triple = ["Ana", "KNOWS", f"Friend {number % 5}"]
        ids.append(await remember(client, f"Ana knows friend {number}.", relations=[triple]))

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(one, number)
    page = (await client.get("/memories", params={"user_id": "ana"})).json()
    assert sorted(each["id"] for each in page["results"]) == sorted(ids)
    edges = (await client.get("/graph/relations", params={"user_id": "ana"})).json()["results"]
    known = {edge["target"]: edge["support"] for edge in edges if edge["relationship"] == "KNOWS"}
    assert known == {f"Friend {number}": 4 for number in range(5)}
    assert (await client.post("/index/verify")).json()["clean"] is True
