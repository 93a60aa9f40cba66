"""What a model must answer, and its strict JSON Schema.

The schema asks for everything (all fields required, nothing else allowed: what strict structured output
demands); reading is more lenient where leniency loses nothing, because not every server enforces a schema.
https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from graphmem.errors import InvalidInput
from graphmem.text import clean

__all__ = ["Answer", "AnsweredEntity", "AnsweredMemory", "AnsweredRelation", "answer_schema"]

MAX_TEXT = 4_000
MAX_NAME = 200
MAX_MEMORIES = 500

_ABSENT = frozenset({"", "null", "none", "unknown", "n/a", "present", "now", "ongoing"})
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


def _moment(value: object) -> object:
    """ISO 8601, whole or only year or year and month, as the start of what it names, in UTC."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("a date is text in ISO 8601, such as 2023-05-07, 2023-05 or 2023")
    text = value.strip()
    if text.lower() in _ABSENT:
        return None
    if partial := _PARTIAL.fullmatch(text):
        text = f"{partial[1]}-{partial[2] or '01'}-01"
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no date; write 2023-05-07, 2023-05 or 2023, or null") from None


def _words(value: object, *, max_length: int) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return ""
    try:
        return clean(value, field="text", max_length=max_length)
    except InvalidInput as error:
        raise ValueError(error.message) from None


def _text(value: object) -> object:
    if value == "" or (isinstance(value, str) and not value.strip()):
        raise ValueError("it is empty")
    return _words(value, max_length=MAX_TEXT)


def _listed(value: object) -> object:
    """Absent lists are empty ones, and a single value is a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, (str, int)) else value


Moment = Annotated[datetime | None, BeforeValidator(_moment), Field(json_schema_extra={"type": "moment"})]
Name = Annotated[str, BeforeValidator(lambda value: _words(value, max_length=MAX_NAME))]
Names = Annotated[list[Name], BeforeValidator(_listed)]
Numbers = Annotated[list[int], BeforeValidator(_listed)]


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Dated = TypeVar("Dated", "AnsweredMemory", "AnsweredRelation")


def _in_order(dated: Dated) -> Dated:
    if dated.valid_at and dated.invalid_at and dated.invalid_at < dated.valid_at:
        raise ValueError("invalid_at is before valid_at")
    return dated


class AnsweredEntity(_Answered):
    """An entity that a memory names."""

    name: Name
    type: Name | None = None
    aliases: Names = []


class AnsweredRelation(_Answered):
    """A statement between two entities."""

    subject: Name
    relation: Name
    object: Name
    subject_type: Name | None = None
    object_type: Name | None = None
    valid_at: Moment = None
    invalid_at: Moment = None
    negated: bool = False

    _ordered = model_validator(mode="after")(_in_order)


class AnsweredMemory(_Answered):
    """One statement to remember. Numbers are those of the messages and memories as they were shown."""

    text: Annotated[str, BeforeValidator(_text)]
    verdict: Literal["new", "repeats", "rewords", "supersedes", "retracts"] = "new"
    targets: Numbers = []
    messages: Numbers = []
    attributed_to: Literal["user", "assistant"] | None = None
    categories: Names = []
    valid_at: Moment = None
    invalid_at: Moment = None
    entities: list[AnsweredEntity] = []
    relations: list[AnsweredRelation] = []

    _ordered = model_validator(mode="after")(_in_order)


class Answer(_Answered):
    """All that a model found. Only `memories` must be there: without it, nothing was answered."""

    memories: Annotated[list[AnsweredMemory], Field(max_length=MAX_MEMORIES)]
    refused: Numbers = []


@cache
def answer_schema() -> dict[str, Any]:
    """The strict JSON Schema of `Answer`, without references, titles and defaults. Do not change it."""
    schema = Answer.model_json_schema()
    definitions = schema.pop("$defs", {})
    strict: dict[str, Any] = _strict(schema, definitions)
    return strict


_KEPT = ("type", "enum", "anyOf", "items")


def _strict(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return _strict(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if node.get("type") == "moment":
        return {"anyOf": [{"type": "string"}, {"type": "null"}]}
    kept = {key: node[key] for key in _KEPT if key in node}
    if "anyOf" in kept:
        kept["anyOf"] = [_strict(option, definitions) for option in kept["anyOf"]]
    if "items" in kept:
        kept["items"] = _strict(kept["items"], definitions)
    if kept.get("type") == "object":
        properties = node.get("properties", {})
        kept["properties"] = {name: _strict(inner, definitions) for name, inner in properties.items()}
        kept["required"] = list(properties)
        kept["additionalProperties"] = False
    return kept
