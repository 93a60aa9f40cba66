"""Filters and views as SQL conditions on `memory AS m` and `relation AS r`.

What `filters.match` and `View` mean, said in SQL: the text is made of the constants below and of generated
parameter names, every value and metadata key is a parameter. Conditions are two-valued (never NULL), so that NOT
is plain complement.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from graphmem.filters import (
    FIELDS,
    And,
    Filter,
    Leaf,
    Not,
    Or,
    Scalar,
    kind_of,
    metadata_key,
    unparse_filter,
)
from graphmem.models import SCOPE_FIELDS
from graphmem.queries import View
from graphmem.stores.sqlite.moments import micros
from graphmem.stores.statements import Condition
from graphmem.text import fold

__all__ = ["Sight", "among", "sight"]

_Term = tuple[int, str, str]
"""How high a condition piles up what is left of an open parenthesis, its text, and the word (AND, OR or none)
that joins it outermost."""

_HIGHEST = 16
"""SQLite's parser (before 3.46) has room for a pile of 100, of which leaves and statements need up to 80."""

# What each fixed field is compared as, and whether it holds anything. An empty scope id counts as absent.
_COLUMN = {name: f"m.{name}" for name in FIELDS}
_REQUIRED = frozenset({"id", "text", "immutable", "created_at", "updated_at", "observed_at"})
_PRESENT = {
    name: f"coalesce({column}, '') <> ''" if name in SCOPE_FIELDS else f"{column} IS NOT NULL"
    for name, column in _COLUMN.items()
    if name not in _REQUIRED
}

_COMPARE = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

# LIMIT 1 says nothing new, but keeps SQLite 3.51 from joining what EXISTS asks for to the rest: where one stands
# in another, 3.51.0 and 3.51.1 then answer rows several times.
_AMONG = "{column} IN (SELECT value FROM json_each({param}))"
_IN_CATEGORIES = "EXISTS (SELECT 1 FROM json_each(m.categories) AS e WHERE {test} LIMIT 1)"
_IN_METADATA = (
    "EXISTS (SELECT 1 FROM json_each(m.metadata) AS f WHERE f.key = {key} AND ({one} OR f.type = 'array'"
    " AND EXISTS (SELECT 1 FROM json_each(f.value) AS e WHERE {each} LIMIT 1)) LIMIT 1)"
)
# SQLite's reading of floats and of integers over 64 bits may be off by the last bit: their meaning decides.
_NUMBER = (
    "CASE WHEN {row}.type = 'integer' AND typeof({row}.value) = 'integer' THEN {test}"
    " WHEN {row}.type IN ('integer', 'real') THEN graphmem_holds(m.metadata, {leaf}) ELSE false END"
)
# A filter that SQLite's parser has no room for is decided by its meaning.
_MATCHES = f"graphmem_matches({{where}}, {', '.join(_COLUMN.values())}, m.metadata)"


@dataclass(slots=True)
class _Compiler:
    """One filter on its way into SQL."""

    params: dict[str, Any] = field(default_factory=dict)

    def param(self, value: Any) -> str:
        """A new parameter, as the statement names it."""
        name = f"w{len(self.params)}"
        self.params[name] = value
        return ":" + name

    def filter(self, where: Filter, holds: bool = True) -> _Term:
        """The condition that `where` comes out as `holds`: Not goes down to the leaves, turning And into Or."""
        match where:
            case And(parts) | Or(parts):
                word = "AND" if isinstance(where, And) == holds else "OR"
                return _joined([self.filter(part, holds) for part in parts], word)
            case Not(part):
                return self.filter(part, not holds)
            case Leaf():
                return 0, f"({self.leaf(where)})" if holds else f"(NOT ({self.leaf(where)}))", ""

    def leaf(self, leaf: Leaf) -> str:
        key = metadata_key(leaf.field)
        if key is not None:
            return self.metadata(leaf, key)
        if leaf.field == "categories":
            test = "true" if leaf.op == "exists" else self.compared("e.value", leaf)
            return _IN_CATEGORIES.format(test=test)
        present = _PRESENT.get(leaf.field, "true")
        if leaf.op == "exists":
            return present
        return f"{present} AND {self.compared(_COLUMN[leaf.field], leaf)}"

    def compared(self, column: str, leaf: Leaf) -> str:
        """A column that holds one kind of value, compared."""
        if leaf.op == "in":
            values = json.dumps([_stored(value) for value in leaf.values], ensure_ascii=False)
            return _AMONG.format(column=column, param=self.param(values))
        (value,) = leaf.values
        if leaf.op == "contains":
            return f"instr({column}, {self.param(value)}) > 0"
        if leaf.op == "icontains":
            return f"instr(graphmem_fold({column}), {self.param(fold(str(value)))}) > 0"
        return f"{column} {_COMPARE[leaf.op]} {self.param(_stored(value))}"

    def metadata(self, leaf: Leaf, key: str) -> str:
        if leaf.op == "exists":
            one, each = "f.type NOT IN ('null', 'array')", "e.type <> 'null'"
        else:
            one, each = self.tests(leaf)
        return _IN_METADATA.format(key=self.param(key), one=f"({one})", each=f"({each})")

    def tests(self, leaf: Leaf) -> tuple[str, str]:
        """Whether the value itself (`f`), or an element of a list (`e`), satisfies the leaf."""
        kinds: dict[str | None, list[Scalar]] = {}
        for value in leaf.values:
            kinds.setdefault(kind_of(value), []).append(value)
        tests = [self.test(kind, leaf, values) for kind, values in kinds.items()]
        if not tests:
            return "false", "false"
        return tuple(" OR ".join(test.format(row=row) for test in tests) for row in ("f", "e"))  # type: ignore[return-value]

    def test(self, kind: str | None, leaf: Leaf, values: list[Scalar]) -> str:
        """The test for the leaf's values of one kind, with `{row}` for the row that it looks at."""
        if kind == "flag":
            flags = ", ".join(self.param("true" if value else "false") for value in values)
            return f"{{row}}.type IN ({flags})"
        if kind == "text":
            of_kind = leaf if leaf.op != "in" else Leaf(leaf.field, "in", tuple(values))
            return f"CASE {{row}}.type WHEN 'text' THEN {self.compared('{row}.value', of_kind)} ELSE false END"
        asked = json.dumps([leaf.field, leaf.op, list(values) if leaf.op == "in" else values[0]])
        if leaf.op == "in":
            # Among integers only what is integral can be found.
            whole = json.dumps([int(value) for value in values if value == int(value)])  # type: ignore[arg-type]
            test = _AMONG.format(column="{row}.value", param=self.param(whole))
        else:
            test = f"{{row}}.value {_COMPARE[leaf.op]} {self.param(values[0])}"
        return _NUMBER.replace("{test}", test).replace("{leaf}", self.param(asked))


def _joined(terms: list[_Term], word: str) -> _Term:
    """The terms in a tree that the parser needs least room for: the higher of two stands left, and only what AND
    and OR do not say by themselves gets parentheses."""
    if not terms:
        return 0, "true" if word == "AND" else "false", ""
    heapq.heapify(terms)
    while len(terms) > 1:
        low, right, within = heapq.heappop(terms)
        high, left, left_within = heapq.heappop(terms)
        if left_within == "OR" and word == "AND":
            left, high = f"({left})", high + 1
        if within == word or (within == "OR" and word == "AND"):
            right, low = f"({right})", low + 1
        heapq.heappush(terms, (max(high, low + 2), f"{left} {word} {right}", word))
    return terms[0]


def _stored(value: Scalar) -> str | int | float:
    """A value as its column stores it."""
    if isinstance(value, datetime):
        return micros(value)
    return value.isoformat() if isinstance(value, date) else value


def among(column: str, param: str) -> Condition:
    """That a column's value is in the JSON array of a parameter. Both names are the code's own."""
    return Condition(_AMONG.format(column=column, param=":" + param))


# --- views ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A view as conditions: `visible` on `memory AS m`, `timely` on `relation AS r`, and where its owners' things
    are: `place` on `partition AS p`, `within` on `memory AS m`, `named` on `entity_use AS n`. `related` on
    `relation AS r` and `met` on `entity AS e` say the same of what was found by something else."""

    visible: Condition
    timely: Condition
    place: Condition
    within: Condition
    named: Condition
    related: Condition
    met: Condition
    params: dict[str, Any]


_PLACES = {
    "one": "p.project = :v_project AND p.owner = :v_owners",
    "some": "p.project = :v_project AND p.owner IN (SELECT value FROM json_each(:v_owners))",
    "all": "p.project = :v_project",
}
_WITHIN = {
    "one": "{column} = (SELECT p.pk FROM partition AS p WHERE {place})",
    "some": "{column} IN (SELECT p.pk FROM partition AS p WHERE {place})",
    "all": "EXISTS (SELECT 1 FROM partition AS p WHERE p.pk = {column} AND {place} LIMIT 1)",
}


def sight(view: View, *, driving: bool = False) -> Sight:
    """What `view` sees at its own time; `known_at` is not looked at but for relations.

    With `driving`, the statement looks for memories by the view alone, and the partitions may be where it starts;
    without, it has found them already and only checks.
    """
    compiler = _Compiler()
    owners = view.owners
    kind = "all" if owners is None else "one" if len(owners) == 1 else "some"
    # A plus sign keeps SQLite from choosing the index.
    parts: list[str] = [_within(kind, "m.partition" if driving else "+m.partition")]
    params: dict[str, Any] = {"v_project": view.project}
    if owners is not None:
        params["v_owners"] = owners[0] if kind == "one" else json.dumps(owners, ensure_ascii=False)
    if view.as_of is not None:
        params["v_as_of"] = micros(view.as_of)
        parts.append("coalesce(m.valid_at, m.observed_at) <= :v_as_of")
        parts.append("(m.invalid_at IS NULL OR :v_as_of < m.invalid_at)")
    elif not view.include_superseded:
        parts.append("m.expired_at IS NULL")
    if not view.include_expired:
        params["v_day"] = (view.as_of.date() if view.as_of else view.today).isoformat()
        parts.append("(m.expiration_date IS NULL OR m.expiration_date >= :v_day)")
    parts.extend(_conjuncts(compiler, view.asked))
    timely = _timely(view, params)
    return Sight(
        visible=Condition(" AND ".join(parts)),
        timely=timely,
        place=Condition(_PLACES[kind]),
        within=_within(kind, "m.partition"),
        named=_within(kind, "n.partition"),
        related=_within(kind, "+r.partition"),
        met=_within(kind, "+e.partition"),
        params={**params, **compiler.params},
    )


def _within(kind: str, column: str) -> Condition:
    return Condition(_WITHIN[kind].format(place=_PLACES[kind], column=column))


def _conjuncts(compiler: _Compiler, where: Filter) -> list[str]:
    """The filter, its outermost And taken apart where it is short, so that SQLite may pick an index for a part."""
    if isinstance(where, And) and len(where.parts) <= 20:
        return [text for part in where.parts for text in _conjuncts(compiler, part)]
    before = len(compiler.params)
    high, text, _ = compiler.filter(where)
    if high <= _HIGHEST:
        return [f"({text})"]
    for name in list(compiler.params)[before:]:
        del compiler.params[name]
    return [_MATCHES.format(where=compiler.param(json.dumps(unparse_filter(where))))]


def _timely(view: View, params: dict[str, Any]) -> Condition:
    """`View.sees_relation`, apart from provenance."""
    parts: list[str] = []
    retired = "r.expired_at IS NOT NULL"
    if view.known_at is not None:
        params["v_known_at"] = micros(view.known_at)
        parts.append("r.created_at <= :v_known_at")
        retired = "(r.expired_at IS NOT NULL AND r.expired_at <= :v_known_at)"
    if view.as_of is not None:
        parts.append("(r.valid_at IS NULL OR r.valid_at <= :v_as_of)")
        # An interval that was closed later than `known_at`, by retiring, was still open then.
        parts.append(f"(r.invalid_at IS NULL OR :v_as_of < r.invalid_at OR r.expired_at IS NOT NULL AND NOT {retired})")
    elif not view.include_superseded:
        parts.append(f"NOT {retired}")
    return Condition(" AND ".join(parts) or "true")
