"""Deleting is deleting: no read finds it, no file holds it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphmem import Memory
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.errors import NotFound
from graphmem.models import Partition
from graphmem.queries import KnownQuery
from graphmem.settings import Settings
from graphmem.text import fold
from graphmem.vectors.edge.language import number
from tests.support.children import start
from tests.support.files import holders, spellings, spellings_of_id, spellings_of_vector
from tests.support.soundness import everything, unsound

pytestmark = pytest.mark.anyio

SECRET = 'Quenby Vortigern “conspires” with the Société Müllerstraße — code "zephyr\\9"'
TRIPLE = ("Quenby Vortigern", "CONSPIRES_WITH", "Société Müllerstraße")
FRIEND = "Marta likes tea"


@dataclass
class Traces:
    """What there was of something: words, ids and vectors, to look for afterwards."""

    words: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    vectors: set[bytes] = field(default_factory=set)

    @property
    def of_words(self) -> set[bytes]:
        """The words as files may spell them, folded too."""
        return {spelt for word in self.words for each in (word, fold(word)) for spelt in spellings(each)}

    @property
    def of_ids(self) -> set[bytes]:
        """The ids as files may spell them, and the numbers under which the index knows them."""
        numbers = {number(each).to_bytes(8, order) for each in self.ids for order in ("little", "big")}
        return {spelt for each in self.ids for spelt in spellings_of_id(each)} | numbers

    @property
    def all(self) -> set[bytes]:
        return self.of_words | self.of_ids | self.vectors


async def traces(memory: LocalBackend, ids: Iterable[str], *, words: Iterable[str] = ()) -> Traces:
    """All that these memories alone brought along: their words and ids, and what nothing else mentions or states."""
    gone, found = set(ids), Traces(words=set(words))
    parts = memory.engine.parts
    held = await everything(parts.store)
    kept = [each for each in held.memories.values() if each.id not in gone]
    entities = {key for each in kept for key in each.entity_ids}
    relations = {key for each in kept for key in each.relation_ids}
    episodes = {key for each in kept for key in each.episode_ids}
    for each in (held.memories[key] for key in gone):
        found.words |= {each.text, *each.categories}
        found.ids |= {each.id, *({*each.entity_ids} - entities), *({*each.relation_ids} - relations)}
        found.ids |= {*each.episode_ids} - episodes
        found.words |= {mention.name for mention in each.mentions if mention.entity_id not in entities}
        found.words |= {held.relations[key].label for key in {*each.relation_ids} - relations}
        found.words |= {held.episodes[key].content for key in {*each.episode_ids} - episodes}
    found.ids |= {revision.id for revision in held.revisions.values() if revision.memory_id in gone}
    # Words that somebody else uses stay: names, labels, whose memory it is.
    spoken = {mention.name for each in kept for mention in each.mentions}
    spoken |= {held.relations[key].label for key in relations} | {*held.memories[next(iter(gone))].scope.ids.values()}
    found.words = {word for word in found.words if fold(word) not in {fold(each) for each in spoken}}
    # What an index copies of it.
    marked = [mark async for batch in parts.store.scan() for mark in batch if mark.id in found.ids]
    for point in await parts.encoders.points(list((await parts.store.records(marked)).values())):
        found.vectors |= spellings_of_vector(point.dense)
    assert found.vectors
    return found


async def remember(memory: LocalBackend, text: str, **more: Any) -> str:
    """Add one memory as it stands; its id."""
    answer = await memory.add({"messages": text, "user_id": "ana", "infer": False, **more})
    return answer["results"][0]["id"]


async def secret(memory: LocalBackend, **more: Any) -> str:
    """Something to be forgotten."""
    extras = {"metadata": {"clearance": "ultraviolet-77"}, "categories": ["espionage-x"], "run_id": "heist"}
    return await remember(memory, SECRET, relations=[TRIPLE], **{**extras, **more})


async def readings(memory: LocalBackend, memory_id: str, since: str) -> AsyncIterator[tuple[str, str]]:
    """Everything that can be read of Ana's, as text, by what was asked."""
    scope = {"user_id": "ana"}
    past = {"include_superseded": True, "include_expired": True}
    for name, view in {"now": {}, "past": past, "as_of": {"as_of": since}, "known_at": {"known_at": since}}.items():
        for query in (SECRET, "Quenby Vortigern", "conspires", "zephyr"):
            answer = await memory.search({"query": query, "top_k": 50, "explain": True, **scope, **view})
            yield f"search {query} {name}", json.dumps(answer, ensure_ascii=False)
        yield f"get_all {name}", json.dumps(await memory.get_all({**scope, **view}), ensure_ascii=False)
        for read in (memory.entities, memory.relations):
            yield f"{read.__name__} {name}", json.dumps(await read({**scope, **view}), ensure_ascii=False)
    yield "history", "".join(each["event"] for each in await _history(memory, memory_id))
    yield "export", "\n".join([line async for line in memory.export({})])


async def _history(memory: LocalBackend, memory_id: str) -> list[Any]:
    try:
        found = await memory.history(memory_id)
    except NotFound:
        return []
    assert all(each["old_memory"] is None and each["new_memory"] is None for each in found)
    return found


async def gone_from_reads(memory: LocalBackend, memory_id: str, since: str) -> None:
    """No read tells of the secret."""
    with pytest.raises(NotFound):
        await memory.get(memory_id)
    with pytest.raises(NotFound):
        await memory.update(memory_id, {"text": "again"})
    with pytest.raises(NotFound):
        await memory.delete(memory_id)
    for name in (TRIPLE[0], TRIPLE[2]):
        with pytest.raises(NotFound):
            await memory.subgraph({"user_id": "ana", "entity": name})
        with pytest.raises(NotFound):
            await memory.paths({"user_id": "ana", "source": name, "target": "Marta"})
    tells = ["vortigern", "zephyr", "conspire", "müllerstraße", "ultraviolet", "espionage"]
    async for asked, answer in readings(memory, memory_id, since):
        spoken = answer.casefold()
        assert [word for word in tells if word in spoken and word not in asked] == [], asked


async def known_now(memory: LocalBackend, memory_id: str) -> str:
    """When the memory was written."""
    return (await memory.get(memory_id))["created_at"]


async def test_the_search_of_the_files_finds_what_is_there(memory: LocalBackend, place: Path) -> None:
    sought = await traces(memory, [await secret(memory)], words=["ultraviolet-77"])
    await memory.aclose()
    found = "\n".join(holders(place, sought.all))
    for needle in (SECRET, "Quenby Vortigern", "conspires with", "ultraviolet-77", "espionage-x"):
        assert any(repr(spelt) in found for spelt in spellings(needle)), needle
    for key in sought.ids:
        assert repr(key.encode()) in found
    assert "in memory/vectors" in found
    assert any(repr(vector) in found for vector in sought.vectors)
    await memory.open()


@pytest.mark.parametrize("how", ["delete", "delete_all of the run", "delete_all by a filter", "reset"])
async def test_what_is_deleted_is_in_no_read_and_its_words_in_no_file(
    memory: LocalBackend, place: Path, how: str
) -> None:
    kept = await remember(memory, FRIEND, relations=[("Marta", "LIKES", "tea")]) if how != "reset" else None
    memory_id = await secret(memory)
    since = await known_now(memory, memory_id)
    sought = await traces(memory, [memory_id], words=["ultraviolet-77"])
    if how == "delete":
        receipt = await memory.delete(memory_id)
    elif how == "reset":
        receipt = await memory.reset()
    else:
        which = {"run_id": "heist"} if "run" in how else {"filters": {"metadata.clearance": "ultraviolet-77"}}
        receipt = await memory.delete_all({"user_id": "ana", **which})
    assert receipt["receipt"]["state"] == "hidden"
    counts = receipt["receipt"]["counts"]
    assert [counts[each] for each in ("memories", "entities", "relations", "episodes")] == [1, 2, 1, 1]
    await gone_from_reads(memory, memory_id, since)
    assert holders(place, sought.of_words) == []
    assert [each["event"] for each in await memory.history(memory_id)] == ["DELETE"]

    receipt = await memory.purge()
    assert receipt["receipt"]["state"] == "erased"
    assert receipt["receipt"]["counts"]["revisions"] == 1
    assert holders(place, sought.all) == []
    with pytest.raises(NotFound):
        await memory.history(memory_id)
    await gone_from_reads(memory, memory_id, since)
    if kept:
        assert (await memory.get(kept))["memory"] == FRIEND
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_closing_erases_what_is_owed(place: Path) -> None:
    with Memory(place, settings=Settings()) as memory:
        memory.add(FRIEND, user_id="ana", infer=False)
        [added] = memory.add(SECRET, user_id="ana", infer=False, relations=[TRIPLE])["results"]
        memory.delete(added["id"])
    assert holders(place, {*spellings(SECRET), *spellings("Vortigern"), *spellings_of_id(added["id"])}) == []
    with Memory(place) as memory:
        assert [each["memory"] for each in memory.get_all(user_id="ana")["results"]] == [FRIEND]


async def _delete_and_wait(tell: Any, folder: Path, memory_id: str) -> None:
    memory = LocalBackend(assemble(Settings(), folder))
    await memory.open()
    await memory.delete(memory_id)
    tell("deleted")
    await asyncio.Event().wait()


async def test_a_debt_outlives_a_crash(memory: LocalBackend, place: Path) -> None:
    memory_id = await secret(memory)
    sought = await traces(memory, [memory_id], words=["ultraviolet-77"])
    await memory.aclose()
    child, said = start(_delete_and_wait, place / "memory", memory_id)
    assert said.recv() == "deleted"
    child.kill()
    child.join()
    said.close()
    await memory.open()
    assert holders(place, sought.of_words) == []
    await memory.aclose()
    assert holders(place, sought.all) == []
    await memory.open()


async def test_nothing_is_rewritten_when_nothing_is_owed(memory: LocalBackend, place: Path) -> None:
    await remember(memory, FRIEND)
    await memory.aclose()
    before = sorted((place / "memory" / "vectors").glob("copy-*"))
    await memory.open()
    await memory.aclose()
    assert sorted((place / "memory" / "vectors").glob("copy-*")) == before
    await memory.open()


async def test_what_it_had_superseded_holds_again_and_forgets_it(memory: LocalBackend, place: Path) -> None:
    porto = await remember(memory, "Ana lives in Porto", relations=[("Ana", "LIVES_IN", "Porto")])
    lisbon = await remember(memory, "Ana lives in Xanadupolis", relations=[("Ana", "LIVES_IN", "Xanadupolis")])
    assert (await memory.get(porto))["superseded_by"] == lisbon
    sought = await traces(memory, [lisbon])
    receipt = await memory.delete(lisbon)
    assert receipt["receipt"]["counts"]["restored"] == 1
    again = await memory.get(porto)
    assert (again["state"], again["superseded_by"], again["invalid_at"]) == ("current", None, None)
    [relation] = (await memory.relations({"user_id": "ana", "types": ["LIVES_IN"]}))["results"]
    assert (relation["target"], relation["invalid_at"]) == ("Porto", None)
    assert [each["event"] for each in await memory.history(porto)] == ["ADD", "SUPERSEDE", "RESTORE"]
    assert holders(place, sought.of_words) == []
    await memory.purge()
    assert holders(place, sought.all) == []
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_of_a_chain_the_middle_goes(memory: LocalBackend, place: Path) -> None:
    towns = ["Porto", "Xanadupolis", "Faro"]
    ids = [await remember(memory, f"Ana lives in {town}", relations=[("Ana", "LIVES_IN", town)]) for town in towns]
    sought = await traces(memory, [ids[1]])
    await memory.delete(ids[1])
    assert (await memory.get(ids[0]))["superseded_by"] == ids[2]
    history = json.dumps(await memory.history(ids[2]))
    assert "Xanadupolis" not in history
    assert "Porto" in history
    await memory.purge()
    assert holders(place, sought.all) == []
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_a_shared_entity_stays_without_the_alias_that_only_it_had(memory: LocalBackend, place: Path) -> None:
    marta = {"name": "Marta", "aliases": ["Zuzutchka"], "type": "Impostor"}
    await remember(memory, FRIEND, entities=["Marta"])
    memory_id = await remember(memory, "Marta is called something else by Ana", entities=[marta])
    [before] = (await memory.entities({"user_id": "ana", "name": "zuzutchka"}))["results"]
    assert (before["name"], before["aliases"], before["type"]) == ("Marta", ["Zuzutchka"], "Impostor")
    sought = await traces(memory, [memory_id])
    sought.words |= {"Zuzutchka", "Impostor"}
    await memory.delete(memory_id)
    [after] = (await memory.entities({"user_id": "ana", "name": "Marta"}))["results"]
    assert (after["id"], after["aliases"], after["type"], after["memories"]) == (before["id"], [], None, 1)
    assert (await memory.entities({"user_id": "ana", "name": "Zuzutchka"}))["results"] == []
    assert holders(place, sought.of_words) == []
    # Under that name somebody else may come now.
    await remember(memory, "Another one", entities=[{"name": "Other", "aliases": ["Zuzutchka"]}])
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_the_source_keeps_what_others_came_from(memory: LocalBackend, place: Path) -> None:
    told = "I live in Faro. I work at Xanaducorp."
    answer = await memory.add({"messages": told, "user_id": "ana"})
    by_text = {each["memory"]: each["id"] for each in answer["results"]}
    assert len(by_text) == 2
    [employed] = [text for text in by_text if "Xanaducorp" in text]
    await memory.delete(by_text.pop(employed))
    assert holders(place, {*spellings("Xanaducorp"), *spellings("xanaducorp")}) == []
    [kept] = by_text.values()
    view = await memory.get(kept)
    held = await everything(memory.engine.parts.store)
    assert [held.episodes[key].id for key in view["episode_ids"]] == list(held.episodes)
    receipt = await memory.delete(kept)
    assert receipt["receipt"]["counts"]["episodes"] == 1
    assert holders(place, spellings("Faro")) == []


@pytest.mark.parametrize("how", ["reset", "delete_all"])
async def test_small_talk_goes_with_its_owner(memory: LocalBackend, place: Path, how: str) -> None:
    await memory.add({"messages": "Thanks, bye!", "user_id": "ana", "run_id": "7"})
    await memory.add({"messages": "Hello there!", "agent_id": "bot"})
    held = await everything(memory.engine.parts.store)
    assert (len(held.memories), len(held.episodes)) == (0, 2)  # kept as context alone
    receipt = await (memory.reset() if how == "reset" else memory.delete_all({"user_id": "ana"}))
    assert receipt["receipt"]["counts"]["episodes"] == (2 if how == "reset" else 1)
    held = await everything(memory.engine.parts.store)
    assert len(held.episodes) == (0 if how == "reset" else 1)
    assert holders(place, spellings("Thanks")) == []


async def test_an_update_before_goes_with_all_its_words(memory: LocalBackend, place: Path) -> None:
    memory_id = await remember(memory, "Ana hides it under the Wobblestone", entities=["Wobblestone"])
    sought = await traces(memory, [memory_id])
    await memory.update(memory_id, {"text": "Ana hides it in the Crumblecupboard"})
    assert "Wobblestone" in json.dumps(await memory.history(memory_id))
    later = await traces(memory, [memory_id])
    await memory.delete(memory_id)
    assert holders(place, sought.of_words | later.of_words) == []
    await memory.purge()
    assert holders(place, sought.all | later.all) == []


async def test_after_a_purge_it_can_be_told_again(memory: LocalBackend, place: Path) -> None:
    partition = Partition("default", "user:ana")

    async def sequence() -> int:
        [known] = await memory.engine.parts.store.known(KnownQuery(partition=partition))
        return known.sequence

    for _ in range(3):
        await memory.delete(await secret(memory))
    before = await sequence()
    await memory.purge()
    again = await secret(memory)
    assert await sequence() > before
    found = await memory.search({"query": "who conspires?", "user_id": "ana"})
    assert [each["id"] for each in found["results"]] == [again]
    await memory.aclose()
    await memory.open()
    assert await sequence() > before
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_nobody_is_left_of_a_user_who_goes(memory: LocalBackend, place: Path) -> None:
    for user in ("xaverine-77", "ben"):
        for number_ in range(30):
            await memory.add(
                {"messages": f"Note {number_} of {user}", "user_id": user, "infer": number_ % 2 == 0, "run_id": "r"}
            )
    assert holders(place, spellings("xaverine-77"))
    await memory.delete_all({"user_id": "xaverine-77"})
    await memory.purge()
    assert holders(place, spellings("xaverine-77")) == []
    assert len((await memory.get_all({"user_id": "ben"}))["results"]) >= 15


async def test_deleting_many_leaves_the_others_alone(memory: LocalBackend, place: Path) -> None:
    items = [
        {
            "messages": f"Note {n} about Q{n % 7}",
            "user_id": "ana",
            "infer": False,
            "entities": [f"Q{n % 7}"],
            "run_id": f"r{n % 2}",
            "relations": [(f"Q{n % 7}", "KNOWS", f"P{n % 5}")],
        }
        for n in range(1_200)
    ]
    await memory.add_many(items)
    receipt = await memory.delete_all({"user_id": "ana", "run_id": "r1"})
    assert receipt["receipt"]["counts"]["memories"] == 600
    await memory.purge()
    assert holders(place, spellings("Note 601 about") | spellings("Note 1 about")) == []
    page = await memory.get_all({"user_id": "ana", "top_k": 1_000})
    assert sorted(int(each["memory"].split()[1]) for each in page["results"]) == list(range(0, 1_200, 2))
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []
