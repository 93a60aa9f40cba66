"""The project: what it says to the model, who its members are, and other projects beside it."""

from __future__ import annotations

import pytest

from tests.clients.driven import Failed
from tests.clients.spelling import Client, client_of, having, only

pytestmark = pytest.mark.clients

WORDS = "Keep what is said of places, in one sentence each."


def test_its_instructions_reach_the_model(fresh: Client, user: str) -> None:
    assert fresh.project("custom_instructions").get("custom_instructions") in (None, "")
    fresh.change_project(custom_instructions=WORDS)
    assert fresh.project("custom_instructions")["custom_instructions"] == WORDS
    fresh.say("I live in Porto.", user_id=user)
    assert WORDS in fresh.server.model.requests[-1].body["messages"][0]["content"]


def test_its_categories_are_those_that_memories_get(fresh: Client, user: str) -> None:
    offered = [{"food": "What they eat and drink"}, {"sports": "What they play"}]
    fresh.change_project(custom_categories=offered)
    assert fresh.project("custom_categories")["custom_categories"] == offered
    [item] = fresh.say("I like cheese.", user_id=user)
    assert fresh.get(item["id"])["categories"] == ["food"]


@having("client.project")
def test_it_is_told_of(fresh: Client) -> None:
    told = fresh.call("project.get")
    place = fresh.server.get("/v1/ping/", fresh.key).json()
    assert told["project_id"] == place["project_id"]
    assert {"name", "description", "custom_instructions", "custom_categories", "members"} <= told.keys()


@having("client.project")
def test_it_is_changed(fresh: Client, user: str) -> None:
    fresh.call("project.update", custom_instructions=WORDS)
    assert fresh.call("project.get", fields=["custom_instructions"])["custom_instructions"] == WORDS
    fresh.say("I live in Porto.", user_id=user)
    assert WORDS in fresh.server.model.requests[-1].body["messages"][0]["content"]


@only("0.1.118", "1.0.11")
def test_its_graph_may_be_left_out(fresh: Client, user: str) -> None:
    fresh.say("I work at Acme.", user_id=user)
    asked = ("where do they work?", {"user_id": user})
    assert fresh.search(*asked, output_format="v1.1")["relations"]
    fresh.call("project.update", enable_graph=False)
    assert not fresh.search(*asked, output_format="v1.1").get("relations")


@only("2.2.1")
def test_its_memories_may_fade(fresh: Client, user: str) -> None:
    fresh.note("Ana rows", user_id=user, timestamp=1_600_000_000)
    [before] = fresh.search("who rows?", {"user_id": user})["results"]
    fresh.call("project.update", decay=True)
    assert fresh.call("project.get")["decay"] is True
    [after] = fresh.search("who rows?", {"user_id": user}, threshold=0.0)["results"]
    assert after["score"] < before["score"]


@having("client.project")
def test_another_one_is_made_used_and_deleted(fresh: Client, user: str) -> None:
    fresh.note("Ana rows", user_id=user)
    made = fresh.call("project.create", name="Second", description="Another one")
    other = made["project_id"]
    place = fresh.server.get("/v1/ping/", fresh.key).json()
    assert other != place["project_id"]
    path = f"/api/v1/orgs/organizations/{place['org_id']}/projects"
    assert fresh.server.get(f"{path}/{other}/", fresh.key).json()["name"] == "Second"
    assert other in {each["project_id"] for each in fresh.server.get(f"{path}/", fresh.key).json()}

    if fresh.driver.kind.version == "2.2.1":  # it goes where its key leads
        there = client_of(fresh.driver, fresh.server, fresh.server.new_key(project=other))
    else:
        there = client_of(fresh.driver, fresh.server, fresh.key, org_id=place["org_id"], project_id=other)
    assert there.texts(user_id=user) == set()
    there.note("Bo rows", user_id=user)
    assert (there.texts(user_id=user), fresh.texts(user_id=user)) == ({"Bo rows"}, {"Ana rows"})
    there.call("project.delete")
    assert fresh.server.get(f"{path}/{other}/", fresh.key).status_code == 404
    assert fresh.texts(user_id=user) == {"Ana rows"}


@having("client.project")
def test_its_members(fresh: Client) -> None:
    def roles() -> dict[str, str]:
        return {each["username"]: each["role"] for each in fresh.call("project.get_members")["members"]}

    before = roles()
    fresh.call("project.add_member", email="bo@example.org")
    assert roles() == before | {"bo@example.org": "READER"}
    fresh.call("project.update_member", email="bo@example.org", role="OWNER")
    assert roles() == before | {"bo@example.org": "OWNER"}
    fresh.call("project.remove_member", email="bo@example.org")
    assert roles() == before
    with fresh.refused(404, "MemoryNotFoundError"):
        fresh.call("project.remove_member", email="bo@example.org")


@having("client.project")
def test_what_the_client_refuses_itself(fresh: Client) -> None:
    with pytest.raises(Failed, match="ValueError"):
        fresh.call("project.update")
