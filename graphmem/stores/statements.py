"""Statements in files: one a file, with a header that says what goes in and what comes out.

::

    -- The visible ones among some memories.
    -- params: ids (JSON array of ids)
    -- returns: pk, id
    -- where: visible
    SELECT m.pk, m.id FROM json_each(:ids) AS asked JOIN memory AS m ON m.id = asked.value
    WHERE true /*where visible*/

The same form serves every query language; `Dialect` says how it writes comments and parameters. The header is
checked against the body when the files are loaded, so that neither can go its own way.

Data never becomes the text of a statement. The only gap in one is `true /*where …*/`, and only a `Condition`
fits it: text that a compiler made of constants and of names for parameters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import NewType

from graphmem.errors import ConfigurationError

__all__ = ["CYPHER", "SQL", "Condition", "Dialect", "Statement", "Statements", "load", "parse"]

Condition = NewType("Condition", str)
"""A condition that a compiler made: constants and parameter names, no data."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes line comments and parameters, and how its files end."""

    suffix: str
    comment: str
    parameter: re.Pattern[str]


SQL = Dialect(".sql", "--", re.compile(r"(?<![:\w]):([A-Za-z_]\w*)"))
"""SQL as SQLite takes it: `-- comment`, `:parameter`."""

CYPHER = Dialect(".cypher", "//", re.compile(r"\$([A-Za-z_]\w*)"))
"""Cypher: `// comment`, `$parameter`."""

_SLOT = re.compile(r"\btrue /\*where (\w+)\*/")
_ANY_SLOT = re.compile(r"/\*\s*where\b[^*]*\*/")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|/\*.*?\*/", re.DOTALL)
_NOTE = re.compile(r"\([^()]*\)")
_FIELDS = ("params", "returns", "where")
_NONE = ("none", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement: its text, the parameters it takes, the columns it returns, the gaps it has."""

    name: str
    about: str
    text: str
    params: tuple[str, ...]
    returns: tuple[str, ...]
    slots: tuple[str, ...]

    def where(self, **conditions: Condition) -> str:
        """The text with its gaps filled; a gap that is not named stays `true`."""
        if unknown := conditions.keys() - set(self.slots):
            raise KeyError(f"{self.name!r} has no gap for {sorted(unknown)}")
        # Before, between and after the gaps stand texts, in turn with the gaps' names.
        parts = _parts(self.text)[:]
        for gap in range(1, len(parts), 2):
            name = parts[gap]
            parts[gap] = f"({conditions[name]})" if name in conditions else f"true /*where {name}*/"
        return "".join(parts)


@lru_cache(1_000)
def _parts(text: str) -> list[str]:
    return _SLOT.split(text)


Statements = Mapping[str, Statement]
"""Statements by their path below the root, without the suffix: `read/visible`."""


def load(root: Traversable, dialect: Dialect, *, leave_out: Collection[str] = ()) -> dict[str, Statement]:
    """All statements below `root`, but for the folders to `leave_out`.

    Raises `ConfigurationError` for a file whose header does not fit its body, or when there is none at all.
    """
    files = sorted(each for each in _files(root, dialect.suffix) if each[0].split("/")[0] not in leave_out)
    found = {name: parse(name, text, dialect) for name, text in files}
    if not found:
        raise ConfigurationError(
            f"No {dialect.suffix} files were found in {str(root)!r}.", hint="Install graphmem again."
        )
    return found


def parse(name: str, source: str, dialect: Dialect) -> Statement:
    """One statement from the text of its file. Raises `ConfigurationError` where header and body differ."""
    header, body = _split(source, dialect.comment)
    about, fields = _header(name, header)
    params, returns, where = (_names(fields.get(field, "none")) for field in _FIELDS)
    if "params" not in fields or "returns" not in fields or not about:
        raise _unfit(name, "its header needs a sentence, 'params:' and 'returns:'")
    used = set(dialect.parameter.findall(_QUOTED.sub("", _uncommented(body, dialect.comment))))
    if used != set(params):
        raise _unfit(name, f"the parameters {sorted(used ^ set(params))} are only in the header or the body")
    slots = _SLOT.findall(body)
    if len(_ANY_SLOT.findall(body)) != len(slots) or set(slots) != set(where):
        raise _unfit(name, f"it has the gaps {sorted(set(slots))}, and its header names {sorted(where)}")
    return Statement(name=name, about=about, text=body, params=params, returns=returns, slots=where)


def _files(folder: Traversable, suffix: str, path: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, suffix, f"{path}{entry.name}/")
        elif entry.name.endswith(suffix):
            yield path + entry.name.removesuffix(suffix), entry.read_text(encoding="utf-8")


def _split(source: str, comment: str) -> tuple[list[str], str]:
    lines = source.strip().splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith(comment)), len(lines))
    return [line.removeprefix(comment) for line in lines[:end]], "\n".join(lines[end:]).strip()


def _header(name: str, lines: list[str]) -> tuple[str, dict[str, str]]:
    """The prose, and the fields; a line indented deeper than the others goes on with its field."""
    about: list[str] = []
    fields: dict[str, str] = {}
    current = ""
    for line in lines:
        field, colon, rest = line.strip().partition(":")
        if colon and field in _FIELDS:
            if field in fields:
                raise _unfit(name, f"its header has {field!r} twice")
            fields[field], current = rest.strip(), field
        elif current and line.startswith("   "):
            fields[current] += " " + line.strip()
        else:
            about.append(line.strip())
    return " ".join(about).strip(), fields


def _names(field: str) -> tuple[str, ...]:
    plain = _NOTE.sub("", field).strip()
    return () if plain in _NONE else tuple(name.strip() for name in plain.split(","))


def _uncommented(body: str, comment: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.lstrip().startswith(comment))


def _unfit(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"The statement {name!r} cannot be used: {why}.", hint="Install graphmem again.")
