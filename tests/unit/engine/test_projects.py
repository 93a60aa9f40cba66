"""What is set for projects: read, kept, checked, cached for a moment, and never lost to somebody else's change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from graphmem.engine.keys import create_key, list_keys, members
from graphmem.engine.projects import REFRESH, ProjectRecord, Projects
from graphmem.engine.swap import TRIES, swap
from graphmem.errors import Conflict, InvalidInput, NotSupported, TooLarge
from graphmem.extraction.registry import Registry
from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.oracle import OracleStore

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_project_that_nobody_made_has_the_defaults() -> None:
    projects = Projects(OracleStore())
    assert await projects.get("red") == ProjectRecord(id="red", name="red")
    assert await projects.listed() == []
    assert await projects.created() == ()


SETTINGS: dict[str, Any] = {
    "name": "Support",
    "description": "The desk",
    "custom_instructions": "Only what matters for travel.",
    "agent_custom_instructions": "What was promised.",
    "includes": "places",
    "excludes": "health",
    "custom_categories": [{"travel": "trips"}, "food"],
    "multilingual": True,
    "decay": True,
    "enable_graph": False,
    "predicates": {"functional": {"desk": ["SITS_AT"]}},
    "kept": {"version": "v2"},
    "profiles": {"enabled": True},
}


async def test_what_is_set_is_there_and_stays_until_it_is_cleared() -> None:
    store = OracleStore()
    projects = Projects(store)
    changed = await projects.change("red", **SETTINGS)
    assert changed == await projects.get("red") == await Projects(store).get("red")
    for name, value in SETTINGS.items():
        shown = {"travel": "trips", "food": ""} if name == "custom_categories" else value
        assert getattr(changed, name) == shown, name
    assert set(changed.shown()) == {*SETTINGS, "id", "created_at"} - {"kept", "profiles"}

    await projects.change("red", includes="people")
    await projects.change("red", custom_instructions="", excludes=None, custom_categories=None)
    record = await projects.get("red")
    assert (record.includes, record.custom_instructions, record.excludes) == ("people", None, None)
    assert (record.custom_categories, record.decay, record.name) == (None, True, "Support")
    assert (await projects.change("red", custom_categories=[])).custom_categories == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"id": "blue"}, "id"),
        ({"created_at": None}, "created_at"),
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"decay": 1}, "decay"),
        ({"enable_graph": None}, "enable_graph"),
        ({"multilingual": "yes"}, "multilingual"),
        ({"includes": 7}, "includes"),
        ({"excludes": "x" * 20_001}, "excludes"),
        ({"custom_instructions": "\0"}, "custom_instructions"),
        ({"custom_categories": "travel"}, "custom_categories"),
        ({"custom_categories": [{"travel": "x" * 2_001}]}, "custom_categories"),
        ({"custom_categories": [{"travel": 7}]}, "custom_categories"),
        ({"custom_categories": [f"c{n}" for n in range(201)]}, "custom_categories"),
        ({"predicates": ["SITS_AT"]}, "predicates"),
        ({"predicates": {"colours": []}}, "predicates"),
        ({"predicates": {"functional": {"desk": "SITS_AT"}}}, "predicates.functional"),
        ({"predicates": {"naming": ["CALLED"] * 20_000}}, "predicates"),
        ({"kept": [1]}, "kept"),
        ({"profiles": {"x": "y" * 70_000}}, "profiles"),
    ],
)
async def test_what_cannot_be_set_is_refused_and_nothing_is(changes: dict[str, Any], field: str) -> None:
    store = OracleStore()
    projects = Projects(store)
    with pytest.raises(InvalidInput) as caught:
        await projects.change("red", **{"description": "fine", **changes})
    assert caught.value.field == field
    assert await store.settings() == []


async def test_relations_of_a_project_are_its_own_beside_those_of_the_process() -> None:
    projects = Projects(OracleStore(), registry=Registry({"functional": {"seat": ["HAS_SEAT"]}}))
    await projects.change("red", predicates={"functional": {"desk": ["SITS_AT"]}})
    red, blue = await projects.registry("red"), await projects.registry("blue")
    assert [registry.of("SITS_AT").slot for registry in (red, blue)] == ["desk", None]
    assert [registry.of("HAS_SEAT").slot for registry in (red, blue)] == ["seat", "seat"]
    assert await projects.registry("red") is red
    await projects.change("red", predicates={"functional": {"seat": []}})
    changed = await projects.registry("red")
    assert (changed.of("SITS_AT").slot, changed.of("HAS_SEAT").slot) == (None, None)
    await projects.change("red", predicates=None)
    assert await projects.registry("red") is blue


@pytest.mark.parametrize("name", ["custom_instructions", "agent_custom_instructions", "includes", "excludes"])
async def test_words_that_nobody_would_follow_are_not_set(name: str) -> None:
    projects = Projects(OracleStore(), follows_words=False)
    with pytest.raises(NotSupported, match=name) as caught:
        await projects.change("red", **{name: "only tea"})
    assert "GRAPHMEM_LLM" in str(caught.value.hint)
    cleared = await projects.change("red", **{name: ""}, custom_categories=["tea"], decay=True)
    assert getattr(cleared, name) is None


async def test_projects_that_were_made_are_listed_in_that_order() -> None:
    store = OracleStore()
    projects = Projects(store)
    made = [await projects.create(f"Project {number}", "of many") for number in range(3)]
    await projects.change("default", decay=True)
    assert [each.id for each in await projects.listed()] == ["default", *(each.id for each in made)]
    assert await projects.created() == tuple(each.id for each in made)
    assert await projects.get(made[0].id) == made[0]
    assert len({each.id for each in made}) == 3
    with pytest.raises(InvalidInput):
        await projects.create("")


async def test_a_record_is_read_again_after_a_moment() -> None:
    store, clock = OracleStore(), Clock()
    here, there = Projects(store, clock=clock), Projects(store)
    assert (await here.get("red")).decay is False
    assert await here.created() == ()
    await there.change("red", decay=True)
    made = await there.create("New")
    assert (await here.get("red")).decay is False
    assert await here.created() == ()
    clock.now += REFRESH
    assert (await here.get("red")).decay is True
    assert await here.created() == (made.id,)
    await there.change("red", decay=False)
    here.forget("red")
    assert (await here.get("red")).decay is False


async def test_a_change_made_while_a_record_is_read_is_not_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store = OracleStore()
    projects = Projects(store)
    read = store.setting

    async def slowly(project: str, name: str) -> Any:
        value = await read(project, name)
        monkeypatch.setattr(store, "setting", read)
        await projects.change("red", decay=True)
        return value

    monkeypatch.setattr(store, "setting", slowly)
    assert (await projects.get("red")).decay is False
    assert (await projects.get("red")).decay is True


async def test_records_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphmem.engine.projects.MOST", 3)
    projects = Projects(OracleStore())
    for number in range(10):
        await projects.get(f"project {number}")
    assert len(projects._records) == 3


async def test_a_removed_project_leaves_nothing_behind() -> None:
    store = OracleStore()
    projects = Projects(store)
    made = await projects.create("Short-lived")
    await store.put_setting(made.id, "webhook:1", {"url": "https://example.org"})
    await store.put_setting("other", "webhook:2", {})
    await create_key(store, "kept", projects=["default"])
    await projects.remove(made.id)
    assert await projects.listed() == []
    assert await projects.created() == ()
    assert await members(store, made.id) == []
    assert [(project, name) for project, name, _ in await store.settings()] == [("", "keys"), ("other", "webhook:2")]


# -- several at once


async def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    stores = [SQLiteStore(tmp_path / "graph.sqlite") for _ in range(2)]
    for store in stores:
        await store.open()
    rooms = [Projects(store) for store in stores]
    names = [name for name in SETTINGS if name not in ("kept", "profiles")]
    async with anyio.create_task_group() as tasks:
        for number, name in enumerate(names):
            tasks.start_soon(lambda room, name: room.change("red", **{name: SETTINGS[name]}), rooms[number % 2], name)
        for number in range(10):
            tasks.start_soon(create_key, stores[number % 2], f"key {number}")
    record = await Projects(stores[0]).get("red")
    assert [name for name in names if not getattr(record, name) and name != "enable_graph"] == []
    assert record.enable_graph is False
    assert {key.name for key in await list_keys(stores[1])} == {f"key {number}" for number in range(10)}
    for store in stores:
        await store.aclose()


async def test_who_is_always_slower_is_told() -> None:
    store = OracleStore()
    asked: list[Any] = []

    def change(old: Any) -> Any:
        asked.append(old)
        return {"n": len(asked)}

    async def slower(*_: Any) -> bool:
        return False

    store.swap_setting = slower  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="changed by others"):
        await swap(store, "", "x", change)
    assert len(asked) == TRIES


async def test_a_choice_that_is_too_wide_says_by_how_much() -> None:
    with pytest.raises(TooLarge) as caught:
        await Projects(OracleStore()).change("red", custom_categories=[f"c{n}" for n in range(300)])
    assert (caught.value.limit, caught.value.actual) == (200, 300)
