"""Whose memories there are: users, agents, apps and runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.records import SOMEBODY
from graphmem.engine.requests import MAX_ID, read_metadata
from graphmem.errors import InvalidInput, NotFound
from graphmem.ids import utc_now
from graphmem.models import SCOPE_FIELDS
from graphmem.text import clean

from ..wire import Json
from . import shapes
from .given import Call
from .pages import sliced
from .shapes import Shape

__all__ = ["KINDS", "kind_of", "router"]

router = APIRouter(include_in_schema=False)

KINDS = tuple(name.removesuffix("_id") for name in SCOPE_FIELDS)
"""user, agent, app, run."""


@router.get("/v1/entities")
async def entities(call: Call) -> Json:
    """Everybody who has memories, a page at a time; `type` narrows it."""
    backend = call.backend("reader")
    wanted = call.get("type")
    everybody = await _everybody(backend)
    chosen = everybody if wanted is None else [each for each in everybody if each["type"] == kind_of(wanted)]
    kinds = Counter(each["type"] for each in everybody)
    totals = {f"total_{kind}s": kinds[kind] for kind in KINDS}
    return Json(sliced(call.url, call.page(), chosen) | totals)


@router.get("/v1/entities/filters")
async def filters(call: Call) -> Json:
    """The ids that filters can ask for, by field."""
    everybody = await _everybody(call.backend("reader"))
    return Json({f"{kind}_id": [each["name"] for each in everybody if each["type"] == kind] for kind in KINDS})


@router.get("/v2/entities/{kind}/{entity_id:path}")
async def entity(kind: str, entity_id: str, call: Call) -> Json:
    """One of those who have memories."""
    return Json(await _one(call.backend("reader"), kind_of(kind), entity_id))


@router.delete("/v2/entities/{kind}/{entity_id:path}")
@router.delete("/v1/entities/{kind}/{entity_id:path}", name="delete_v1")
async def delete(kind: str, entity_id: str, call: Call) -> Json:
    """Delete all memories of a user, agent, app or run."""
    backend = call.backend("writer")
    if entity_id == "*":
        raise InvalidInput("'*' names nobody.", hint="DELETE /v1/memories/ takes it for any id.", field="entity_id")
    kind = kind_of(kind)
    done = await backend.delete_all({f"{kind}_id": entity_id})
    await backend.engine.parts.store.put_setting(backend.project, f"{SOMEBODY}{kind}:{entity_id}", None)
    return Json({**done, "message": "Entity deleted successfully!"})


def _maker(kind: str) -> Callable[..., Awaitable[Json]]:
    field = f"{kind}_id"

    async def create(call: Call) -> Json:
        """Make somebody known who has no memories yet, with a name and metadata. Nobody has to be."""
        backend = call.backend("writer")
        entity_id = clean(call.ids().get(field, ""), field=field, max_length=MAX_ID)
        known = {
            "name": clean(call.get("name", entity_id), field="name", max_length=MAX_ID),
            "metadata": read_metadata(call.get("metadata")),
            "at": utc_now().isoformat(),
        }
        await backend.engine.parts.store.put_setting(backend.project, f"{SOMEBODY}{kind}:{entity_id}", known)
        return Json({**await _one(backend, kind, entity_id), field: entity_id}, status_code=201)

    return create


for _kind in KINDS:
    router.add_api_route(f"/v1/{_kind}s", _maker(_kind), methods=["POST"])


async def _everybody(backend: LocalBackend) -> list[Shape]:
    """Those who have memories, and those who were made known."""
    found = {(each["type"], each["id"]): shapes.entity(each, backend.project) for each in await backend.scopes()}
    for _, name, known in await backend.engine.parts.store.settings(backend.project, SOMEBODY):
        kind, _, entity_id = name.removeprefix(SOMEBODY).partition(":")
        plain = {"type": kind, "id": entity_id, "memories": 0, "created_at": known["at"], "updated_at": known["at"]}
        one = found.setdefault((kind, entity_id), shapes.entity(plain, backend.project))
        one |= {"display_name": known["name"], "metadata": known["metadata"]}
    return [found[key] for key in sorted(found)]


async def _one(backend: LocalBackend, kind: str, entity_id: str) -> Shape:
    for each in await _everybody(backend):
        if (each["type"], each["name"]) == (kind, entity_id):
            return each
    raise NotFound(f"There is no {kind} {entity_id[:80]!r}.", kind=kind, id=entity_id[:80])


def kind_of(text: Any) -> str:
    """The kind of entity that a path or field names. Raises `InvalidInput`."""
    kind = str(text).lower().removesuffix("s")
    if kind not in KINDS:
        raise InvalidInput(f"{str(text)[:80]!r} is no type of entity.", hint=f"It is {', '.join(KINDS)}.", field="type")
    return kind
