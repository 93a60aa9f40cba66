"""Making, listing and taking back keys."""

from __future__ import annotations

import json

import pytest

from graphmem.engine.keys import create_key, digest_of, list_keys, revoke_key
from graphmem.errors import InvalidInput, NotFound
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
