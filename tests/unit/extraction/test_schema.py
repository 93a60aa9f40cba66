"""What a model must answer: the schema is strict, the reading forgives what loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from graphmem.extraction.answers import read_answer
from graphmem.extraction.schema import Answer, answer_schema


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for inner in node.values():
            yield from objects(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from objects(inner)


def test_every_object_of_the_schema_is_closed_and_complete() -> None:
    found = list(objects(answer_schema()))
    assert len(found) == 4
    for each in found:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_the_schema_needs_nothing_that_servers_differ_in() -> None:
    text = json.dumps(answer_schema())
    for keyword in ("$ref", "$defs", "default", "title", "format", "maxItems", "moment"):
        assert f'"{keyword}"' not in text


def test_the_words_come_before_the_judgement() -> None:
    memory = answer_schema()["properties"]["memories"]["items"]
    assert list(memory["properties"])[:3] == ["text", "verdict", "targets"]


def one(**fields: Any) -> str:
    return json.dumps({"memories": [{"text": "Ana lives in Lisbon.", **fields}]})


def test_only_the_text_of_a_memory_is_owed() -> None:
    answer, problems = read_answer(one(entities=None, targets="3", categories="home", surprise=1)
                                   .replace('"entities": null, ', ""))  # fmt: skip
    assert problems == ""
    assert answer is not None
    (memory,) = answer.memories
    assert (memory.verdict, memory.targets, memory.categories, memory.entities) == ("new", [3], ["home"], [])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2023-05-07", datetime(2023, 5, 7, tzinfo=UTC)),
        ("2023-05", datetime(2023, 5, 1, tzinfo=UTC)),
        ("2023", datetime(2023, 1, 1, tzinfo=UTC)),
        (" 2023-05-07T10:00:00Z ", datetime(2023, 5, 7, 10, tzinfo=UTC)),
        ("2023-05-07T10:00:00", datetime(2023, 5, 7, 10, tzinfo=UTC)),
        ("2023-05-07T10:00:00+02:00", datetime(2023, 5, 7, 10, tzinfo=timezone(timedelta(hours=2)))),
        ("", None),
        ("null", None),
        ("Unknown", None),
        (None, None),
    ],
)
def test_dates(said: str | None, expected: datetime | None) -> None:
    answer, problems = read_answer(one(valid_at=said))
    assert problems == ""
    assert answer is not None
    assert answer.memories[0].valid_at == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I remember that!", "Invalid JSON"),
        ("", "Invalid JSON"),
        ('{"memories": [', "Invalid JSON"),
        ("[]", "the answer"),
        ("{}", "memories: Field required"),
        ('{"facts": []}', "memories: Field required"),
        ('{"memories": null}', "memories"),
        ('{"memories": [{}]}', "memories.0.text: Field required"),
        (one(text=" "), "it is empty"),
        (one(text="\0self"), "NUL"),
        (one(text="half \ud83d"), "hex escape"),
        (one(text="x" * 4_001), "4000"),
        (one(verdict="maybe"), "memories.0.verdict"),
        (one(targets=["two"]), "memories.0.targets.0"),
        (one(valid_at="soon"), "'soon' is no date"),
        (one(valid_at=2023), "a date is text"),
        (one(valid_at="99999-01-01"), "no date"),
        (one(valid_at="0001-01-01T00:00:00+14:00"), "no date"),
        (one(valid_at="2023", invalid_at="2022"), "invalid_at is before valid_at"),
        (one(entities=[{"name": "\0self"}]), "memories.0.entities.0.name"),
        (one(relations=[{"subject": "a", "relation": "is"}]), "memories.0.relations.0.object"),
        (json.dumps({"memories": [{"text": "x"}] * 501}), "memories"),
        (json.dumps({"memories": [{}] * 100}), "memories.7.text"),
    ],
)
def test_breaches_are_named(text: str, problem: str) -> None:
    answer, problems = read_answer(text)
    assert answer is None
    assert problem in problems
    assert len(problems.splitlines()) <= 8


def test_nothing_is_an_answer_too() -> None:
    assert read_answer('{"memories": []}') == (Answer(memories=[]), "")
