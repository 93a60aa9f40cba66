"""Users, agents, apps and runs: listed, deleted, whatever they are called."""

from __future__ import annotations

import pytest

from tests.clients.driven import Failed
from tests.clients.spelling import Client, having, only

pytestmark = pytest.mark.clients


def listed(client: Client) -> dict[tuple[str, str], int]:
    told = client.users()
    assert told["count"] == len(told["results"])
    return {(each["type"], each["name"]): each["total_memories"] for each in told["results"]}


def test_who_has_memories(fresh: Client) -> None:
    fresh.note("Ana rows", user_id="ana", run_id="spring")
    fresh.note("Ana sings", user_id="ana")
    fresh.note("The bot is polite", agent_id="bot")
    fresh.note("The shop opens at nine", app_id="shop")
    assert listed(fresh) == {("user", "ana"): 2, ("run", "spring"): 1, ("agent", "bot"): 1, ("app", "shop"): 1}


@only("3.3.1")
def test_a_page_of_them(fresh: Client) -> None:
    for user in ("ana", "bo", "cid"):
        fresh.note("Rows", user_id=user)
    page = fresh.users(page=2, page_size=2)
    assert (page["count"], len(page["results"]), page["next"]) == (3, 1, None)


def test_one_after_the_other_is_deleted(fresh: Client) -> None:
    for ids in ({"user_id": "ana"}, {"agent_id": "bot"}, {"app_id": "shop"}, {"run_id": "spring"}):
        fresh.note("Ana rows", **ids)
    fresh.note("Bo rows", user_id="bo")
    for ids in ({"user_id": "ana"}, {"agent_id": "bot"}, {"app_id": "shop"}, {"run_id": "spring"}):
        assert fresh.delete_users(**ids)["message"] == "Entity deleted successfully."
        assert fresh.texts(**ids) == set()
    assert listed(fresh) == {("user", "bo"): 1}


def test_all_are_deleted(fresh: Client) -> None:
    fresh.note("Ana rows", user_id="ana")
    fresh.note("The bot is polite", agent_id="bot")
    assert fresh.delete_users()["message"] == "All users, agents, apps and runs deleted."
    assert listed(fresh) == {}
    with pytest.raises(Failed, match="No entities to delete"):
        fresh.delete_users()


@having("reset")
def test_a_reset(fresh: Client) -> None:
    fresh.note("Ana rows", user_id="ana")
    assert "successful" in fresh.call("reset")["message"]
    assert listed(fresh) == {}
    assert fresh.texts(user_id="ana") == set()


@having("delete_user")
def test_a_user_is_deleted_as_it_was_done_once(fresh: Client) -> None:
    fresh.note("Ana rows", user_id="ana")
    fresh.note("Bo rows", user_id="bo")
    ana = next(each["id"] for each in fresh.users()["results"] if each["name"] == "ana")
    fresh.call("delete_user", {"entity_id": ana, "entity_type": "user"})
    assert listed(fresh) == {("user", "bo"): 1}


def test_odd_names(fresh: Client) -> None:
    fresh.note("Bo rows", user_id="bo")
    for name in ("al ice/1", "Ünï çødé 名前", "a@b.example", "a+b=c", "7"):
        kept = fresh.note("Ana rows", user_id=name)
        assert fresh.get(kept)["user_id"] == name
        assert fresh.texts(user_id=name) == {"Ana rows"}
        assert listed(fresh) == {("user", name): 1, ("user", "bo"): 1}
        fresh.delete_all(user_id=name)
        assert fresh.texts(user_id=name) == set()
        fresh.note("Ana rows", user_id=name)
        fresh.delete_users(user_id=name)
        assert listed(fresh) == {("user", "bo"): 1}


@only("2.2.1", "3.3.1")
def test_names_that_only_newer_clients_can_send(fresh: Client) -> None:
    for name in ("100%", "a?b#c", "a%2Fb", "x/profile", "../memories"):
        fresh.note("Ana rows", user_id=name)
        fresh.delete_users(user_id=name)
        assert listed(fresh) == {}, name
