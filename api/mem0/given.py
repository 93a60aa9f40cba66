"""What callers send, read as mem0's clients write it: from bodies and queries alike, unknown and old names passed over.

What is there is still checked, by the engine's door: a field that means something here and cannot be used is refused.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Body, Depends, Request
from starlette.datastructures import URL

from graphmem.client.local import LocalBackend
from graphmem.engine.keys import Role
from graphmem.engine.requests import MAX_ID, read_limit, read_view
from graphmem.errors import InvalidInput, NotFound
from graphmem.filters import Filter, all_of
from graphmem.ids import check_id
from graphmem.queries import View
from graphmem.text import clean
from graphmem.views import MemoryView, memory_view

from ..auth import Caller
from ..deps import AnyHouse, House, caller_of, opened
from .filters import SCOPE_NAMES, parse, read_moment
from .pages import Pages, Wanted
from .shapes import ORGANIZATION

__all__ = ["Call", "Given", "memory_id"]

MAX_LITERAL = 100_000
"""Characters of an object in a query string."""

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


class Given:
    """One call: what it gave, who makes it, and where it leads."""

    def __init__(self, request: Request, house: House, body: Any) -> None:
        if body is not None and not isinstance(body, Mapping):
            raise InvalidInput("The body has to be a JSON object.", field="body")
        self.house = house
        self.request = request
        self.body: Mapping[str, Any] = body or {}

    # -- who, and where

    @property
    def caller(self) -> Caller:
        """Who is calling."""
        return caller_of(self.request)

    @property
    def pages(self) -> Pages:
        """Where pages begin."""
        pages: Pages = self.request.app.state.pages
        return pages

    @property
    def url(self) -> URL:
        """The address that was called, as the caller wrote it."""
        return self.request.url

    def backend(self, role: Role, project: str | None = None) -> LocalBackend:
        """The memory of the project that is meant, for a caller who may do what needs `role`.

        `project` is one that the path names; else `project_id` chooses among those that the caller opens, and without
        it the caller's default one is meant. Raises `NotFound` for one that is not opened, `Forbidden` for the role.
        """
        self.check_organization(self.get("org_id"))
        wanted = project if project is not None else self.get("project_id")
        return opened(self.house, self.caller, role, None if wanted is None else str(wanted))

    def check_organization(self, org: Any) -> None:
        """Raise `NotFound` for any organization but the house's own."""
        if org not in (None, ORGANIZATION):
            raise NotFound(f"There is no organization {str(org)[:80]!r}.", kind="organization", id=str(org)[:80])

    # -- values by name

    def get(self, name: str, default: Any = None) -> Any:
        """What the query says, else the body; null counts as left out."""
        value = self.request.query_params.get(name)
        if value is None:
            value = self.body.get(name)
        return default if value is None else value

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """A yes or no, also as text."""
        value = self.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if isinstance(value, str) and value.lower() in (*_TRUE, *_FALSE):
            return value.lower() in _TRUE
        raise InvalidInput(f"{name!r} is true or false, not {repr(value)[:80]}.", field=name)

    def whole(self, name: str) -> Any:
        """A whole number, also as text; the engine's door judges what is none."""
        value = self.get(name)
        return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value

    def names(self, name: str) -> list[str] | None:
        """A list of texts: a JSON list, or with commas: one text, or a name that the query repeats."""
        several = self.request.query_params.getlist(name) or self.body.get(name)
        if several is None:
            return None
        if isinstance(several, str) or name in self.request.query_params:
            return [part.strip() for part in ",".join(several if isinstance(several, list) else [several]).split(",")]
        if not isinstance(several, list) or not all(isinstance(each, str) for each in several):
            raise InvalidInput(f"{name!r} is a list of names.", field=name)
        return several

    def document(self, name: str) -> Any:
        """An object: as it is in a body; in a query as JSON, or as Python prints it, which one of the clients sends."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = _literal(value)
        if isinstance(found, Mapping):
            return found
        raise InvalidInput(f"{name!r} is not an object: {value[:80]!r}.", hint="Send it as JSON.", field=name)

    # -- whose memory, and which

    def ids(self) -> dict[str, Any]:
        """The ids that stand beside the rest, whatever their spelling; numbers are taken for names."""
        found: dict[str, Any] = {}
        for spelled, name in SCOPE_NAMES.items():
            value = self.get(spelled)
            if isinstance(value, str) and value != "*":
                value = clean(value, field=spelled, max_length=MAX_ID)
            if value is not None:
                found.setdefault(name, str(value) if type(value) is int else value)
        return found

    def filters(self) -> Filter:
        """What `filters` asks for; everything, if it is left out."""
        document = self.document("filters")
        return parse({} if document is None else document)

    def where(self, also: Mapping[str, Any] = MappingProxyType({})) -> Filter:
        """All conditions of a read: `filters`, the ids, the fields that may stand beside them, and `also`."""
        parts = [self.filters(), parse(self.ids()), parse(also)]
        beside = {name: self._condition(name) for name in ("metadata", "categories", "keywords")}
        parts.append(parse({name: wanted for name, wanted in beside.items() if wanted}))
        days = {op: self.get(name) for name, op in (("start_date", "gte"), ("end_date", "lte")) if self.get(name)}
        return all_of(*parts, parse({"created_at": days} if days else {}))

    def _condition(self, name: str) -> Any:
        """What is asked of a field that stands beside the filters: an object, names, or words."""
        value = self.get(name)
        if isinstance(value, str) and not value.startswith("{") and name != "metadata":
            return self.names(name) if name == "categories" else value
        return self.document(name)

    def sight(self, also: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """What a read may see, as the arguments that the core takes; `also` narrows it further."""
        arguments: dict[str, Any] = {"filters": self.where(also)}
        if self.flag("show_expired", False):
            arguments["include_expired"] = True
        if self.flag("latest_only") is False or self.flag("include_merged", False):
            arguments["include_superseded"] = True
        return arguments

    def view(self, project: str, also: Mapping[str, Any] = MappingProxyType({})) -> View:
        """What a read of the project may see. Raises `InvalidInput` where nobody's memory is named."""
        sight = self.sight(also)
        return read_view(project, {}, sight.pop("filters"), **sight)

    async def memories(self, backend: LocalBackend, ids: Collection[str]) -> dict[str, MemoryView]:
        """Those among the memories that are there, by id, superseded and expired ones included."""
        view = read_view(backend.project, {}, anyone=True)
        return {id_: memory_view(memory) for id_, memory in (await backend.engine.read.memories(view, ids)).items()}

    def moment(self, *names: str) -> str | None:
        """The first of these that was given, as ISO 8601."""
        for name in names:
            value = self.get(name)
            if value is not None:
                try:
                    return read_moment(value, self._zone()).isoformat()
                except InvalidInput as error:
                    raise InvalidInput(f"{name!r}: {error.message}", hint=error.hint, field=name) from None
        return None

    def day(self, name: str) -> str | None:
        """A day; of a moment, that on which it lies in UTC."""
        value = self.get(name)
        return value if isinstance(value, str) and len(value) <= 10 else self._date(name)

    def _date(self, name: str) -> str | None:
        found = self.moment(name)
        return None if found is None else found[:10]

    def _zone(self) -> tzinfo:
        name = self.get("timezone", "UTC")
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, TypeError, OSError):
            raise InvalidInput(f"There is no time zone {repr(name)[:80]}.", field="timezone") from None

    def page(self) -> Wanted:
        """Which page is wanted. Raises `InvalidInput` for one that there cannot be."""
        number, size = self.whole("page"), self.whole("page_size")
        most = read_limit(self.whole("top_k"), self.whole("limit"), default=100)
        if number is not None and (type(number) is not int or not 1 <= number <= 10**9):
            raise InvalidInput(f"'page' counts from 1 up; {repr(number)[:80]} is no page.", field="page")
        return Wanted(
            number=number or 1,
            size=read_limit(size, default=most, field="page_size"),
            asked=number is not None or size is not None,
        )

    def most(self, default: int) -> int:
        """How many results, by `top_k` or `limit`. Raises `InvalidInput` outside of 1 and 1,000."""
        return read_limit(self.whole("top_k"), self.whole("limit"), default=default)

    def wrapped(self) -> bool:
        """Whether old routes answer with an object rather than a bare list: where the caller asked for more in it."""
        return str(self.get("output_format", "")) not in ("", "v1.0") or self.flag("enable_graph") is True

    async def with_relations(self, backend: LocalBackend) -> bool:
        """Whether relations belong into the answer: unless the call, or else the project, says that they do not."""
        wanted = self.flag("enable_graph")
        return (await backend.engine.projects.get(backend.project)).enable_graph if wanted is None else wanted

    def partial(self, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The results with the `fields` that were asked for, and their ids; whole, if none were."""
        fields = self.names("fields")
        if not fields:
            return results
        return [{name: value for name, value in each.items() if name == "id" or name in fields} for each in results]


def memory_id(text: Any, field: str = "memory_id") -> str:
    """A memory's id. Raises `InvalidInput` for what is none."""
    try:
        return check_id(text)
    except InvalidInput:
        raise InvalidInput(f"{field} should be a valid UUID", field=field) from None


def _literal(text: str) -> Any:
    """What Python's `repr` of plain data stands for, else None."""
    if len(text) > MAX_LITERAL:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _call(request: Request, house: AnyHouse, body: Annotated[Any, Body()] = None) -> Given:
    return Given(request, house, body)


Call = Annotated[Given, Depends(_call)]
"""For every route."""
