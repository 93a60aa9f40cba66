"""Filling and telling with a language model: one question, and one repair where the answer does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphmem.abc import ChatAnswer, ChatMessage, ChatModel
from graphmem.drafts import Usage
from graphmem.errors import ModelAnswerInvalid
from graphmem.exporting.facts import name_of
from graphmem.exporting.gaps import complete, unmet
from graphmem.exporting.prompts import load_prompt
from graphmem.exporting.schema import Schema
from graphmem.exporting.strict import ENVELOPE, strict_schema
from graphmem.exporting.world import Edge, World, best_first
from graphmem.models import Memory
from graphmem.prompts import as_data, as_document

__all__ = ["Answer", "fill_with", "summary_with"]

MAX_CHARACTERS = 48_000
"""Of memories in one question: some 12,000 tokens, which models still read with care. The best come first."""

MAX_RELATIONS = 500
"""Relations in one question: those of the scope's own entity first."""

MAX_MEMORY = 1_000
"""Characters of one memory: a whole document would leave no room for others."""

_PROBLEMS = 12
_QUOTED = 300
_ENVELOPED = "The form is this JSON Schema. Answer with an object whose `document` is the filled form, as JSON text."
_SUMMARY = {
    "type": "object",
    "properties": {"summary": {"type": "string"}},
    "required": ["summary"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model wrote, what is missing in it, and what it cost. `cut`: it was not shown all memories."""

    document: dict[str, Any]
    missing: list[str]
    usage: Usage
    cut: bool = False


async def fill_with(chat: ChatModel, schema: Schema, world: World, instructions: str | None) -> Answer:
    """The document that the model fills from the world, checked against the schema.

    Raises `ModelAnswerInvalid` if it does not fit after one repair, and what the model raises.
    """
    strict = strict_schema(schema)
    form = "" if strict else f"{_ENVELOPED}\n\n{as_data(schema.root)}"
    record, cut = _record(world)
    question = [
        ChatMessage(
            role="system", content=load_prompt("fill").render(instructions=instructions or "(none)", schema=form)
        ),
        ChatMessage(role="user", content=record),
    ]
    reply = await chat.ask(question, schema=strict or ENVELOPE, schema_name="document")
    usage = _counted(Usage(), reply)
    filled, problems = _judged(schema, reply)
    if filled is None:
        repair = load_prompt("repair").render(problems=_lines(problems))
        question += [ChatMessage(role="assistant", content=reply.text), ChatMessage(role="user", content=repair)]
        reply = await chat.ask(question, schema=strict or ENVELOPE, schema_name="document")
        usage = _counted(usage, reply)
        filled, problems = _judged(schema, reply)
    if filled is None:
        raise _invalid(chat, reply, problems)
    return Answer(document=filled[0], missing=filled[1], usage=usage, cut=cut)


async def summary_with(chat: ChatModel, world: World, instructions: str | None, length: int) -> tuple[str, Usage]:
    """The model's summary of the world. Raises `ModelAnswerInvalid`, and what the model raises."""
    record, _ = _record(world)
    system = load_prompt("summary").render(instructions=instructions or "(none)", length=str(length))
    question = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=record)]
    reply = await chat.ask(question, schema=_SUMMARY, schema_name="summary")
    read, problems = _read(reply.text)
    text = read.get("summary")
    if not isinstance(text, str) or not text.strip():
        raise _invalid(chat, reply, problems or ["summary: it is required"])
    return " ".join(text.split()), _counted(Usage(), reply)


def _judged(schema: Schema, reply: ChatAnswer) -> tuple[tuple[dict[str, Any], list[str]] | None, list[str]]:
    """The document and what is missing in it, or None and what is wrong with it."""
    read, problems = _read(reply.text)
    if problems:
        return None, problems
    if set(read) == {"document"} and isinstance(read["document"], str):
        read, problems = _read(read["document"])
        if problems:
            return None, problems
    document, missing = complete(schema, read)
    problems = [f"{where}: {why}" for where, why in unmet(schema, document, missing)]
    return (None, problems) if problems else ((document, missing), [])


def _read(text: str) -> tuple[dict[str, Any], list[str]]:
    try:
        read = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        return {}, [f"the answer: it is no JSON ({error})"]
    return (read, []) if isinstance(read, dict) else ({}, ["the answer: it is no JSON object"])


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _lines(problems: list[str]) -> str:
    return "\n".join(f"- {problem}" for problem in problems[:_PROBLEMS])


def _counted(usage: Usage, reply: ChatAnswer) -> Usage:
    return Usage(
        calls=usage.calls + reply.calls,
        prompt_tokens=usage.prompt_tokens + reply.prompt_tokens,
        completion_tokens=usage.completion_tokens + reply.completion_tokens,
    )


def _invalid(chat: ChatModel, reply: ChatAnswer, problems: list[str]) -> ModelAnswerInvalid:
    words = " ".join(reply.text[: 2 * _QUOTED].split())[:_QUOTED]
    return ModelAnswerInvalid(
        f"The model {chat.name!r} answered something that does not fit: {words!r}.",
        hint="Try again, ask for a simpler document, or use a more capable model.",
        answer=words,
        problems=problems[:_PROBLEMS],
        model=reply.model,
    )


# -- what the model is shown


def _record(world: World) -> tuple[str, bool]:
    """The user message, and whether memories were left out of it."""
    relations = [_row(world, edge) for edge in _edges(world)]
    rows, room = [], MAX_CHARACTERS
    for memory in best_first(world.memories):
        row = _memory(memory)
        room -= len(as_data(row))
        if room < 0:
            break
        rows.append(row)
    text = as_document(
        about=name_of(world, world.own[0]) if len(world.own) == 1 else None,
        today=world.now.date().isoformat(),
        relations=relations[:MAX_RELATIONS],
        memories=rows,
    )
    return text, world.cut or len(rows) < len(world.memories) or len(relations) > MAX_RELATIONS


def _edges(world: World) -> Iterator[Edge]:
    """Each relation once, as its subject sees it: the own entity's first."""
    others = [entity_id for entity_id in world.edges if entity_id not in world.own]
    near = {edge.relation.id: edge for edge in world.about(world.own)}
    yield from near.values()
    yield from (edge for edge in world.about(others) if not edge.inverse and edge.relation.id not in near)


def _row(world: World, edge: Edge) -> Mapping[str, Any]:
    relation = edge.relation
    row: dict[str, Any] = {
        "subject": name_of(world, relation.subject_id),
        "relation": relation.label,
        "object": name_of(world, relation.object_id),
    }
    if relation.valid_at is not None:
        row["since"] = relation.valid_at.date().isoformat()
    if relation.invalid_at is not None:
        row["until"] = relation.invalid_at.date().isoformat()
    return row


def _memory(memory: Memory) -> Mapping[str, Any]:
    row: dict[str, Any] = {"said": memory.observed_at.date().isoformat(), "text": memory.text[:MAX_MEMORY]}
    if memory.invalid_at is not None:
        row["until"] = memory.invalid_at.date().isoformat()
    if memory.categories:
        row["categories"] = list(memory.categories)
    if memory.metadata:
        row["metadata"] = dict(memory.metadata)
    return row
