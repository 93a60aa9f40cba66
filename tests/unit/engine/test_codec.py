"""Export lines: nothing is lost on the way out and back, and nothing odd comes in."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from graphmem.changes import Operation, PutEntity, PutEpisode, PutMemory, PutRelation, PutRevision
from graphmem.engine.codec import decode, encode
from graphmem.errors import InvalidInput
from graphmem.models import Entity, Episode, Event, Memory, Mention, Origin, Relation, Revision, Scope

NOW = datetime(2024, 5, 1, 10, 30, 0, 123, tzinfo=UTC)
ID, OTHER, THIRD = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "abc")
SCOPE = Scope(project="red", user_id="ana", run_id="r1")

MEMORY = Memory(
    id=ID,
    scope=SCOPE,
    text="Ana leads Atlas.",
    metadata={"a": [1, None, {"b": "ü"}], "big": 2**53 + 1},
    categories=("work", "ünï"),
    observed_at=NOW,
    valid_at=NOW,
    invalid_at=NOW,
    created_at=NOW,
    updated_at=NOW,
    expired_at=NOW,
    superseded_by=OTHER,
    expiration_date=date(2030, 1, 31),
    immutable=True,
    attributed_to="user",
    feedback="POSITIVE",
    origin=Origin(extractor="openai", model="m", prompt="p@1"),
    mentions=(Mention(entity_id=OTHER, name="Ana", type="Person"),),
    relation_ids=(THIRD,),
    episode_ids=(OTHER,),
)

OPERATIONS: list[Operation] = [
    PutEpisode(
        Episode(id=ID, scope=SCOPE, role="user", name="Ana", content=" two\nlines ", observed_at=NOW, created_at=NOW)
    ),
    PutEpisode(Episode(id=ID, scope=SCOPE, content="", observed_at=NOW, created_at=NOW)),
    PutEntity(Entity(id=ID, project="red", owner="user:ana", name="Ana", self_of="user:ana", created_at=NOW)),
    PutRelation(
        Relation(
            id=ID,
            project="red",
            owner="user:ana",
            subject_id=OTHER,
            type="LEADS",
            object_id=THIRD,
            label="leads",
            valid_at=NOW,
            invalid_at=NOW,
            created_at=NOW,
            expired_at=NOW,
            superseded_by=OTHER,
        )
    ),
    PutMemory(MEMORY),
    PutMemory(Memory(id=ID, scope=SCOPE, text="x", observed_at=NOW, created_at=NOW, updated_at=NOW)),
    PutRevision(
        Revision(
            id=ID,
            memory_id=OTHER,
            event=Event.SUPERSEDE,
            at=NOW,
            old_text="old",
            new_text="new",
            reason="rule",
            by="laptop",
            state=MEMORY.state(),
        )
    ),
    PutRevision(Revision(id=ID, memory_id=OTHER, event=Event.DELETE, at=NOW)),
]

ODD: list[Any] = [
    None,
    5,
    -1.5,
    math.nan,
    2**70,
    True,
    "",
    " ",
    "a\0b",
    "half \ud800",
    "x" * 2_000_000,
    "not-a-uuid",
    "2024-13-45",
    "2024-05-01T10:00:00",
    [],
    [5],
    [None],
    [{}],
    {},
    {"a": {"b": math.nan}},
    {"project": "blue", "user_id": {}},
]


def lines() -> list[dict[str, Any]]:
    return [json.loads(json.dumps(encode(operation))) for operation in OPERATIONS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: type(each).__name__)
def test_out_and_back(operation: Operation) -> None:
    line = json.loads(json.dumps(encode(operation)))
    assert decode(line, "red") == operation


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line["type"]))
def test_it_comes_into_the_project_that_imports(line: dict[str, Any]) -> None:
    there = json.dumps(encode(decode(line, "blue")))
    assert '"red"' not in there
    assert json.loads(there.replace('"blue"', '"red"')) == line


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line["type"]))
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:20])
def test_an_odd_value_is_refused_or_harmless(line: dict[str, Any], odd: Any) -> None:
    for name in line:
        try:
            read = decode({**line, name: odd}, "red")
        except InvalidInput:
            continue
        written = json.dumps(encode(read), allow_nan=False, ensure_ascii=False)
        written.encode("utf-8")
        assert "\0" not in written
        assert decode(json.loads(written), "red") == read


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:20])
def test_an_odd_value_inside_a_state_is_refused_or_harmless(odd: Any) -> None:
    line = encode(OPERATIONS[6])
    for name in line["state"]:
        try:
            read = decode({**line, "state": {**line["state"], name: odd}}, "red")
        except InvalidInput:
            continue
        assert isinstance(read, PutRevision)
        assert MEMORY.with_state(read.revision.state).text


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line["type"]))
def test_what_is_missing_is_named(line: dict[str, Any]) -> None:
    for name in ("id", "created_at", "at", "text", "scope", "relationship"):
        if name in line:
            short = {key: value for key, value in line.items() if key != name}
            with pytest.raises(InvalidInput, match="type" if name == "relationship" else name):
                decode(short, "red")


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"type": "planet"},
        {"type": ["memory"]},
        {"type": "changes"},
        {"type": "entity", "revision": 5},
        {"type": "memory", "x" * 500: 1},
    ],
)
def test_what_is_no_line(line: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(line, "red")
    assert len(str(caught.value)) < 400


def test_relations_have_types_of_one_form() -> None:
    line = next(line for line in lines() if line["type"] == "relation")
    for odd in ("works at", "`}) DETACH DELETE n //", "", "_X", "X" * 65, "WÖRKS"):
        with pytest.raises(InvalidInput):
            decode({**line, "relationship": odd}, "red")
