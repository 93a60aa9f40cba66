"""Connecting: what a client asks before anything else, and who is let in."""

from __future__ import annotations

import pytest

from tests.clients.driven import Driver, Failed
from tests.clients.served import Served
from tests.clients.spelling import Client, client_of, having, only

pytestmark = pytest.mark.clients


def test_a_client_connects_by_its_host_alone(fresh: Client) -> None:
    told = fresh.users()
    assert (told["count"], told["results"], told["next"]) == (0, [], None)


def test_a_slash_after_the_host(server: Served, driver: Driver, user: str) -> None:
    client = client_of(driver, server, server.new_key(), host=f"{server.url}/")
    client.note("Ana rows", user_id=user)
    assert client.texts(user_id=user) == {"Ana rows"}


@having("ping")
def test_a_ping(client: Client) -> None:
    assert client.call("ping") is None


@having("client.project")
def test_a_key_that_nobody_made(server: Served, driver: Driver) -> None:
    with pytest.raises(Failed) as raised:
        client_of(driver, server, "m0-of-somewhere-else")
    assert raised.value.class_name == "ValueError"
    assert raised.value.message.startswith("Error: The API key is not known.")


@having("ping")
def test_a_key_that_nobody_made_is_told_at_the_first_call(server: Served, driver: Driver) -> None:
    client = client_of(driver, server, "m0-of-somewhere-else")
    with client.refused(401, "AuthenticationError"):
        client.call("ping")
    with client.refused(401, "AuthenticationError"):
        client.users()


@only("0.1.118", "1.0.11")
def test_organization_and_project_may_be_named(server: Served, driver: Driver, user: str) -> None:
    key = server.new_key()
    place = server.get("/v1/ping/", key).json()
    named = {name: place[name] for name in ("org_id", "project_id")}
    client = client_of(driver, server, key, **named)
    client.note("Ana rows", user_id=user)
    assert client.texts(user_id=user) == {"Ana rows"}

    other = server.get("/v1/ping/", server.new_key()).json()["project_id"]
    with pytest.raises(Failed) as raised:
        client_of(driver, server, key, org_id=place["org_id"], project_id=other)
    assert raised.value.class_name == "ValueError"


def test_two_keys_never_see_one_another(client: Client, fresh: Client, user: str) -> None:
    kept = client.note("Ana keeps bees", user_id=user)
    assert fresh.texts(user_id=user) == set()
    assert fresh.found("who keeps bees?", user_id=user) == []
    with fresh.refused(404, "MemoryNotFoundError"):
        fresh.get(kept)
    with fresh.refused(404, "MemoryNotFoundError"):
        fresh.delete(kept)
    fresh.delete_all(user_id=user)
    assert client.texts(user_id=user) == {"Ana keeps bees"}


def test_a_reader_may_not_write(server: Served, driver: Driver, user: str) -> None:
    client = client_of(driver, server, server.new_key(role="reader"))
    assert client.texts(user_id=user) == set()
    with client.refused(403, "AuthenticationError"):
        client.note("Ana rows", user_id=user)


def test_a_key_that_calls_too_often(server: Served, driver: Driver) -> None:
    client = client_of(driver, server, server.new_key(rate=5))
    with client.refused(429, "RateLimitError") as told:
        for _ in range(10):
            client.users()
    if debug := told.value.debug:  # Python's errors alone keep headers
        assert 0 < debug["retry_after"] <= 60
        assert debug["x_ratelimit_limit"] == "5"
    else:
        assert driver.kind.language == "node" or driver.kind.is_async


@only("1.0.11", "2.2.1", "3.3.1")
def test_a_body_that_is_too_large(client: Client, user: str) -> None:
    with client.refused(413, "MemoryQuotaExceededError"):
        client.note("x" * 9_000_000, user_id=user)


def test_what_would_leave_the_machine_is_noticed(server: Served, driver: Driver) -> None:
    """Without a host their clients call home; the watch over all other tests has to see it."""
    assert driver.strays() == []
    try:
        elsewhere = client_of(driver, server, "m0-key", host="http://api.elsewhere.example")
        elsewhere.users()
    except Failed:
        pass
    assert set(driver.strays()) == {"api.elsewhere.example"}
