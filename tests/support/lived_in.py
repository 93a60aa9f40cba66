"""A memory with something of everything, and what a person sees of it: to tell whether another holds the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graphmem import AsyncMemory, Settings
from graphmem.stores.sqlite import SQLiteStore

__all__ = ["SETTINGS", "live_in", "same"]

SETTINGS = Settings(embedder="hashing", extractor="rules", free_space_mb=16)


async def live_in(folder: Path) -> None:
    """Two owners, a supersession, a deletion, and a setting."""
    async with AsyncMemory(folder, settings=SETTINGS) as memory:
        await memory.add("I moved from Porto to Lisbon in May. Marta, my sister, works at Corvid.", user_id="ana")
        await memory.add("I like tea.", user_id="ana", metadata={"deep": {"big": 2**53 + 1}, "of": [1.5, None, "é"]})
        await memory.add("I no longer like tea.", user_id="ana", timestamp="2026-05-02T10:00:00.000001Z")
        gone = await memory.add("The code is 1234.", user_id="bo", infer=False)
        await memory.add("Bo leads Atlas", user_id="bo", infer=False, relations=[("Bo", "LEADS", "Atlas")])
        await memory.delete(gone["results"][0]["id"])
    store = SQLiteStore(folder / "graph.sqlite")
    await store.open()
    await store.put_setting("default", "colours", {"Ana": ["red", 1]})
    await store.aclose()


async def same(old: Path | str, new: Path | str, settings: Settings = SETTINGS) -> None:
    """Assert that a person sees the same in both, but for revisions."""
    assert _plain(await _told(new, settings)) == _plain(await _told(old, settings))


async def _told(place: Path | str, settings: Settings) -> Any:
    async with AsyncMemory(place, settings=settings) as memory:
        seen: list[Any] = []
        for user in ("ana", "bo"):
            page = await memory.get_all(user_id=user, include_superseded=True)
            seen += [page["results"], [await memory.history(each["id"]) for each in page["results"]]]
            seen.append((await memory.search("who works at Corvid, and who likes tea?", user_id=user))["results"])
        assert (await memory.index("verify"))["clean"]
    return seen


def _plain(seen: Any) -> Any:
    told = json.dumps(seen, default=str)
    return json.loads(told, object_hook=lambda each: {k: v for k, v in each.items() if k != "revision"})
