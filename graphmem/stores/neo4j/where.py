"""Filters and views as Cypher conditions on `(m:Memory)` and `(r:Relation)`.

What `filters.match` and `View` mean, said in Cypher: the text is made of the constants below and of generated
parameter names, every value and metadata key is a parameter. Conditions are two-valued (never null), so that NOT is
plain complement. What Cypher cannot say, or not shortly, is left over as `Sight.rest`: `past.seen_by` asks
`filters.matches` for that.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from graphmem.filters import FIELDS, TRUE, And, Filter, Leaf, Not, Or, Scalar, all_of, kind_of, metadata_key
from graphmem.models import SCOPE_FIELDS
from graphmem.queries import View
from graphmem.stores.neo4j.facets import FacetKind, fact, fixed, prefix, present
from graphmem.stores.statements import Condition
from graphmem.text import fold

__all__ = ["Sight", "sight"]

_HIGHEST = 12
"""How many groups may stand inside one another. Neo4j's parser has room for more, but plans them slowly."""

_MOST = 60
"""How many leaves and groups a condition may have: Neo4j plans a filter anew each time it has another shape."""

_COLUMN = {name: f"m.{name}" for name in FIELDS}
_REQUIRED = frozenset({"id", "text", "immutable", "created_at", "updated_at", "observed_at"})
# Whether a fixed field holds anything. An empty scope id counts as absent.
_PRESENT = {
    name: f"{column} IS NOT NULL AND {column} <> ''" if name in SCOPE_FIELDS else f"{column} IS NOT NULL"
    for name, column in _COLUMN.items()
    if name not in _REQUIRED
}
_COMPARE = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_ORDER = frozenset({"gt", "gte", "lt", "lte"})
_FACET = "any(f IN m.facets WHERE {test})"
# Constants that Neo4j does not see through: of a condition that is plainly false it plans nothing, and then complains
# of hints that were not followed.
_TRUE, _FALSE = "m.id IS NOT NULL", "m.id IS NULL"


class _Beyond(Exception):
    """Cypher has no condition for this."""


@dataclass(slots=True)
class _Compiler:
    """One filter on its way into Cypher."""

    params: dict[str, Any] = field(default_factory=dict)

    def param(self, value: Any) -> str:
        """A new parameter, as the statement names it."""
        name = f"w{len(self.params)}"
        self.params[name] = value
        return "$" + name

    def filter(self, where: Filter, holds: bool = True, level: int = 0) -> str:
        """The condition that `where` comes out as `holds`: Not goes down to the leaves, turning And into Or."""
        if level > _HIGHEST:
            raise _Beyond
        match where:
            case And(parts) | Or(parts):
                inside = [self.filter(part, holds, level + 1) for part in parts]
                return _every(inside) if isinstance(where, And) == holds else _some(inside)
            case Not(part):
                return self.filter(part, not holds, level)
            case Leaf():
                return f"({self.leaf(where)})" if holds else f"NOT ({self.leaf(where)})"

    def leaf(self, leaf: Leaf) -> str:
        key = metadata_key(leaf.field)
        if key is not None:
            return self.metadata(leaf, key)
        if leaf.field == "categories":
            if leaf.op == "exists":
                return "size(m.categories) > 0"
            if leaf.op == "icontains":
                return self.folded(leaf)
            return f"any(c IN m.categories WHERE {self.compared('c', leaf)})"
        there = _PRESENT.get(leaf.field, _TRUE)
        if leaf.op == "exists":
            return there
        if leaf.op == "icontains" and leaf.field != "text":
            return f"{there} AND {self.folded(leaf)}"
        compared = self.compared(_COLUMN[leaf.field], leaf)
        return compared if leaf.field in _REQUIRED else f"{there} AND {compared}"

    def compared(self, column: str, leaf: Leaf) -> str:
        """A column that holds one kind of value, compared."""
        if leaf.op == "in":
            return f"{column} IN {self.param([_stored(value) for value in leaf.values])}"
        (value,) = leaf.values
        if leaf.op == "contains":
            return f"{column} CONTAINS {self.param(value)}"
        if leaf.op == "icontains":
            return f"m.text_folded CONTAINS {self.param(fold(str(value)))}"
        return f"{column} {_COMPARE[leaf.op]} {self.param(_ordered(value) if leaf.op in _ORDER else _stored(value))}"

    def folded(self, leaf: Leaf) -> str:
        """A fixed field whose folded values are facets."""
        (value,) = leaf.values
        return self.piece(prefix(fixed(leaf.field), "f"), fold(str(value)))

    def piece(self, begins: str, part: str) -> str:
        """A facet that begins so has a piece of text in its value."""
        head, skipped = self.param(begins), self.param(len(begins))
        return _FACET.format(test=f"f STARTS WITH {head} AND substring(f, {skipped}) CONTAINS {self.param(part)}")

    def metadata(self, leaf: Leaf, key: str) -> str:
        if leaf.op == "exists":
            test = f"f STARTS WITH {self.param(present(key))}"
            if not key:  # then those of the fixed fields begin alike
                test += f" AND NOT f STARTS WITH {self.param(fixed(''))}"
            return _FACET.format(test=test)
        if leaf.op == "in":
            return _FACET.format(test=f"f IN {self.param([fact(key, value) for value in leaf.values])}")  # type: ignore[arg-type]
        (value,) = leaf.values
        if leaf.op == "eq":
            return f"{self.param(fact(key, value))} IN m.facets"  # type: ignore[arg-type]
        if leaf.op == "contains":
            return self.piece(prefix(key, "t"), str(value))
        if leaf.op == "icontains":
            return self.piece(prefix(key, "f"), fold(str(value)))
        kind: FacetKind = "t" if kind_of(value) == "text" else "n"
        limit = self.param(fact(key, _ordered(value)))
        return _FACET.format(test=f"f STARTS WITH {self.param(prefix(key, kind))} AND f {_COMPARE[leaf.op]} {limit}")


def _every(tests: list[str]) -> str:
    return f"({' AND '.join(tests)})" if tests else _TRUE


def _some(tests: list[str]) -> str:
    # Not with OR: of AND and OR in one another Neo4j makes a conjunction of all combinations.
    if len(tests) < 2:
        return tests[0] if tests else _FALSE
    return f"CASE {' '.join(f'WHEN {test} THEN true' for test in tests)} ELSE false END"


def _stored(value: Scalar) -> Any:
    """A value as its property stores it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.isoformat() if isinstance(value, date) else value


def _ordered(value: Scalar) -> Any:
    """`_stored`, to be compared by order.

    Neo4j orders a text and a parameter by UTF-16 units. That is the order of code points as long as the parameter has
    none above those that surrogates take.
    """
    if isinstance(value, str) and not value.isascii() and max(value) >= "\ud800":
        raise _Beyond
    return _stored(value)


# --- views ------------------------------------------------------------------------------------------------

_OWNED = {
    "one": "{x}.owner = $v_owner",
    "some": "{x}.owner IN $v_owners",
    "all": "{x}.owner IS NOT NULL",  # which says nothing new, but lets an index over it be used
}


MOST_HIDDEN = 1_000
"""Hidden memories of a partition from which on those that mention an entity are counted one by one."""

_LOOKED_AT = {"alone": None, "retired": False, "day": None, "most": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A view as conditions: `visible` on `(m:Memory)`, `timely` on `(r:Relation)`, and whose things they are:
    `place` on `(p:Partition)`, `own` on `(e:Entity)`, `drawn` on `(r:Relation)`, `named` on `(n:Name)`.

    The project is a parameter of every statement, `$project`. `rest` is what else has to hold of a memory. `hiding` are
    parameters: `$alone`, the only owner, of whose memories all are visible but those retired (if `$retired`) and those
    past their day (`$day`); null where it is not so simple. `$most` is how many of these are too many to begin with.
    """

    visible: Condition
    timely: Condition
    place: Condition
    own: Condition
    drawn: Condition
    named: Condition
    params: dict[str, Any]
    hiding: dict[str, Any]
    rest: Filter = TRUE

    def among(self, ids: Collection[str]) -> Sight:
        """The same, where the memories that are seen are known."""
        visible = Condition(f"m.id IN $v_seen AND {self.visible}")
        params = {**self.params, "v_seen": list(ids)}
        return replace(self, visible=visible, params=params, hiding=_LOOKED_AT, rest=TRUE)


def sight(view: View) -> Sight:
    """What `view` sees at its own time; `known_at` is not looked at but for relations."""
    owners = view.owners
    kind = "all" if owners is None else "one" if len(owners) == 1 else "some"
    params: dict[str, Any] = {"project": view.project}
    if owners is not None:
        params |= {"v_owner": owners[0]} if kind == "one" else {"v_owners": list(owners)}
    owned = {x: Condition(_OWNED[kind].format(x=x)) for x in "mpern"}
    parts: list[str] = [owned["m"]]
    rest: Filter = TRUE
    if view.known_at is None:
        parts.extend(_now(view, params))
        compiler = _Compiler()
        said, rest = _conjuncts(compiler, view.asked)
        parts.extend(said)
        params |= compiler.params
    return Sight(
        visible=Condition(" AND ".join(parts)),
        timely=_timely(view, params),
        place=owned["p"],
        own=owned["e"],
        drawn=owned["r"],
        named=owned["n"],
        params=params,
        hiding=_hiding(view),
        rest=rest,
    )


def _hiding(view: View) -> dict[str, Any]:
    if view.owners is None or len(view.owners) != 1 or view.asked != TRUE:
        return _LOOKED_AT
    if view.as_of is not None or view.known_at is not None:
        return _LOOKED_AT
    day = None if view.include_expired else view.today.isoformat()
    return {"alone": view.owners[0], "retired": not view.include_superseded, "day": day, "most": MOST_HIDDEN}


def _now(view: View, params: dict[str, Any]) -> list[str]:
    """`View.sees`, but for scope and filter."""
    parts: list[str] = []
    if view.as_of is not None:
        params["v_as_of"] = view.as_of.astimezone(UTC)
        parts.append("coalesce(m.valid_at, m.observed_at) <= $v_as_of")
        parts.append("(m.invalid_at IS NULL OR $v_as_of < m.invalid_at)")
    elif not view.include_superseded:
        parts.append("m.expired_at IS NULL")
    if not view.include_expired:
        params["v_day"] = (view.as_of.date() if view.as_of else view.today).isoformat()
        parts.append("(m.expiration_date IS NULL OR m.expiration_date >= $v_day)")
    return parts


def _conjuncts(compiler: _Compiler, where: Filter) -> tuple[list[str], Filter]:
    """The parts of the outermost And that Cypher can say, and those that it cannot."""
    said: list[str] = []
    rest: list[Filter] = []
    taken = 0
    for part in where.parts if isinstance(where, And) else (where,):
        before, size = dict(compiler.params), _size(part)
        try:
            if taken + size > _MOST:
                raise _Beyond
            said.append(compiler.filter(part))
        except _Beyond:
            compiler.params = before
            rest.append(part)
        else:
            taken += size
    return said, all_of(*rest)


def _size(where: Filter) -> int:
    """How many leaves and groups it has; no more than needed to say that there are too many."""
    size, left = 0, [where]
    while left and size <= _MOST:
        size += 1
        match left.pop():
            case And(parts) | Or(parts):
                left.extend(parts)
            case Not(part):
                left.append(part)
    return size


def _timely(view: View, params: dict[str, Any]) -> Condition:
    """`View.sees_relation`, apart from provenance."""
    parts: list[str] = []
    open_then = "r.expired_at IS NULL"
    if view.known_at is not None:
        params["v_known_at"] = view.known_at.astimezone(UTC)
        parts.append("r.created_at <= $v_known_at")
        open_then = "(r.expired_at IS NULL OR r.expired_at > $v_known_at)"
    if view.as_of is not None:
        params["v_as_of"] = view.as_of.astimezone(UTC)
        parts.append("(r.valid_at IS NULL OR r.valid_at <= $v_as_of)")
        # An interval that was closed later than `known_at`, by retiring, was still open then.
        later = " OR r.expired_at > $v_known_at" if view.known_at is not None else ""
        parts.append(f"(r.invalid_at IS NULL OR $v_as_of < r.invalid_at{later})")
    elif not view.include_superseded:
        parts.append(open_then)
    return Condition(" AND ".join(parts) or "true")
