"""The caller's JSON Schema: checked at the door, and read as places that want to be filled.

What a document must be is for `jsonschema` to say; here a schema is only read as far as filling needs it: types,
properties, items, enumerations, and the words that say what is meant.
https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import unquote

from graphmem.errors import InvalidInput, TooLarge
from graphmem.exporting.patterns import LONGEST_TEXT, is_safe

__all__ = ["Node", "Schema", "read_schema"]

MAX_CHARACTERS = 65_536
"""Of a schema as JSON. Those of the largest forms known take a quarter of it."""

MAX_LEVELS = 64
"""Of the schema itself: deeper ones exhaust the interpreter's stack somewhere below."""

MAX_DEPTH = 8
"""Levels of objects and lists that are filled; a schema that refers to itself ends there."""

MAX_PLACES = 10_000
"""Places in a document without any list's items: references to references multiply."""

_ONE = ("additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "items")
_ONE_MORE = ("additionalItems", "contentSchema")
_IN_PLACE_ONE = ("not", "if", "then", "else")
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document, as one of its alternatives has it: what may stand there and what is said of it.

    `raw` is the whole schema of the place, with all alternatives: what a value there has to satisfy. `types` are the
    JSON types it may have, null left out, none meaning any.
    """

    raw: Any
    keywords: Mapping[str, Any]
    types: frozenset[str]

    @property
    def about(self) -> str:
        """What the schema says of it in words."""
        said = [self.keywords.get(name) for name in ("title", "description")]
        return ". ".join(each for each in said if isinstance(each, str))

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schemas of an object's named properties."""
        found = self.keywords.get("properties")
        return found if isinstance(found, Mapping) else {}

    @property
    def required(self) -> frozenset[str]:
        """The properties that an object must have."""
        return frozenset(self.keywords.get("required", ()))

    @property
    def items(self) -> Any:
        """The schema of a list's items; True: anything."""
        found = self.keywords.get("items", True)
        return found if isinstance(found, Mapping | bool) else True

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values to choose from, null left out; None: it is no choice."""
        if "const" in self.keywords:
            return (self.keywords["const"],)
        found = self.keywords.get("enum")
        return None if found is None else tuple(each for each in found if each is not None)

    def bound(self, name: str) -> int | None:
        """A bound such as `maxLength`, if there is one."""
        value = self.keywords.get(name)
        return int(value) if isinstance(value, int | float) else None


def read_schema(schema: Any) -> Schema:
    """The caller's schema, checked. Raises `InvalidInput` for what is none, or cannot be used; `TooLarge`.

    Refused are references to other documents (nothing is ever fetched), a schema that refers to itself so that no
    document could end, anchors and dynamic references, and patterns that could take for ever.
    """
    import jsonschema
    from jsonschema.validators import validator_for

    if not isinstance(schema, Mapping):
        raise InvalidInput(f"A schema is a JSON object, not {type(schema).__name__}.", hint=_EXAMPLE, field="schema")
    plain = _plain(schema)
    dialect = plain.get("$schema", jsonschema.Draft202012Validator.META_SCHEMA["$id"])
    kind = validator_for({"$schema": dialect}, default=None) if isinstance(dialect, str) else None
    if kind is None or kind is jsonschema.Draft3Validator:
        raise InvalidInput(
            f"The dialect {dialect!r} is not known.",
            hint='Leave "$schema" out for draft 2020-12; the drafts 4 to 2019-09 are known as well.',
            field="schema.$schema",
        )
    try:
        kind.check_schema(plain)
    except jsonschema.SchemaError as error:
        where = ".".join(str(each) for each in error.absolute_path)
        raise InvalidInput(
            f"That is no valid JSON Schema: {_short(error.message)}.",
            hint="Correct it; pydantic's model_json_schema() makes valid ones.",
            field=f"schema.{where}" if where else "schema",
        ) from None
    return _checked(Schema(plain, kind))


class Schema:
    """A checked schema: its places, and what fits into them."""

    def __init__(self, root: dict[str, Any], dialect: Any) -> None:
        self.root = root
        self._dialect = dialect
        self._referred: dict[str, Any] = {}

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import extend
        from referencing import Registry

        bare = {name: value for name, value in self.root.items() if name != "$schema"}
        kind = extend(self._dialect, {"pattern": partial(_pattern, self._dialect.VALIDATORS["pattern"])})
        # The registry is given because jsonschema's own one fetches what it does not know.
        return kind(bare, registry=Registry(), format_checker=self._dialect.FORMAT_CHECKER)

    def accepts(self, raw: Any, value: Any) -> bool:
        """Whether a value satisfies the schema of a place."""
        return raw is True or bool(self._validator.evolve(schema=raw).is_valid(value))

    def problems(self, document: Any) -> Iterator[tuple[str, str]]:
        """Where a document does not satisfy the schema, and why: (`address.city`, words)."""
        for error in self._validator.iter_errors(document):
            where = ".".join(str(each) for each in error.absolute_path)
            if error.validator == "required" and isinstance(error.validator_value, list):
                absent = [name for name in error.validator_value if name not in error.instance]
                for name in absent:
                    yield ".".join(part for part in (where, name) if part), "it is required"
            else:
                yield where, _short(error.message)

    def alternatives(self, raw: Any) -> tuple[Node, ...]:
        """What may stand in a place, null left out: one node, or one for each way that `anyOf`, `oneOf` allow."""
        return tuple(
            Node(raw, keywords, types) for keywords in self._flat(raw) if (types := _types(keywords)) is not None
        )

    def refer(self, reference: str) -> Any:
        """What a reference inside the schema points at, None if nothing. Raises `InvalidInput` if it leads out."""
        if reference not in self._referred:
            self._referred[reference] = self._follow(reference)
        return self._referred[reference]

    def _follow(self, reference: str) -> Any:
        found: Any = self.root
        pointer = unquote(reference.removeprefix("#"))
        if not reference.startswith("#") or (pointer and not pointer.startswith("/")):
            raise InvalidInput(
                f"The reference {_short(reference)!r} leads out of the schema, and nothing is fetched.",
                hint='Put the definition under "$defs", and refer to it as "#/$defs/NAME".',
                field="schema.$ref",
            )
        for step in pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, Mapping) and step in found:
                found = found[step]
            else:
                found = None
        return found

    def _flat(self, raw: Any) -> Iterator[dict[str, Any]]:
        """The keywords of a place without references and alternatives: once for each combination of those."""
        if not isinstance(raw, Mapping):
            if raw:
                yield {}
            return
        own = {name: value for name, value in raw.items() if name not in ("$ref", *_IN_PLACE_LISTS)}
        found: list[dict[str, Any]] = [{}]
        for group in self._groups(raw):
            ways = [flat for each in group for flat in self._flat(each)][:_MOST_WAYS]
            found = [_merged(one, other) for one in found for other in ways][:_MOST_WAYS]
        for each in found:
            yield _merged(each, own)

    def _groups(self, raw: Mapping[str, Any]) -> Iterator[list[Any]]:
        """What holds of a place beside its own keywords: of each group, one."""
        if isinstance(reference := raw.get("$ref"), str):
            yield [self.refer(reference)]
        for each in raw.get("allOf", ()):
            yield [each]
        for name in ("anyOf", "oneOf"):
            if name in raw:
                yield list(raw[name])


def _pattern(check: Any, validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    """The keyword `pattern`, for texts that are short enough to be held against one."""
    from jsonschema import ValidationError

    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        yield ValidationError(f"a text of more than {LONGEST_TEXT} characters is not held against a pattern")
    else:
        yield from check(validator, pattern, value, schema) or ()


_MOST_WAYS = 16
"""Alternatives of one place that are looked at."""

_EXAMPLE = 'It looks like {"type": "object", "properties": {"name": {"type": "string"}}}.'


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"The schema is no JSON: {_short(str(error))}.", hint=_EXAMPLE, field="schema") from None
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(
            f"The schema has {len(text)} characters as JSON, more than the {MAX_CHARACTERS} allowed.",
            hint="Ask for less at a time.",
            field="schema",
            limit=MAX_CHARACTERS,
            actual=len(text),
        )
    levels = _levels(schema)
    if levels > MAX_LEVELS:
        raise TooLarge(
            f"The schema is nested more than {MAX_LEVELS} levels deep.",
            hint='Put its parts under "$defs" and refer to them.',
            field="schema",
            limit=MAX_LEVELS,
            actual=levels,
        )
    plain: dict[str, Any] = json.loads(text)
    return plain


def _levels(value: Any) -> int:
    deepest, open_ones = 0, [(value, 1)]
    while open_ones:
        each, level = open_ones.pop()
        if isinstance(each, Mapping | list):
            deepest = max(deepest, level)
            inner = each.values() if isinstance(each, Mapping) else each
            open_ones += [(one, level + 1) for one in inner]
    return deepest


def _checked(schema: Schema) -> Schema:
    nodes = list(_every(schema.root))
    seen = {id(node) for node in nodes}
    for node in nodes:
        for name in ("$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor", "$recursiveAnchor"):
            if name in node:
                raise InvalidInput(
                    f"{name!r} is not understood here.", hint='Refer with "$ref" and "#/$defs/NAME".', field="schema"
                )
        if node is not schema.root and isinstance(node.get("$id"), str):
            raise InvalidInput(
                "A schema inside the schema has an address of its own.",
                hint='Take its "$id" out, and refer to it as "#/$defs/NAME".',
                field="schema.$id",
            )
        if isinstance(reference := node.get("$ref"), str) and not _leads_to(schema.refer(reference), seen):
            raise _astray(reference)
        for pattern in _patterns(node):
            if not is_safe(pattern):
                raise InvalidInput(
                    f"The pattern {_short(pattern)!r} could take for ever on some texts.",
                    hint="Use few repeats, none around a choice or another repeat, in at most 200 characters.",
                    field="schema.pattern",
                )
    _ends(schema)
    if not any("object" in node.types or not node.types for node in schema.alternatives(schema.root)):
        raise InvalidInput("A schema describes an object at its top.", hint=_EXAMPLE, field="schema.type")
    if _places(schema, schema.root, 0, {}) > MAX_PLACES:
        raise TooLarge(
            f"Such a document has more than the {MAX_PLACES} places allowed.",
            hint="Ask for less at a time.",
            field="schema",
            limit=MAX_PLACES,
        )
    return schema


def _leads_to(found: Any, schemas: set[int]) -> bool:
    return isinstance(found, bool) or id(found) in schemas


def _astray(reference: str) -> InvalidInput:
    return InvalidInput(
        f"The reference {_short(reference)!r} points at no schema.",
        hint="Correct it, or add what it names.",
        field="schema.$ref",
    )


def _every(raw: Any) -> Iterator[Mapping[str, Any]]:
    """The schema and all that are inside it, where they stand."""
    if isinstance(raw, Mapping):
        yield raw
        for inner in (*_in_place(raw), *_below(raw)):
            yield from _every(inner)


def _in_place(raw: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas that hold of the same value, references excepted."""
    for name in _IN_PLACE_ONE:
        if name in raw:
            yield raw[name]
    for name in _IN_PLACE_LISTS:
        yield from raw.get(name, ())
    yield from _values(raw.get("dependentSchemas"))
    yield from (each for each in _values(raw.get("dependencies")) if not isinstance(each, list))


def _below(raw: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas of what is inside the value, and definitions."""
    for name in _NAMED:
        yield from _values(raw.get(name))
    for name in (*_ONE, *_ONE_MORE):
        inner = raw.get(name)
        yield from inner if isinstance(inner, list) else [inner]
    yield from raw.get("prefixItems", ())


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else ()


def _patterns(node: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(pattern := node.get("pattern"), str):
        yield pattern
    if isinstance(named := node.get("patternProperties"), Mapping):
        yield from named


def _endless() -> InvalidInput:
    return InvalidInput(
        "The schema refers to itself without end.",
        hint="Let the part that repeats be left out, null, or an empty list.",
        field="schema.$ref",
    )


def _ends(schema: Schema) -> None:
    """Refuse what no check comes to an end with, or no document could satisfy: a schema that demands itself."""
    nodes = list(_every(schema.root))
    heights: dict[int, int] = {}
    for node in nodes:
        if _height(schema, node, frozenset(), heights) > MAX_LEVELS:
            raise TooLarge(
                f"In the schema more than {MAX_LEVELS} references follow one another.",
                hint="Refer to the definition itself.",
                field="schema.$ref",
                limit=MAX_LEVELS,
            )
    if id(schema.root) not in _finite(schema, nodes):
        raise _endless()


def _height(schema: Schema, raw: Any, above: frozenset[int], known: dict[int, int]) -> int:
    """How many schemas hold of one value, one referring to the next."""
    if not isinstance(raw, Mapping):
        return 0
    if id(raw) in above:
        raise _endless()
    if id(raw) not in known:
        if len(above) > MAX_LEVELS:
            return MAX_LEVELS + 1
        inner = [*_in_place(raw), *([schema.refer(raw["$ref"])] if isinstance(raw.get("$ref"), str) else [])]
        known[id(raw)] = 1 + max((_height(schema, each, above | {id(raw)}, known) for each in inner), default=0)
    return known[id(raw)]


def _finite(schema: Schema, nodes: list[Mapping[str, Any]]) -> set[int]:
    """The schemas of which some value ends: found from those that lead nowhere, back along what looks at them."""
    lookers: dict[int, list[Mapping[str, Any]]] = {}
    for node in nodes:
        for inner in (*_demanded(schema, node), *(each for name in ("anyOf", "oneOf") for each in node.get(name, ()))):
            lookers.setdefault(id(inner), []).append(node)
    finite: set[int] = set()
    open_ones = list(nodes)
    while open_ones:
        node = open_ones.pop()
        if id(node) not in finite and _is_finite(schema, node, finite):
            finite.add(id(node))
            open_ones += lookers.get(id(node), ())
    return finite


def _is_finite(schema: Schema, raw: Mapping[str, Any], finite: set[int]) -> bool:
    """Whether some value of this schema ends, as far as those in `finite` do."""

    def ends(inner: Any) -> bool:
        return not isinstance(inner, Mapping) or id(inner) in finite

    kind = raw.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    chosen = all(any(map(ends, raw[name])) for name in ("anyOf", "oneOf") if name in raw)
    return chosen and all(map(ends, _demanded(schema, raw)))


def _demanded(schema: Schema, raw: Mapping[str, Any]) -> Iterator[Any]:
    """What has to end for a value of this schema to end."""
    if isinstance(raw.get("$ref"), str):
        yield schema.refer(raw["$ref"])
    yield from raw.get("allOf", ())
    properties = raw.get("properties")
    if isinstance(properties, Mapping) and isinstance(required := raw.get("required"), list):
        yield from (properties[name] for name in required if name in properties)
    if raw.get("minItems", 0) and "items" in raw:
        yield raw["items"]


def _places(schema: Schema, raw: Any, depth: int, known: dict[tuple[int, int], int]) -> int:
    """How many places a document of this schema has, each list having one item."""
    key = (id(raw), depth)
    if depth > MAX_DEPTH or not isinstance(raw, Mapping):
        return 1
    if key not in known:
        count = 1
        for node in schema.alternatives(raw):
            inner = [*node.properties.values(), *([node.items] if "items" in node.keywords else [])]
            count += sum(_places(schema, each, depth + 1, known) for each in inner)
        known[key] = min(count, MAX_PLACES + 1)
    return known[key]


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of both: `other` wins, properties and required ones are joined."""
    merged = {**one, **other}
    if isinstance(one.get("properties"), Mapping) and isinstance(other.get("properties"), Mapping):
        merged["properties"] = {**one["properties"], **other["properties"]}
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        merged["required"] = [*one["required"], *other["required"]]
    return merged


_TYPES = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "items": "array",
    "maxLength": "string",
    "pattern": "string",
    "format": "string",
}


def _types(keywords: Mapping[str, Any]) -> frozenset[str] | None:
    """The types that a value may have, null left out; None where it can only be null."""
    said = keywords.get("type")
    if said is None:
        return frozenset(kind for name, kind in _TYPES.items() if name in keywords)
    found = frozenset({said} if isinstance(said, str) else (each for each in said if isinstance(each, str)))
    return None if found <= {"null"} else found - {"null"}


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:159]}…"
