"""Bad input through the library: a clear error, or a correct result; and nothing half-written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from graphmem import Memory
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.errors import GraphmemError, InvalidFilter, InvalidInput, NotFound, NotSupported, TooLarge
from graphmem.settings import Settings
from tests.support.children import ask
from tests.support.files import quick_folder
from tests.support.soundness import unsound
from tests.support.writer import backend

ANA = {"user_id": "ana"}
NOWHERE = "00000000-0000-4000-8000-000000000000"
HALF = "half of a pair: \ud83d"
LONG = "é and so on, " * 80_000  # a little over 1 MB in UTF-8, and under the bound of 2**20 characters


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    """One for all: what is refused leaves no trace."""
    with quick_folder() as place, Memory(place, settings=Settings(extractor="rules")) as opened:
        opened.add("Ana leads Atlas", infer=False, relations=[("Ana", "LEADS", "Atlas")], metadata={"a": 1}, **ANA)
        yield opened
        opened.close()
        assert ask(_problems, place) == []


async def _problems(place: Any) -> list[str]:
    memory = LocalBackend(assemble(Settings(extractor="rules"), place))
    await memory.open()
    problems = await unsound(memory.engine.parts.store, memory.engine.parts.index)
    await memory.aclose()
    return problems


def everything(memory: Memory) -> list[str]:
    """All that is stored, without what each export makes anew."""
    return [line for line in memory.export() if '"type": "changes"' not in line]


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def deep_filter(levels: int, name: str = "AND") -> Any:
    value: Any = {"user_id": "ana"}
    for _ in range(levels):
        value = {name: value if name == "NOT" else [value]}
    return value


def circular() -> Any:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


def add(*args: Any, **more: Any) -> Callable[[Memory], Any]:
    return lambda memory: memory.add(*args, **{**ANA, **more})


def verbatim(text: Any, **more: Any) -> Callable[[Memory], Any]:
    return add(text, **{"infer": False, **more})


def search(query: Any = "x", **more: Any) -> Callable[[Memory], Any]:
    return lambda memory: memory.search(query, **{**ANA, **more})


def get_all(**more: Any) -> Callable[[Memory], Any]:
    return lambda memory: memory.get_all(**more)


def update(**more: Any) -> Callable[[Memory], Any]:
    def call(memory: Memory) -> Any:
        [found] = memory.get_all(user_id="ana", filters={"metadata.a": 1})["results"]
        return memory.update(found["id"], **more)

    return call


REFUSED: dict[str, tuple[Callable[[Memory], Any], type[GraphmemError], str]] = {
    # texts
    "empty": (verbatim(""), InvalidInput, "empty"),
    "blank": (verbatim(" \n\t\u3000"), InvalidInput, "empty"),
    "invisible": (verbatim("\u200b\u200d\ufeff"), InvalidInput, "empty"),
    "too long": (verbatim("x" * (2**20 + 1)), TooLarge, "1048577"),
    "lone surrogate": (verbatim(HALF), InvalidInput, "surrogate"),
    "lone surrogate inferred": (add(HALF), InvalidInput, "surrogate"),
    "NUL": (verbatim("a\0b"), InvalidInput, "NUL"),
    "no text": (verbatim(17), InvalidInput, "Messages cannot be 'int'"),
    "bytes": (verbatim(b"bytes"), InvalidInput, "bytes"),
    "nothing": (add([]), InvalidInput, "no message"),
    "odd role": (add([{"role": "nobody", "content": "x"}]), InvalidInput, "role"),
    "one bad message of two": (add([{"content": "I like tea."}, {"content": "\0"}]), InvalidInput, "NUL"),
    "too many messages": (add(["x"] * 1_001), TooLarge, "1001"),
    "an image nobody sees": (
        add([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]),
        InvalidInput,
        "image",
    ),
    # whose
    "nobody": (lambda m: m.add("x"), InvalidInput, "Whose"),
    "blank user": (verbatim("x", user_id="  "), InvalidInput, "user_id"),
    "long user": (verbatim("x", user_id="u" * 257), TooLarge, "user_id"),
    "NUL in user": (verbatim("x", user_id="a\0"), InvalidInput, "user_id"),
    "a list of users": (verbatim("x", user_id=["ana"]), InvalidInput, "user_id"),
    "search of nobody": (lambda m: m.search("x"), InvalidInput, "Whose"),
    "deleting of nobody": (lambda m: m.delete_all(), InvalidInput, "Whose"),
    # times
    "naive datetime": (verbatim("x", timestamp=datetime(2024, 1, 1)), InvalidInput, "time zone"),
    "naive text": (verbatim("x", timestamp="2024-01-01T12:00:00"), InvalidInput, "time zone"),
    "no such day": (verbatim("x", timestamp="2024-02-30"), InvalidInput, "moment"),
    "out of range": (verbatim("x", timestamp=10**18), InvalidInput, "range"),
    "over the edge": (
        verbatim("x", timestamp=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))),
        InvalidInput,
        "range",
    ),
    "NaN seconds": (verbatim("x", timestamp=math.nan), InvalidInput, "moment"),
    "a boolean is no time": (verbatim("x", timestamp=True), InvalidInput, "moment"),
    "a time is no day": (verbatim("x", expiration_date=datetime(2024, 1, 1, tzinfo=UTC)), InvalidInput, "day"),
    "naive as_of": (search(as_of="2024-01-01 12:00"), InvalidInput, "time zone"),
    "ends before it begins": (
        verbatim(
            "x",
            relations=[
                {
                    "source": "a",
                    "relationship": "b",
                    "target": "c",
                    "valid_at": "2024-01-02",
                    "invalid_at": "2024-01-01",
                }
            ],
        ),
        InvalidInput,
        "before",
    ),
    # metadata
    "100 deep": (verbatim("x", metadata=nested(100)), TooLarge, "nested"),
    "100,000 deep": (verbatim("x", metadata=nested(100_000)), TooLarge, "nested"),
    "circular": (verbatim("x", metadata=circular()), TooLarge, "nested"),
    "NaN": (verbatim("x", metadata={"a": math.nan}), InvalidInput, "finite"),
    "infinity": (verbatim("x", metadata={"a": [math.inf]}), InvalidInput, "finite"),
    "2**63": (verbatim("x", metadata={"a": 2**63}), InvalidInput, "64 bits"),
    "a set": (verbatim("x", metadata={"a": {1}}), InvalidInput, "set"),
    "keys that are no text": (verbatim("x", metadata={1: 2}), InvalidInput, "keys"),
    "surrogate in a key": (verbatim("x", metadata={"\ud800": 1}), InvalidInput, "surrogate"),
    "NUL in a value": (verbatim("x", metadata={"a": ["\0"]}), InvalidInput, "NUL"),
    "large metadata": (verbatim("x", metadata={"a": "x" * 70_000}), TooLarge, "metadata"),
    "a list as metadata": (verbatim("x", metadata=[1]), InvalidInput, "metadata"),
    # filters
    "filter 1,000 deep": (search(filters=deep_filter(1_000)), TooLarge, "levels"),
    "filter 100,000 deep": (search(filters=deep_filter(100_000, "NOT")), TooLarge, "levels"),
    "circular filter": (search(filters=circular() | {"AND": []}), GraphmemError, ""),
    "unknown operator": (search(filters={"a": {"regex": ".*"}}), InvalidFilter, "regex"),
    "unknown logic": (search(filters={"XOR": [{"a": 1}, {"b": 2}]}), InvalidFilter, ""),
    "NaN in a filter": (search(filters={"a": math.nan}), InvalidFilter, ""),
    "a filter that is none": (search(filters="user_id = 'ana'"), InvalidFilter, "object"),
    "too many conditions": (search(filters={"OR": [{"a": n} for n in range(2_000)]}), TooLarge, "conditions"),
    "a boolean is no date": (search(filters={"created_at": {"gt": True}}), InvalidFilter, ""),
    "deleting by a bad filter": (lambda m: m.delete_all(filters={"a": {"regex": "x"}}, **ANA), InvalidFilter, "regex"),
    # numbers
    "both limit and top_k": (search(limit=3, top_k=4), InvalidInput, "limit"),
    "both, listing": (get_all(limit=3, top_k=4, **ANA), InvalidInput, "limit"),
    "none": (search(top_k=0), InvalidInput, "between"),
    "fewer": (search(top_k=-1), InvalidInput, "between"),
    "too many": (search(top_k=10**9), InvalidInput, "between"),
    "half a result": (search(top_k=2.5), InvalidInput, "whole"),
    "true results": (search(top_k=True), InvalidInput, "whole"),
    "threshold": (search(threshold=1.5), InvalidInput, "threshold"),
    "NaN threshold": (search(threshold=math.nan), InvalidInput, "threshold"),
    "junk cursor": (get_all(cursor="junk", **ANA), InvalidInput, "cursor"),
    "long cursor": (get_all(cursor="A" * 100_000, **ANA), InvalidInput, "cursor"),
    # questions
    "empty question": (search(""), InvalidInput, "empty"),
    "long question": (search("x" * 10_001), TooLarge, "10001"),
    "NUL in a question": (search("a\0"), InvalidInput, "NUL"),
    "surrogate in a question": (search(HALF), InvalidInput, "surrogate"),
    "rerank without a reranker": (search(rerank=True), NotSupported, "rerank"),
    # ids
    "no id": (lambda m: m.get("17"), InvalidInput, "UUID"),
    "an id that is no text": (lambda m: m.get(17), InvalidInput, "UUID"),  # type: ignore[arg-type]
    "unknown": (lambda m: m.get(NOWHERE), NotFound, NOWHERE),
    "unknown to update": (lambda m: m.update(NOWHERE, "x"), NotFound, NOWHERE),
    "unknown to delete": (lambda m: m.delete(NOWHERE), NotFound, NOWHERE),
    "unknown to history": (lambda m: m.history(NOWHERE), NotFound, NOWHERE),
    # updates
    "empty update": (update(), InvalidInput, "change something"),
    "update to nothing": (update(text="  "), InvalidInput, "empty"),
    "update to half": (update(text=HALF), InvalidInput, "surrogate"),
    "two texts": (update(text="x", data="y"), InvalidInput, "differ"),
    "unknown feedback": (update(feedback="MEH"), InvalidInput, "feedback"),
    "deep update": (update(metadata=nested(100)), TooLarge, "nested"),
    # the caller's graph
    "a pair": (verbatim("x", relations=[("Ana", "LEADS")]), InvalidInput, "2 parts"),
    "a nameless end": (verbatim("x", relations=[("", "LEADS", "Atlas")]), InvalidInput, "empty"),
    "NUL in a name": (verbatim("x", entities=["\0"]), InvalidInput, "NUL"),
    "half a name": (verbatim("x", entities=[{"name": "Ana", "aliases": [HALF]}]), InvalidInput, "surrogate"),
    "unknown part": (verbatim("x", entities=[{"nom": "Ana"}]), InvalidInput, "nom"),
    "a long name": (verbatim("x", entities=["x" * 513]), TooLarge, "513"),
    "too many relations": (verbatim("x", relations=[("a", "b", "c")] * 10_001), TooLarge, "10001"),
    "a string of relations": (verbatim("x", relations="Ana leads Atlas"), InvalidInput, "list"),
    "one bad of many": (
        lambda m: m.add_many([{"messages": "good", "infer": False, **ANA}, {"messages": "\0", "infer": False, **ANA}]),
        InvalidInput,
        "NUL",
    ),
    "an item without an owner": (
        lambda m: m.add_many([{"messages": "good", "infer": False, **ANA}, {"messages": "bad", "infer": False}]),
        InvalidInput,
        "Whose",
    ),
    "an unknown entity": (lambda m: m.graph(user_id="ana").neighbours("Nobody"), NotFound, "Nobody"),
    "a category that is none": (verbatim("x", categories="travel"), InvalidInput, "list"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_and_nothing_was_written(memory: Memory, case: str) -> None:
    call, kind, says = REFUSED[case]
    before = everything(memory)
    with pytest.raises(kind) as caught:
        call(memory)
    assert isinstance(caught.value, GraphmemError)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 1_000
    json.dumps(caught.value.details, allow_nan=False)
    assert everything(memory) == before


TEXTS = {
    "emoji": "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "אנא גרה בליסבון — \u202eمرحبا\u202c",
    "Chinese": "安娜住在里斯本，她喜欢喝茶。",
    "Japanese": "アナはリスボンに住んでいます。",
    "Thai": "อานาอาศัยอยู่ในลิสบอน",
    "combining": "A\u0301na\u0323 Z\u0351\u036f\u0343a\u034cl\u0358go\u0321",
    "quotes": "'; DROP TABLE memory; -- \" ` \\ %s {} $1 :id",
    "control": "bell \x07 escape \x1b[31m delete \x7f next line \x85 separator \u2028",
    "noncharacters": "\ufffe \uffff \U0010ffff",
    "one letter": "a",
    "punctuation": "?!… — «»",
    "long": LONG,
    "one long word": "x" * 2**20,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("infer", [False, True])
def test_odd_texts_are_kept_as_they_are(memory: Memory, name: str, infer: bool) -> None:
    text = TEXTS[name]
    user = f"{name}-{infer}"
    answer = memory.add(text, user_id=user, infer=infer)
    if not infer:
        [item] = answer["results"]
        assert memory.get(item["id"])["memory"] == text.strip()
        assert memory.history(item["id"])[0]["new_memory"] == text.strip()
    for query in (text[:100], "tea"):
        found = memory.search(query, user_id=user)
        assert "degraded" not in found
        assert len(found["results"]) <= len(answer["results"])
    if not infer and name not in ("emoji", "punctuation"):
        assert [each["id"] for each in memory.search(text[:100], user_id=user)["results"]] == [item["id"]]
    added = {each["id"] for each in answer["results"]}
    assert memory.delete_all(user_id=user)["receipt"]["counts"].get("memories", 0) == len(added)


KEYS = [
    "",
    " ",
    "a.b",
    'q"uote',
    "it's",
    "$",
    "[0]",
    "back\\slash",
    "new\nline",
    "AND",
    "user_id",
    "metadata.x",
    "é",
    "e\u0301",
]


@pytest.mark.parametrize("key", KEYS)
def test_odd_keys_are_kept_and_found(memory: Memory, key: str) -> None:
    user = f"keys-{KEYS.index(key)}"
    other = "e\u0301" if key == "é" else "é"
    [item] = memory.add("with it", user_id=user, infer=False, metadata={key: "value", "b": {key: [1, None]}})["results"]
    memory.add("without", user_id=user, infer=False, metadata={other: "value", "c": key})
    assert memory.get(item["id"])["metadata"] == {key: "value", "b": {key: [1, None]}}
    for where in ({"metadata": {key: "value"}}, {"metadata": {key: "*"}}, {"metadata": {key: {"in": ["value", "x"]}}}):
        for found in (memory.get_all(user_id=user, filters=where), memory.search("with", user_id=user, filters=where)):
            assert [each["memory"] for each in found["results"]] == ["with it"]


def test_numbers_that_floats_cannot_tell_apart(memory: Memory) -> None:
    numbers: list[int | float] = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, -0.0, 1e308, 5e-324]
    for number in numbers:
        [item] = memory.add(f"n {number!r}", user_id="numbers", infer=False, metadata={"n": number})["results"]
        kept = memory.get(item["id"])["metadata"]["n"]
        assert (kept, type(kept)) == (number, type(number))
    for number in (2**53, 2**53 + 1):
        for where in ({"n": number}, {"n": {"gte": number, "lte": number}}):
            for found in (
                memory.get_all(user_id="numbers", filters=where)["results"],
                memory.search("n", user_id="numbers", filters=where)["results"],
            ):
                assert [each["memory"] for each in found] == [f"n {number}"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), "1969-12-31T23:59:59.999999+00:00"),
        (datetime(2024, 3, 31, 1, 30, tzinfo=timezone(timedelta(hours=14))), "2024-03-30T11:30:00+00:00"),
        (date(2024, 2, 29), "2024-02-29T00:00:00+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        (-1.5, "1969-12-31T23:59:58.500000+00:00"),
    ],
)
def test_odd_times_are_kept(memory: Memory, given: Any, kept: str) -> None:
    relation = {"source": "Ana", "relationship": "LIVES_IN", "target": "Porto", "valid_at": given}
    [item, *_] = memory.add("x", user_id=f"at {kept}", infer=False, timestamp=given, relations=[relation])["results"]
    found = memory.get(item["id"])
    assert found["observed_at"] == kept
    for view in ({}, {"as_of": given}, {"as_of": "9999-12-31T23:59:59.999999Z"}):
        assert [each["id"] for each in memory.get_all(user_id=f"at {kept}", **view)["results"]] == [item["id"]]
        memory.search("x", user_id=f"at {kept}", **view)


def test_a_date_in_9999_in_words(memory: Memory) -> None:
    for text in ("I will move to Mars on 31 December 9999.", "I lived there until 9999.", "Next year I marry."):
        memory.add(text, user_id="far", timestamp="9999-12-31T23:00:00Z")
        memory.search(text, user_id="far", as_of="9999-12-31T23:59:59Z")
    memory.delete_all(user_id="far")


def test_what_is_anothers(memory: Memory) -> None:
    [mine] = memory.add("Ana keeps a diary", infer=False, entities=["Diary"], **ANA)["results"]
    ben = {"user_id": "ben"}
    assert memory.search("Ana keeps a diary", **ben)["results"] == []
    assert memory.get_all(filters={"id": mine["id"]}, **ben)["results"] == []
    assert memory.delete_all(filters={"id": mine["id"]}, **ben)["receipt"]["counts"].get("memories", 0) == 0
    [diary] = [each for each in memory.graph(**ANA).entities() if each.name == "Diary"]
    for asked in ("Diary", diary.id):
        with pytest.raises(NotFound):
            memory.graph(**ben).neighbours(asked)
        with pytest.raises(NotFound):
            memory.graph(**ben).paths(asked, "Atlas")
    assert memory.get(mine["id"])["memory"] == "Ana keeps a diary"
    # A filter widens nothing: both have to hold.
    assert memory.get_all(filters={"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}, **ben)["results"] == []
    assert memory.get_all(filters={"NOT": {"user_id": "nobody"}}, **ben)["results"] == []


@pytest.mark.anyio
async def test_what_is_another_projects(tmp_path: Any) -> None:
    ours = backend(tmp_path)
    await ours.open()
    try:
        theirs = ours.for_project("theirs")
        [item] = (
            await ours.add(
                {"messages": "Ana leads Atlas", "infer": False, "relations": [("Ana", "LEADS", "Atlas")], **ANA}
            )
        )["results"]
        key = item["id"]
        entity = (await ours.entities(ANA))["results"][0]["id"]
        for call in (
            theirs.get(key),
            theirs.history(key),
            theirs.delete(key),
            theirs.update(key, {"text": "taken over"}),
            theirs.entity(entity, ANA),
            theirs.subgraph({**ANA, "entity": "Ana"}),
        ):
            with pytest.raises(NotFound):
                await call
        everyone = {"user_id": "*"}
        for found in (
            await theirs.search({"query": "who leads Atlas?", **ANA}),
            await theirs.search({"query": "who leads Atlas?", **everyone}),
            await theirs.get_all(ANA),
            await theirs.get_all(everyone),
            await theirs.entities(ANA),
            await theirs.relations(everyone),
        ):
            assert found["results"] == []
        assert [line async for line in theirs.export({}) if "Atlas" in line] == []
        assert (await theirs.stats())["memories"] == 0
        await theirs.reset()
        await theirs.delete_all(everyone)
        await theirs.add(
            {"messages": "Ana leads Borealis", "infer": False, "relations": [("Ana", "LEADS", "Borealis")], **ANA}
        )
        assert (await ours.get(key))["memory"] == "Ana leads Atlas"
        assert len((await ours.entities(ANA))["results"]) == 2
        await theirs.purge()
        assert await unsound(ours.engine.parts.store, ours.engine.parts.index) == []
    finally:
        await ours.aclose()
