"""What the tests of exports share: worlds made of a few triples and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from graphmem.exporting import Filler, World, complete, lacking, read_schema
from graphmem.models import Entity, Memory, Relation, Scope
from graphmem.text import name_key

SAID = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SCOPE = Scope(user_id="ana")

Triple = tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]


def memory(text: str, day: int = 0, **more: Any) -> Memory:
    at = SAID + timedelta(days=day)
    more = {"observed_at": at, "created_at": at, "updated_at": at, **more}
    return Memory(id=f"m-{text}", scope=SCOPE, text=text, **more)


def day(text: str, said: datetime) -> date | None:
    """ISO 8601, and "yesterday"."""
    if text == "yesterday":
        return (said - timedelta(days=1)).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def usual(type_: str) -> tuple[str, bool]:
    """As the registry has it, for the few types of the tests."""
    same = {"WORKS_FOR": "WORKS_AT"}
    base = type_.removeprefix("NOT_")
    return same.get(base, base), type_.startswith("NOT_")


def world(
    *triples: Triple,
    memories: Sequence[Memory] = (),
    types: Mapping[str, str] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    own: str | None = "Ana",
    **more: Any,
) -> World:
    """A world in which each triple is told a day after the one before, by a memory of its own that says it in words."""
    entities: dict[str, Entity] = {}

    def entity(name: str) -> str:
        key = name_key(name)
        if key not in entities:
            entities[key] = Entity(
                id=f"e-{key}",
                project="default",
                owner="user:ana",
                name=name,
                self_of="user:ana" if name == own else None,
                type=(types or {}).get(name),
                aliases=tuple((aliases or {}).get(name, ())),
                created_at=SAID,
                mention_count=1,
            )
        return entities[key].id

    if own is not None:
        entity(own)
    told, relations = list(memories), []
    for number, (source, type_, target, *options) in enumerate(triples):
        label = type_.lower().replace("_", " ")
        said = memory(f"{source} {label} {target}", number)
        told.append(said)
        relation = Relation(
            id=f"r-{number}",
            project="default",
            owner="user:ana",
            subject_id=entity(source),
            type=type_,
            object_id=entity(target),
            label=label,
            created_at=said.created_at,
            memory_ids=(said.id,),
            **(options[0] if options else {}),
        )
        relations.append(relation)
    return World(
        **{
            "now": NOW,
            "memories": tuple(sorted(told, key=lambda each: each.observed_at, reverse=True)),
            "entities": {each.id: each for each in entities.values()},
            "relations": tuple(relations),
            "own": (f"e-{name_key(own)}",) if own is not None else (),
            "owner": "ana",
            "usual": usual,
            "day": day,
            **more,
        }
    )


def filled(schema: Mapping[str, Any], known: World, **alike: str) -> tuple[dict[str, Any], list[str]]:
    """The document and what is missing, as an export without a model makes them."""
    read = read_schema(schema)
    document, missing = complete(read, Filler(read, known, alike=alike.get).document())
    return document, lacking(read, document, missing)


def fill(properties: Mapping[str, Any], known: World, **more: Any) -> dict[str, Any]:
    """The document of a schema with these properties, none of them required."""
    return filled({"type": "object", "properties": properties, **more}, known)[0]


TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}
