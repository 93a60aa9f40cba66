"""What the compatible routes do, beyond their shapes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.mem0.pages import Pages
from tests.api.mem0.conftest import UNKNOWN, Model, add, post, refusal, texts

pytestmark = pytest.mark.anyio

LISBON = {"subject": "Ana", "relation": "lives in", "object": "Lisbon"}
PORTO = {"subject": "Ana", "relation": "lives in", "object": "Porto"}


async def moved(model: Model) -> tuple[str, str]:
    """Ana lived in Porto and lives in Lisbon: the ids of both memories, after a look at what the add said."""
    model.says({"text": "Ana lives in Porto.", "relations": [PORTO]})
    [first] = await post(
        model.client, "/v1/memories/", messages="I live in Porto", user_id="ana", timestamp="2025-01-01"
    )
    model.says({"text": "Ana lives in Lisbon.", "relations": [LISBON], "verdict": "supersedes", "targets": [1]})
    second = await post(
        model.client,
        "/v1/memories/",
        messages="I moved to Lisbon",
        user_id="ana",
        output_format="v1.1",
        timestamp="2026-01-01",
    )
    [item] = second["results"]
    assert (item["event"], item["memory"]) == ("UPDATE", "Ana lives in Lisbon.")
    assert item["old_memory"] == item["previous_memory"] == "Ana lives in Porto."
    [[closed]] = second["relations"]["deleted_entities"]
    assert closed["target"] == "Porto"
    return first["id"], item["id"]


async def test_what_takes_the_place_of_another_is_one_update(model: Model) -> None:
    first, second = await moved(model)
    assert await texts(model.client, user_id="ana") == ["Ana lives in Lisbon."]
    old = (await model.client.get(f"/v1/memories/{first}/")).json()
    assert (old["replaced_by"], old["lifecycle_state"]) == (second, "superseded")
    for more in ({"latest_only": False}, {"include_merged": True}):
        shown = await post(model.client, "/v3/memories/", filters={"user_id": "ana"}, **more)
        assert len(shown["results"]) == 2


async def test_a_history_follows_the_chain(model: Model) -> None:
    first, second = await moved(model)
    entries = (await model.client.get(f"/v1/memories/{second}/history/")).json()
    assert [(each["event"], each["old_memory"], each["new_memory"]) for each in entries] == [
        ("ADD", None, "Ana lives in Porto."),
        ("UPDATE", "Ana lives in Porto.", "Ana lives in Lisbon."),
    ]
    assert [each["memory_id"] for each in entries] == [first, second]
    assert {each["user_id"] for each in entries} == {"ana"}
    entries = (await model.client.get(f"/v1/memories/{first}/history/")).json()
    assert [(each["event"], each["new_memory"]) for each in entries] == [
        ("ADD", "Ana lives in Porto."),
        ("UPDATE", "Ana lives in Lisbon."),
    ]


async def test_a_deleted_successor_brings_its_predecessor_back(model: Model) -> None:
    first, second = await moved(model)
    answer = await model.client.delete(f"/v1/memories/{second}/")
    assert answer.json()["message"] == "Memory deleted successfully!"
    assert "cascade_count" not in answer.json()
    assert await texts(model.client, user_id="ana") == ["Ana lives in Porto."]
    entries = (await model.client.get(f"/v1/memories/{first}/history/")).json()
    assert entries[-1]["event"] == "UPDATE"
    gone = (await model.client.get(f"/v1/memories/{second}/history/")).json()
    assert gone[-1]["event"] == "DELETE"
    assert gone[-1]["is_deleted"]
    assert gone[-1]["old_memory"] is gone[-1]["new_memory"] is None


async def test_what_is_linked_goes_along(model: Model) -> None:
    first, second = await moved(model)
    answer = await model.client.delete(f"/v1/memories/{second}/", params={"delete_linked": "true"})
    assert answer.json()["cascade_count"] == 1
    assert answer.json()["receipt"]["counts"]["memories"] == 2
    for id_ in (first, second):
        refusal(await model.client.get(f"/v1/memories/{id_}/"), 404)
    refusal(await model.client.delete(f"/v1/memories/{UNKNOWN}/", params={"delete_linked": "true"}), 404)


async def test_what_is_only_retired_is_a_deletion_and_what_is_known_is_none(model: Model) -> None:
    first, second = await moved(model)
    model.says({"text": "Ana lives in Lisbon.", "verdict": "repeats", "targets": [1]})
    [again] = await post(model.client, "/v1/memories/", messages="I live in Lisbon", user_id="ana")
    assert (again["id"], again["event"]) == (second, "NOOP")
    model.says({"text": "Ana lives in Lisbon.", "verdict": "retracts", "targets": [1]})
    told = await post(model.client, "/v1/memories/", messages="Forget where I live", user_id="ana")
    assert [(each["id"], each["event"]) for each in told] == [(second, "DELETE")]
    entries = (await model.client.get(f"/v1/memories/{second}/history/")).json()
    assert (entries[-1]["event"], entries[-1]["old_memory"]) == ("DELETE", "Ana lives in Lisbon.")
    assert first != second


async def test_a_rewording_keeps_its_id(model: Model) -> None:
    model.says({"text": "Ana has a dog."})
    [first] = await post(model.client, "/v1/memories/", messages="I have a dog", user_id="ana")
    model.says({"text": "Ana has a dog called Rex.", "verdict": "rewords", "targets": [1]})
    [told] = await post(model.client, "/v1/memories/", messages="He is called Rex", user_id="ana")
    assert (told["id"], told["event"], told["old_memory"]) == (first["id"], "UPDATE", "Ana has a dog.")


async def test_instructions_reach_the_model(model: Model) -> None:
    await post(
        model.client,
        "/v1/memories/",
        messages="hello",
        user_id="ana",
        custom_instructions="Only what is about ships.",
        includes="harbours",
        excludes="weather",
        custom_categories=[{"boats": "all that floats"}],
    )
    [asked] = model.chat.asked
    for words in ("Only what is about ships.", "harbours", "weather", "all that floats"):
        assert words in asked.text


async def test_a_failing_model_is_a_failure(model: Model) -> None:
    model.answers.extend(["no JSON", "still none", "nor this"])
    answer = await model.client.post("/v1/memories/", json={"messages": "hello", "user_id": "ana"})
    refusal(answer, 502)
    assert await texts(model.client, user_id="ana") == []


@pytest.mark.parametrize(
    "body",
    [
        {"messages": None},
        {"messages": []},
        {"messages": 5},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": "x\0"},
        {"messages": "x", "infer": "perhaps"},
        {"messages": "x", "metadata": "a"},
        {"messages": "x", "metadata": {"n": 2**64}},
        {"messages": "x", "metadata": {"a": "x" * 100_000}},
        {"messages": "x", "user_id": "x" * 300},
        {"messages": "x", "user_id": True},
        {"messages": "x", "timestamp": "soon"},
        {"messages": "x", "timestamp": 1_769_860_800_000_000},
        {"messages": "x", "timestamp": "2026-01-01T10:00:00", "timezone": "Mars/Olympus"},
        {"messages": "x", "expiration_date": "2026-02-30"},
        {"messages": "x", "expiration_date": 5e300},
        {"messages": "x", "custom_categories": "boats"},
        {"messages": "x", "filters": {"user_id": {"near": 1}}},
        {"messages": "x", "filters": "nonsense"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/memories/", "/v3/memories/add/"])
async def test_what_cannot_be_added(shared: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    before = (await shared.get("/v1/stats/")).json()
    refusal(await shared.post(path, json={"user_id": "ana", "infer": False, **body}), 400)
    assert (await shared.get("/v1/stats/")).json() == before


async def test_dates_of_an_add(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "one", observation_datetime="2026-01-01T10:00:00", timezone="Asia/Tokyo")
    assert (await client.get(f"/v1/memories/{id_}/")).json()["created_at"] == "2026-01-01T01:00:00+00:00"
    id_ = await add(client, "two", observation_date="2026-01-02", expiration_date="2099-01-01T23:00:00Z")
    memory = (await client.get(f"/v1/memories/{id_}/")).json()
    assert (memory["created_at"], memory["expiration_date"]) == ("2026-01-02T00:00:00+00:00", "2099-01-01")


async def test_pages_are_stable_while_others_write(client: httpx.AsyncClient) -> None:
    ids = [await add(client, f"memory {number}") for number in range(9)]
    seen: list[str] = []
    for page in (1, 2, 3):
        told = await post(client, f"/v3/memories/?page={page}&page_size=3", filters={"user_id": "ana"})
        seen += [each["id"] for each in told["results"]]
        await add(client, f"written meanwhile {page}")
        if page == 1:
            await client.delete(f"/v1/memories/{ids[4]}/")
    assert seen == [*ids[9:5:-1], ids[5], *ids[3::-1]][: len(seen)]
    assert len(seen) == len(set(seen)) == 8


async def test_a_page_out_of_the_blue_is_counted_out(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await add(client, f"memory {number}")
    told = await post(client, "/v3/memories/?page=2&page_size=2", filters={"user_id": "ana"})
    assert [each["memory"] for each in told["results"]] == ["memory 2", "memory 1"]
    again = await post(client, "/v3/memories/?page=3&page_size=2", filters={"user_id": "ana"})
    assert [each["memory"] for each in again["results"]] == ["memory 0"]
    beyond = await client.post("/v3/memories/?page=4&page_size=2", json={"filters": {"user_id": "ana"}})
    refusal(beyond, 404, "Invalid page.")


async def test_places_are_forgotten_at_last(client: httpx.AsyncClient) -> None:
    app: Any = client._transport.app  # type: ignore[attr-defined]
    app.state.pages = Pages(kept=1)
    for number in range(6):
        await add(client, f"memory {number}", user="ana" if number % 2 else "ben")
    for user in ("ana", "ben"):
        await post(client, "/v3/memories/?page=1&page_size=1", filters={"user_id": user})
    told = await post(client, "/v3/memories/?page=2&page_size=1", filters={"user_id": "ana"})
    assert [each["memory"] for each in told["results"]] == ["memory 3"]


async def test_an_old_list_without_pages_is_whole(client: httpx.AsyncClient) -> None:
    items = [{"messages": f"memory {number}", "user_id": "ana", "infer": False} for number in range(120)]
    await post(client, "/memories/batch", items=items)
    assert len((await client.get("/v1/memories/", params={"user_id": "ana"})).json()) == 120
    assert len((await client.get("/v1/memories/", params={"user_id": "ana", "limit": 7})).json()) == 7
    assert len(await post(client, "/v2/memories/", user_id="ana")) == 120
    assert len((await post(client, "/v3/memories/", user_id="ana"))["results"]) == 100


async def test_conditions_beside_the_filters(client: httpx.AsyncClient) -> None:
    await add(client, "Ana sails.", metadata={"trip": "porto"}, categories=["sport"], timestamp="2026-01-10")
    await add(client, "Ana cooks.", metadata={"trip": "lisbon"}, categories=["food"], timestamp="2026-01-20")
    for more, expected in (
        ({"start_date": "2026-01-15"}, ["Ana cooks."]),
        ({"start_date": "2026-01-10", "end_date": "2026-01-10"}, ["Ana sails."]),
        ({"categories": ["food", "art"]}, ["Ana cooks."]),
        ({"categories": {"contains": "SPO"}}, ["Ana sails."]),
        ({"keywords": "cook"}, ["Ana cooks."]),
        ({"metadata": {"trip": {"ne": "porto"}}}, ["Ana cooks."]),
    ):
        told = await post(client, "/v3/memories/", filters={"user_id": "ana"}, **more)
        assert [each["memory"] for each in told["results"]] == expected, more
    query = {"user_id": "ana", "metadata": '{"trip": "porto"}', "categories": "sport,art"}
    assert [each["memory"] for each in (await client.get("/v1/memories/", params=query)).json()] == ["Ana sails."]


async def test_updates(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "Ana sails.", metadata={"a": 1})
    told = (await client.put(f"/v1/memories/{id_}/", json={"text": "Ana rows.", "metadata": {"b": 2}})).json()
    assert (told["id"], told["memory"], told["metadata"]) == (id_, "Ana rows.", {"b": 2})
    events = [each["event"] for each in (await client.get(f"/v1/memories/{id_}/history/")).json()]
    assert events == ["ADD", "UPDATE"]
    for body in ({}, {"text": ""}, {"text": 5}, {"metadata": "x"}, {"timestamp": "soon"}, {"expiration_date": "x"}):
        refusal(await client.put(f"/v1/memories/{id_}/", json=body), 400)
    refusal(await client.put(f"/v1/memories/{UNKNOWN}/", json={"text": "x"}), 404, "Memory not found!")
    refusal(await client.delete(f"/v1/memories/{UNKNOWN}/"), 404, "Memory not found!")
    refusal(await client.get(f"/v1/memories/{UNKNOWN}/history/"), 404, "Memory not found!")


async def test_a_batch_is_looked_at_before_any_of_it_is_done(client: httpx.AsyncClient) -> None:
    ids = [await add(client, text) for text in ("one", "two")]
    for items, status in (
        ([{"memory_id": ids[0], "text": "x"}, {"memory_id": UNKNOWN, "text": "x"}], 404),
        ([{"memory_id": ids[0], "text": "x"}, {"memory_id": "x", "text": "x"}], 400),
        ([{"memory_id": ids[0], "text": "x"}, {"memory_id": ids[1]}], 400),
        ([{"memory_id": ids[0], "text": "x"}] * 1001, 400),
        ([], 400),
        ("x", 400),
    ):
        refusal(await client.put("/v1/batch/", json={"memories": items}), status)
    refusal(await client.request("DELETE", "/v1/batch/", json={"memories": [{"memory_id": ids[0]}, UNKNOWN]}), 404)
    assert await texts(client, user_id="ana") == ["two", "one"]
    changes = [{"memory_id": ids[0], "text": "uno"}, {"memory_id": ids[1], "metadata": {"n": 2}}]
    told = await client.put("/v1/batch/", json={"memories": changes})
    assert told.json() == {"message": "Successfully updated 2 memories"}
    assert await texts(client, user_id="ana") == ["two", "uno"]


async def test_the_feed_of_changes(client: httpx.AsyncClient) -> None:
    id_ = await add(client, "one")
    await client.put(f"/v1/memories/{id_}/", json={"text": "uno"})
    await add(client, "two", user="ben")
    told = (await client.get("/v1/memories/events/", params={"user_id": "ana"})).json()
    assert [each["event"] for each in told["results"]] == ["ADD", "UPDATE"]


# -- questions


async def test_what_a_search_is_told(client: httpx.AsyncClient) -> None:
    for user in ("ana", "ben"):
        await add(client, f"{user} likes boats.", user=user, metadata={"n": user})
    either = {"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}
    told = await post(client, "/v3/memories/search/", query=" boats ", filters=either)
    assert {each["user_id"] for each in told["results"]} == {"ana", "ben"}
    assert told["results"][0]["path"]["text"]
    partial = await post(client, "/v2/memories/search/", query="boats", filters=either, fields=["memory", "score"])
    assert set(partial[0]) == {"id", "memory", "score"}
    strict = await post(client, "/v3/memories/search/", query="submarines", filters=either, filter_memories=True)
    assert strict["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": " \n"},
        {"query": 5},
        {"query": "x" * 20_000},
        {"query": "x", "rerank": True},
        {"query": "x", "rerank": "perhaps"},
        {"query": "x", "filters": {"metadata": {"a": {"near": 1}}}},
        {"query": "x", "filters": [1]},
        {"query": "x", "fields": {"a": 1}},
        {"query": "x", "reference_date": "soon"},
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
async def test_questions_that_are_none(shared: httpx.AsyncClient, version: str, body: dict[str, Any]) -> None:
    refusal(await shared.post(f"/{version}/memories/search/", json={"user_id": "ana", **body}), 400)


async def test_feedback_moves_a_memory_and_can_be_taken_back(client: httpx.AsyncClient) -> None:
    for number in (1, 2):
        await add(client, f"Ana likes boat {number}.")

    async def order() -> list[tuple[str, float]]:
        told = await post(client, "/v3/memories/search/", query="boat", filters={"user_id": "ana"}, threshold=0)
        return [(each["id"], each["score"]) for each in told["results"]]

    before = await order()
    first = before[0][0]
    await post(client, "/v1/feedback/", memory_id=first, feedback="very_negative")
    assert (await order())[0][0] != first
    await post(client, "/v1/feedback/", memory_id=first, feedback=None)
    assert [id_ for id_, _ in await order()] == [id_ for id_, _ in before]
    assert dict(await order())[first] == pytest.approx(dict(before)[first], rel=1e-3)
    for body in (
        {"memory_id": "x"},
        {},
        {"memory_id": first, "feedback": "SUPERB"},
        {"memory_id": first, "feedback": 5},
    ):
        refusal(await client.post("/v1/feedback/", json=body), 400)
    refusal(await client.post("/v1/feedback/", json={"memory_id": UNKNOWN, "feedback": "POSITIVE"}), 404)


# -- whose memories


async def test_entities(client: httpx.AsyncClient) -> None:
    await add(client, "one", agent_id="bot", run_id="7")
    await add(client, "two", user="ben")
    told = (await client.get("/v1/entities/")).json()
    assert {(each["type"], each["name"]) for each in told["results"]} == {
        ("user", "ana"),
        ("user", "ben"),
        ("agent", "bot"),
        ("run", "7"),
    }
    assert (told["count"], told["total_users"], told["total_agents"], told["total_apps"]) == (4, 2, 1, 0)
    paged = (await client.get("/v1/entities/", params={"type": "user", "page": 2, "page_size": 1})).json()
    assert [each["name"] for each in paged["results"]] == ["ben"]
    assert paged["next"] is None
    refusal(await client.get("/v1/entities/", params={"page": 9}), 404, "Invalid page.")
    refusal(await client.get("/v1/entities/", params={"type": "ship"}), 400)
    names = (await client.get("/v1/entities/filters/")).json()
    assert names == {"user_id": ["ana", "ben"], "agent_id": ["bot"], "app_id": [], "run_id": ["7"]}
    assert (await client.get("/v2/entities/agent/bot/")).json()["total_memories"] == 1
    refusal(await client.get("/v2/entities/agent/nobody/"), 404)
    refusal(await client.get("/v2/entities/ship/bot/"), 400)


async def test_an_entity_goes_with_its_memories(client: httpx.AsyncClient) -> None:
    await add(client, "one", agent_id="bot")
    await add(client, "two")
    told = (await client.delete("/v2/entities/agent/bot/")).json()
    assert told["message"] == "Entity deleted successfully!"
    assert told["receipt"]["counts"]["memories"] == 1
    assert await texts(client, user_id="ana") == ["two"]
    refusal(await client.delete("/v2/entities/user/*/"), 400, "names nobody")
    await client.delete("/v1/entities/user/ana/")
    assert (await client.get("/v1/stats/")).json()["total_memories"] == 0


async def test_stats(client: httpx.AsyncClient) -> None:
    await add(client, "one", agent_id="bot")
    told = (await client.get("/v1/stats/")).json()
    assert (told["total_memories"], told["total_users"], told["total_agents"], told["total_runs"]) == (1, 1, 1, 0)
