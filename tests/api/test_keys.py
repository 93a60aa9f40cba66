"""Making, listing and taking back keys."""

from __future__ import annotations

import json

import pytest

from graphmem.engine.keys import (
    MAX_INVITED,
    MAX_PROJECTS,
    add_member,
    change_member,
    close_project,
    create_key,
    digest_of,
    grant,
    list_keys,
    members,
    remove_member,
    revoke_key,
)
from graphmem.errors import InvalidInput, NotFound, TooLarge
from graphmem.testing.oracle import OracleStore

pytestmark = pytest.mark.anyio


async def test_the_secret_is_not_stored() -> None:
    store = OracleStore()
    key, secret = await create_key(store, "laptop", role="owner", projects=["red", "blue", "red"])
    assert (key.name, key.role, key.projects) == ("laptop", "owner", ("red", "blue"))
    assert key.digest == digest_of(secret)
    assert await list_keys(store) == [key]
    stored = json.dumps(await store.setting("", "keys"))
    assert key.digest in stored
    assert secret not in stored
    assert secret.removeprefix("gm_") not in stored


async def test_no_two_keys_are_alike() -> None:
    store = OracleStore()
    made = [await create_key(store, f"key {number}") for number in range(50)]
    assert len({secret for _, secret in made}) == len({key.id for key, _ in made}) == 50
    assert [key.name for key in await list_keys(store)] == [f"key {number}" for number in range(50)]
    assert all(len(secret) >= 43 for _, secret in made)


@pytest.mark.parametrize("by", ["name", "id"])
async def test_a_key_is_taken_back(by: str) -> None:
    store = OracleStore()
    kept, _ = await create_key(store, "kept")
    gone, _ = await create_key(store, "gone")
    assert await revoke_key(store, getattr(gone, by)) == gone
    assert await list_keys(store) == [kept]
    with pytest.raises(NotFound):
        await revoke_key(store, getattr(gone, by))
    await revoke_key(store, "kept")
    assert await store.setting("", "keys") is None


async def test_a_name_is_used_once() -> None:
    store = OracleStore()
    await create_key(store, "laptop")
    with pytest.raises(InvalidInput, match="exists"):
        await create_key(store, " laptop ")
    await revoke_key(store, "laptop")
    await create_key(store, "laptop")


@pytest.mark.parametrize(
    ("name", "role", "projects", "field"),
    [
        ("", "reader", ["default"], "name"),
        ("\0", "reader", ["default"], "name"),
        ("x" * 129, "reader", ["default"], "name"),
        ("x", "admin", ["default"], "role"),
        ("x", "reader", [], "projects"),
        ("x", "reader", [""], "projects"),
        ("x", "reader", [str(number) for number in range(1_001)], "projects"),
    ],
)
async def test_what_makes_no_key(name: str, role: str, projects: list[str], field: str) -> None:
    store = OracleStore()
    with pytest.raises(InvalidInput) as caught:
        await create_key(store, name, role=role, projects=projects)
    assert caught.value.field == field
    assert await list_keys(store) == []


@pytest.mark.parametrize("rate", [0, -1, True, 1.5, "5", 1_000_001])
async def test_rates_that_are_none(rate: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        await create_key(OracleStore(), "x", rate=rate)  # type: ignore[arg-type]
    assert caught.value.field == "rate"


async def test_keys_that_were_stored_before_there_were_members_are_read() -> None:
    store = OracleStore()
    old = {
        "id": "6f1f2b0e-9d6d-4e0e-8f55-2f8f0c8f8f8f",
        "name": "old",
        "role": "writer",
        "projects": ["red"],
        "digest": "00",
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    await store.put_setting("", "keys", [old])
    [key] = await list_keys(store)
    assert (key.name, key.projects, key.grants, key.rate) == ("old", ("red",), {}, None)
    new, _ = await create_key(store, "new", rate=5)
    assert await list_keys(store) == [key, new]
    assert await members(store, "red") == [("old", "writer")]


# -- members


async def test_a_member_is_let_in_changed_and_let_out() -> None:
    store = OracleStore()
    await create_key(store, "bo", role="reader")
    await add_member(store, "red", " bo ", "writer")
    [key] = await list_keys(store)
    assert key.grants == {"red": "writer"}
    assert [key.role_in(each) for each in ("default", "red", "blue")] == ["reader", "writer", None]
    assert await members(store, "red") == [("bo", "writer")]
    with pytest.raises(InvalidInput, match="already"):
        await add_member(store, "red", "bo", "owner")
    await change_member(store, "red", "bo", "owner")
    assert await members(store, "red") == [("bo", "owner")]
    await remove_member(store, "red", "bo")
    assert await members(store, "red") == []
    assert (await list_keys(store))[0].grants == {}
    for deed in (change_member(store, "red", "bo", "reader"), remove_member(store, "red", "bo")):
        with pytest.raises(NotFound) as caught:
            await deed
        assert caught.value.kind == "member"


async def test_an_invitation_waits_for_its_key() -> None:
    store = OracleStore()
    await add_member(store, "red", "ana@example.org", "reader")
    await add_member(store, "blue", "ana@example.org", "owner")
    await add_member(store, "blue", "bo", "writer")
    assert await members(store, "blue") == [("ana@example.org", "owner"), ("bo", "writer")]
    await change_member(store, "red", "ana@example.org", "writer")
    key, _ = await create_key(store, "ana@example.org")
    assert key.grants == {"red": "writer", "blue": "owner"}
    assert await members(store, "blue") == [("ana@example.org", "owner"), ("bo", "writer")]
    await remove_member(store, "blue", "bo")
    await revoke_key(store, "ana@example.org")
    assert await members(store, "blue") == []
    assert await store.setting("", "keys") is None
    key, _ = await create_key(store, "ana@example.org")
    assert key.grants == {}


async def test_an_invitation_that_the_maker_may_not_honour_stays_one() -> None:
    store = OracleStore()
    await add_member(store, "red", "bo", "reader")
    await add_member(store, "blue", "bo", "owner")
    key, _ = await create_key(store, "bo", admits=lambda project: project == "red")
    assert key.grants == {"red": "reader"}
    assert await members(store, "blue") == [("bo", "owner")]
    assert key.role_in("blue") is None
    await add_member(store, "green", "bo", "reader", knows=lambda key: False)
    assert (await list_keys(store))[0].grants == {"red": "reader"}


async def test_a_key_is_granted_a_project() -> None:
    store = OracleStore()
    key, _ = await create_key(store, "bo", role="writer", projects=["red", "*"])
    await grant(store, key.id, "blue", "reader")
    await grant(store, "bo", "red", "owner")
    [key] = await list_keys(store)
    assert key.grants == {"blue": "reader", "red": "owner"}
    assert [key.role_in(each) for each in ("blue", "red", "green", "")] == ["writer", "owner", "writer", None]
    assert key.shown(sees=lambda project: project == "red")["grants"] == {"red": "owner"}
    assert "digest" not in key.shown()
    assert await members(store, "green") == []
    with pytest.raises(NotFound):
        await grant(store, "nobody", "blue", "reader")


async def test_a_closed_project_is_nobodys() -> None:
    store = OracleStore()
    await create_key(store, "bo")
    for project in ("red", "blue"):
        await add_member(store, project, "bo", "reader")
        await add_member(store, project, "carla", "reader")
    await close_project(store, "red")
    assert await members(store, "red") == []
    assert await members(store, "blue") == [("bo", "reader"), ("carla", "reader")]


async def test_members_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    store = OracleStore()
    monkeypatch.setattr("graphmem.engine.keys.MAX_INVITED", 2)
    monkeypatch.setattr("graphmem.engine.keys.MAX_PROJECTS", 2)
    assert MAX_INVITED == MAX_PROJECTS == 1_000
    await create_key(store, "bo")
    for name in ("a", "b"):
        await add_member(store, "red", name, "reader")
        await add_member(store, name, "bo", "reader")
    for deed in (add_member(store, "red", "c", "reader"), add_member(store, "c", "bo", "reader")):
        with pytest.raises(TooLarge) as caught:
            await deed
        assert (caught.value.limit, caught.value.actual) == (2, 3)


@pytest.mark.parametrize(
    ("project", "name", "role", "field"),
    [("", "bo", "reader", "project"), ("red", " ", "reader", "name"), ("red", "bo", "god", "role")],
)
async def test_what_makes_no_member(project: str, name: str, role: str, field: str) -> None:
    store = OracleStore()
    for deed in (add_member, change_member):
        with pytest.raises(InvalidInput) as caught:
            await deed(store, project, name, role)
        assert caught.value.field == field
    assert await store.settings() == []
