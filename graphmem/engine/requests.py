"""The door for callers' arguments: checked once, for every surface, and turned into the domain's words.

Everything here raises `InvalidInput` or one of its kinds, naming the field, before anything is written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from graphmem.drafts import EntityDraft, Instructions, RelationDraft
from graphmem.errors import InvalidInput, TooLarge
from graphmem.extraction.demands import HINT, demanded_form
from graphmem.filters import Filter, all_of, day, field_equals, leaves, moment, parse_filter, pinned
from graphmem.ids import utc_now
from graphmem.models import SCOPE_FIELDS, Scope
from graphmem.queries import View
from graphmem.text import clean

__all__ = [
    "AddRequest",
    "read_add",
    "read_categories",
    "read_category_choice",
    "read_day",
    "read_entities",
    "read_instructions",
    "read_limit",
    "read_metadata",
    "read_moment",
    "read_relations",
    "read_scope",
    "read_update",
    "read_view",
    "read_words",
]

MAX_ID = 256
"""Characters in a user, agent, app or run id."""

MAX_NAME = 512
"""Characters in the name of an entity, relation or category."""

MAX_TEXT = 2**20
"""Characters of one memory."""

FEEDBACK = ("POSITIVE", "NEGATIVE", "VERY_NEGATIVE")
"""What a user may think of a memory."""

MAX_METADATA = 65_536
"""Characters of one memory's metadata as JSON."""

MAX_METADATA_DEPTH = 16
"""Levels of lists and objects in metadata."""

MAX_PAGE = 1_000
"""Results of one page, and `top_k`."""

MAX_INSTRUCTIONS = 20_000
"""Characters of instructions to the extraction model."""

MAX_CHOICE = 200
"""Categories to choose from: each costs the model words, or an embedding."""

MAX_ABOUT = 2_000
"""Characters of a category's description."""

MAX_PARTS = 10_000
"""Entities or relations given with one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRequest:
    """One add, read and checked. `messages` are still as they came: reading them depends on who will look at them."""

    scope: Scope
    messages: Any
    observed_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    expiration_date: date | None = None
    immutable: bool = False
    infer: bool = True
    entities: tuple[EntityDraft, ...] = ()
    relations: tuple[RelationDraft, ...] = ()
    instructions: Instructions = field(default_factory=Instructions)
    by: str | None = None

    @property
    def direct(self) -> bool:
        """No model is asked: the texts are kept as they are, or the caller's own triples say what they state."""
        return not self.infer or bool(self.relations)


ADD_ARGUMENTS = frozenset(
    {
        *SCOPE_FIELDS,
        "messages",
        "timestamp",
        "metadata",
        "categories",
        "expiration_date",
        "immutable",
        "infer",
        "entities",
        "relations",
        "custom_instructions",
        "agent_custom_instructions",
        "includes",
        "excludes",
        "custom_categories",
        "max_llm_calls",
    }
)
"""What an add takes."""


def read_add(project: str, arguments: Mapping[str, Any], *, by: str | None = None) -> AddRequest:
    """An add from the caller's arguments (`ADD_ARGUMENTS`)."""
    unknown = [name for name in arguments if name not in ADD_ARGUMENTS]
    if unknown:
        raise InvalidInput(
            f"An add does not take {unknown[0]!r}.",
            hint=f"It takes {', '.join(sorted(ADD_ARGUMENTS))}.",
            field=unknown[0],
        )
    if "messages" not in arguments:
        raise InvalidInput("'messages' is missing: there is nothing to remember.", field="messages")
    return AddRequest(
        scope=read_scope(project, arguments),
        messages=arguments["messages"],
        observed_at=read_moment(arguments.get("timestamp"), "timestamp"),
        metadata=read_metadata(arguments.get("metadata")),
        categories=read_categories(arguments.get("categories")),
        expiration_date=read_day(arguments.get("expiration_date"), "expiration_date"),
        immutable=bool(arguments.get("immutable", False)),
        infer=bool(arguments.get("infer", True)),
        entities=read_entities(arguments.get("entities")),
        relations=read_relations(arguments.get("relations")),
        instructions=Instructions(
            custom=read_instructions(arguments.get("custom_instructions"), "custom_instructions"),
            agent=read_instructions(arguments.get("agent_custom_instructions"), "agent_custom_instructions"),
            includes=read_instructions(arguments.get("includes"), "includes"),
            excludes=read_instructions(arguments.get("excludes"), "excludes"),
            categories=read_category_choice(arguments.get("custom_categories")),
            max_calls=_max_calls(arguments.get("max_llm_calls")),
        ),
        by=by,
    )


UPDATABLE = {"text", "data", "metadata", "categories", "timestamp", "expiration_date", "feedback"}


def read_update(arguments: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """New words, and the other changes of an update. An argument that is not given changes nothing."""
    _known_keys(arguments, UPDATABLE, "update")
    given = dict(arguments)
    text, data = given.pop("text", None), given.pop("data", None)
    if text is not None and data is not None and text != data:
        raise InvalidInput(
            "'text' and 'data' are names of one thing, and differ.", hint="Give 'text' alone.", field="data"
        )
    text = data if text is None else text
    changes: dict[str, Any] = {}
    if given.get("metadata") is not None:
        changes["metadata"] = read_metadata(given["metadata"])
    if given.get("categories") is not None:
        changes["categories"] = read_categories(given["categories"])
    if given.get("timestamp") is not None:
        changes["observed_at"] = read_moment(given["timestamp"], "timestamp")
    if "expiration_date" in given:
        changes["expiration_date"] = read_day(given["expiration_date"], "expiration_date")
    if "feedback" in given:
        changes["feedback"] = _feedback(given["feedback"])
    if text is None and not changes:
        raise InvalidInput("An update has to change something.", hint=f"Give one of {', '.join(sorted(UPDATABLE))}.")
    return None if text is None else clean(text, field="text", max_length=MAX_TEXT), changes


def _feedback(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value in FEEDBACK):
        return value
    raise InvalidInput(f"'feedback' is one of {', '.join(FEEDBACK)} or null, not {value!r}.", field="feedback")


def read_words(value: Any, field: str) -> str | None:
    """A text of some length; an empty one is none."""
    return None if value is None or value == "" else clean(value, field=field, max_length=MAX_INSTRUCTIONS)


def read_instructions(value: Any, field: str) -> str | None:
    """Instructions to the model, None where there are none. Refuses what would have it answer in another form."""
    text = read_words(value, field)
    if text is not None and (words := demanded_form(text)):
        raise InvalidInput(f"{field!r} asks for an answer of another form: {words!r}.", hint=HINT, field=field)
    return text


def _max_calls(value: Any) -> int:
    if value is None:
        return Instructions().max_calls
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"'max_llm_calls' must be a whole number from 0 up, not {value!r}.", field="max_llm_calls")
    return value


# -- who


def read_scope(project: str, ids: Mapping[str, Any]) -> Scope:
    """The scope that a write names. At least one id is needed."""
    return Scope(project=project, **_scope_ids(ids))


def _scope_ids(ids: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in SCOPE_FIELDS:
        value = ids.get(name)
        if value is None:
            continue
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        found[name] = clean(value, field=name, max_length=MAX_ID)
    return found


def read_view(
    project: str,
    ids: Mapping[str, Any],
    filters: Any = None,
    *,
    as_of: Any = None,
    known_at: Any = None,
    include_superseded: bool = False,
    include_expired: bool = False,
    anyone: bool = False,
) -> View:
    """What a read may see. It has to say whose memory it reads, by id or in the filter, unless `anyone`.

    `filters` are in their JSON form, or a tree that another dialect was read into.
    """
    named = _scope_ids({name: value for name, value in ids.items() if value != "*"})
    parts: list[Filter] = [field_equals(name, value) for name, value in named.items()]
    if stars := {name: "*" for name in SCOPE_FIELDS if ids.get(name) == "*"}:
        parts.append(parse_filter(stars))
    if filters:
        parts.append(filters if isinstance(filters, Filter) else parse_filter(filters))
    where = all_of(*parts)
    if not anyone and not any(leaf.field in SCOPE_FIELDS for leaf in leaves(where)):
        raise InvalidInput(
            "Whose memory? None of user_id, agent_id, app_id, run_id was given, and the filter names none.",
            hint='Pass at least one of them; "*" stands for any.',
            field="user_id",
        )
    return View(
        project=project,
        where=where,
        owners=_owners(where),
        today=utc_now().date(),
        as_of=read_moment(as_of, "as_of"),
        known_at=read_moment(known_at, "known_at"),
        include_superseded=include_superseded,
        include_expired=include_expired,
    )


def _owners(where: Filter) -> tuple[str, ...] | None:
    """The partitions that can hold anything for this filter.

    A memory's owner is its first present id. So a user pins it; an agent without a user does not, as the
    agent's memories lie with the users they are about.
    """
    users = pinned(where, "user_id")
    return None if users is None else tuple(sorted(f"user:{user}" for user in users))


# -- what


def read_metadata(value: Any, field: str = "metadata") -> dict[str, Any]:
    """Metadata as every store keeps it: JSON with string keys, finite numbers and 64-bit integers."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field!r} must be an object, not {type(value).__name__}.", field=field)
    checked = {key: _json(each, f"{field}.{key}", 1) for key, each in _items(value, field)}
    size = len(json.dumps(checked, ensure_ascii=False))
    if size > MAX_METADATA:
        raise TooLarge(
            f"{field!r} has {size} characters as JSON, more than the {MAX_METADATA} allowed.",
            hint="Keep large values elsewhere and store a reference.",
            field=field,
            limit=MAX_METADATA,
            actual=size,
        )
    return checked


def _items(value: Mapping[Any, Any], where: str) -> Iterable[tuple[str, Any]]:
    for key, each in value.items():
        if not isinstance(key, str):
            raise InvalidInput(f"A key in {where!r} is {key!r}; keys must be text.", field=where)
        _storable(key, where)
        yield key, each


def _storable(text: str, where: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text if not letter.isascii()):
        raise InvalidInput(
            f"{where[:80]!r} holds a NUL character or half of a surrogate pair.",
            hint="Remove it: no store keeps such text.",
            field=where[:80],
        )


def _json(value: Any, where: str, depth: int) -> Any:
    if depth > MAX_METADATA_DEPTH:
        raise TooLarge(
            f"{where[:80]!r} is nested more than {MAX_METADATA_DEPTH} levels deep.",
            hint="Flatten it, or store it as text.",
            field=where[:80],
            limit=MAX_METADATA_DEPTH,
            actual=depth,
        )
    match value:
        case None | bool():
            return value
        case str():
            _storable(value, where)
            return value
        case int():
            if not -(2**63) <= value < 2**63:
                raise InvalidInput(f"{where!r} is an integer that does not fit 64 bits.", field=where)
            return value
        case float():
            if not math.isfinite(value):
                raise InvalidInput(f"{where!r} is {value!r}; numbers must be finite.", field=where)
            return value
        case Mapping():
            return {key: _json(each, f"{where}.{key}", depth + 1) for key, each in _items(value, where)}
        case list() | tuple():
            return [_json(each, f"{where}[{at}]", depth + 1) for at, each in enumerate(value)]
        case datetime() | date():
            return value.isoformat()
    raise InvalidInput(f"{where!r} is a {type(value).__name__}, which is not JSON.", field=where)


def read_categories(value: Any) -> tuple[str, ...]:
    """Category names, in order, each once."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidInput("'categories' must be a list of names.", field="categories")
    return tuple(dict.fromkeys(clean(each, field="categories", max_length=MAX_NAME) for each in value))


def read_category_choice(value: Any) -> dict[str, str] | None:
    """The categories to choose from, name → description: names, `{name: description}`, or objects of both."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidInput("'custom_categories' must be a list.", field="custom_categories")
    found: dict[str, str] = {}
    for each in value:
        if isinstance(each, Mapping) and "name" in each:
            each = {each["name"]: each.get("description") or ""}
        named = each if isinstance(each, Mapping) else {each: ""}
        for name, description in named.items():
            key = clean(name, field="custom_categories", max_length=MAX_NAME)
            found[key] = "" if description in (None, "") else _about(description)
    if len(found) > MAX_CHOICE:
        raise TooLarge(
            f"'custom_categories' names {len(found)}, more than the {MAX_CHOICE} allowed.",
            hint="Offer fewer, broader ones.",
            field="custom_categories",
            limit=MAX_CHOICE,
            actual=len(found),
        )
    return found


def _about(description: Any) -> str:
    return clean(description, field="custom_categories", max_length=MAX_ABOUT)


def read_moment(value: Any, field: str) -> datetime | None:
    """A moment (see `filters.moment`), or None."""
    try:
        return None if value is None else moment(value)
    except InvalidInput as error:
        raise InvalidInput(f"{field!r}: {error.message}", hint=error.hint, field=field) from None


def read_day(value: Any, field: str) -> date | None:
    """A day, or None."""
    try:
        return None if value is None else day(value)
    except InvalidInput as error:
        raise InvalidInput(f"{field!r}: {error.message}", hint=error.hint, field=field) from None


def read_limit(top_k: Any, limit: Any = None, *, default: int, field: str = "top_k", most: int = MAX_PAGE) -> int:
    """How many: `top_k`, or `limit` as its other name; both, and unequal, are a contradiction."""
    if top_k is not None and limit is not None and top_k != limit:
        raise InvalidInput(
            f"'limit' is {limit!r} and {field!r} is {top_k!r}: they are names of one thing.",
            hint=f"Give {field!r} alone.",
            field="limit",
        )
    value = default if top_k is None and limit is None else limit if top_k is None else top_k
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{field!r} must be a whole number, not {value!r}.", field=field)
    if not 1 <= value <= most:
        raise InvalidInput(f"{field!r} is {value}; it must be between 1 and {most}.", field=field)
    return value


# -- the caller's own graph


def read_entities(value: Any) -> tuple[EntityDraft, ...]:
    """Entities given by name, or as objects with `name`, and maybe `type` and `aliases`."""
    return tuple(_entity(each) for each in _list(value, "entities"))


def _entity(value: Any) -> EntityDraft:
    if not isinstance(value, Mapping):
        return EntityDraft(name=clean(value, field="entities", max_length=MAX_NAME))
    _known_keys(value, {"name", "type", "aliases"}, "entities")
    return EntityDraft(
        name=clean(value.get("name", ""), field="entities.name", max_length=MAX_NAME),
        type=_optional(value.get("type"), "entities.type"),
        aliases=tuple(
            clean(each, field="entities.aliases", max_length=MAX_NAME)
            for each in _list(value.get("aliases"), "entities.aliases")
        ),
    )


def read_relations(value: Any) -> tuple[RelationDraft, ...]:
    """Triples `(source, relationship, target)`, or objects with those names and maybe types and times."""
    return tuple(_relation(each) for each in _list(value, "relations"))


def _relation(value: Any) -> RelationDraft:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 3:
            raise InvalidInput(
                f"A relation is a triple (source, relationship, target); this one has {len(value)} parts.",
                field="relations",
            )
        value = dict(zip(("source", "relationship", "target"), value, strict=True))
    if not isinstance(value, Mapping):
        raise InvalidInput(f"A relation is a triple or an object, not {value!r}.", field="relations")
    if "destination" in value and "target" not in value:
        value = {**value, "target": value["destination"]}
    optional = {"source_type", "target_type", "valid_at", "invalid_at", "destination"}
    _known_keys(value, {"source", "relationship", "target"} | optional, "relations")
    names = {
        key: clean(value.get(key, ""), field=f"relations.{key}", max_length=MAX_NAME)
        for key in ("source", "relationship", "target")
    }
    valid_at = read_moment(value.get("valid_at"), "relations.valid_at")
    invalid_at = read_moment(value.get("invalid_at"), "relations.invalid_at")
    if valid_at and invalid_at and invalid_at < valid_at:
        raise InvalidInput("A relation ends before it begins.", field="relations.invalid_at")
    return RelationDraft(
        subject=names["source"],
        label=names["relationship"],
        object=names["target"],
        subject_type=_optional(value.get("source_type"), "relations.source_type"),
        object_type=_optional(value.get("target_type"), "relations.target_type"),
        valid_at=valid_at,
        invalid_at=invalid_at,
    )


def _optional(value: Any, field: str) -> str | None:
    return None if value is None else clean(value, field=field, max_length=MAX_NAME)


def _list(value: Any, field: str) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InvalidInput(f"{field!r} must be a list.", field=field)
    if len(value) > MAX_PARTS:
        raise TooLarge(
            f"{field!r} has {len(value)} elements, more than the {MAX_PARTS} allowed.",
            field=field,
            limit=MAX_PARTS,
            actual=len(value),
        )
    return value


def _known_keys(value: Mapping[str, Any], known: set[str], field: str) -> None:
    unknown = [key for key in value if key not in known]
    if unknown:
        raise InvalidInput(
            f"{field!r} does not know {unknown[0]!r}.", hint=f"It takes {', '.join(sorted(known))}.", field=field
        )
