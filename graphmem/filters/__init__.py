"""Filters: one frozen tree, its meaning, and its native JSON form.

`ast` is the tree, `match` what it means, `parse` and `unparse` the JSON form, `bounds` what a weaker target
may be asked. Compilers live with their targets and agree with `match`.
"""

from __future__ import annotations

from graphmem.filters.ast import (
    FALSE,
    FIELDS,
    METADATA,
    OPS,
    TRUE,
    And,
    FieldKind,
    Filter,
    Leaf,
    Not,
    Op,
    Or,
    Scalar,
    ValueKind,
    all_of,
    any_of,
    field_equals,
    kind_of,
    leaves,
    metadata_key,
    negate,
    normal,
)
from graphmem.filters.bounds import alternatives, equality_tokens, pinned, token, widen
from graphmem.filters.match import matches, values
from graphmem.filters.moments import day, moment
from graphmem.filters.parse import (
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_TEXT,
    MAX_VALUES,
    parse_filter,
    parse_leaf,
    resolve_field,
)
from graphmem.filters.unparse import unparse_filter

__all__ = [
    "FALSE",
    "FIELDS",
    "MAX_DEPTH",
    "MAX_LEAVES",
    "MAX_TEXT",
    "MAX_VALUES",
    "METADATA",
    "OPS",
    "TRUE",
    "And",
    "FieldKind",
    "Filter",
    "Leaf",
    "Not",
    "Op",
    "Or",
    "Scalar",
    "ValueKind",
    "all_of",
    "alternatives",
    "any_of",
    "day",
    "equality_tokens",
    "field_equals",
    "kind_of",
    "leaves",
    "matches",
    "metadata_key",
    "moment",
    "negate",
    "normal",
    "parse_filter",
    "parse_leaf",
    "pinned",
    "resolve_field",
    "token",
    "unparse_filter",
    "values",
    "widen",
]
