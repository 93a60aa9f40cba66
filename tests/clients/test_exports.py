"""Exports, summaries and profiles: what is remembered, in another form."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.clients.spelling import Client, Json, having

pytestmark = pytest.mark.clients

SCHEMA: Json = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where they live"},
        "employer": {"type": "string", "description": "Where they work"},
    },
}


@pytest.fixture
def known(client: Client, user: str) -> str:
    client.say("I live in Porto. I work at Acme.", user_id=user)
    return user


def test_an_export(client: Client, known: str) -> None:
    made = client.create_export(SCHEMA, {"user_id": known})
    assert made["message"]
    # The name of its id is the wire's for one of them, and the client's own for another.
    assert client.get_export(memory_export_id=made["id"]) == {"city": "Porto", "employer": "Acme"}
    assert client.get_export(filters={"user_id": known}) == {"city": "Porto", "employer": "Acme"}


def test_an_export_that_nobody_asked_for(client: Client) -> None:
    with client.refused(404, "MemoryNotFoundError"):
        client.get_export(memory_export_id=str(uuid4()))


def test_a_schema_that_is_none(client: Client, known: str) -> None:
    with client.refused(400, "ValidationError"):
        client.create_export({"type": 7}, {"user_id": known})


@having("summary")
def test_a_summary(client: Client, known: str) -> None:
    told = client.call("get_summary", filters={"user_id": known})
    assert "Porto" in str(told)
    assert "Acme" in str(told)


@having("profiles")
def test_a_profile(fresh: Client, user: str) -> None:
    fresh.say("I live in Porto. I work at Acme.", user_id=user)
    assert fresh.call("update_profile_settings", enabled=False)["enabled"] is False
    assert fresh.profile(user)["status"] == "not_enabled"
    changed = fresh.call("update_profile_settings", enabled=True, schema=SCHEMA, custom_instructions="Be brief.")
    assert changed == fresh.call("get_profile_settings")
    assert changed["enabled"] is True
    assert changed["entities"]["user"] == {"schema": SCHEMA, "custom_instructions": "Be brief."}

    key = uuid4().hex
    job = fresh.generate_profile(user, idempotency_key=key)
    assert (job["operation"], job["entity_type"], job["replayed"]) == ("trigger", "user", False)
    again = fresh.generate_profile(user, idempotency_key=key)
    assert (again["job_id"], again["replayed"]) == (job["job_id"], True)
    fresh.until(job["status_url"], lambda told: told["job"]["status"] not in ("pending", "running"))
    for which in (job["job_id"], job["status_url"]):
        told = fresh.call("get_profile_job", which)["job"]
        assert (told["id"], told["succeeded"], told["failed"]) == (job["job_id"], 1, 0)
    profile = fresh.profile(user)
    assert (profile["status"], profile["entity_type"], profile["entity_id"]) == ("succeeded", "user", user)
    assert profile["profile"] == {"city": "Porto", "employer": "Acme"}
    assert profile["generation_count"] == 1


@having("profiles")
def test_a_sample_of_profiles(fresh: Client) -> None:
    for user in ("ana", "bo"):
        fresh.say("I live in Porto.", user_id=user)
    fresh.call("update_profile_settings", enabled=True)
    job = fresh.call("sample_profiles", limit=1)
    assert job["sampled"] == 1
    assert set(job["entity_ids"]) < {"ana", "bo"}
    done = fresh.until(job["status_url"], lambda told: told["job"]["status"] not in ("pending", "running"))["job"]
    assert (done["total"], done["succeeded"]) == (1, 1)
