"""Upkeep: who has memories, counts, the index, erasing, keys, health."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from graphmem import __version__
from graphmem.engine.keys import Key, create_key, list_keys, revoke_key
from graphmem.errors import Forbidden, InvalidInput, NotFound, Unavailable
from graphmem.views import DeleteResult

from ..auth import Caller
from ..deps import AnyCaller, AnyHouse, House, Owner, Reader, Writer
from ..wire import Json
from .schemas import About, Configuration, KeyBody, KeyView, NewKeyView, Readiness, ScopeView

__all__ = ["health", "keys", "router"]

router = APIRouter(tags=["upkeep"])
keys = APIRouter(prefix="/api-keys", tags=["keys"])
health = APIRouter(tags=["health"])

# -- who has memories, and how many


@router.get("/entities", response_model=list[ScopeView])
async def scopes(backend: Reader) -> Json:
    """The users, agents, apps and runs that have memories."""
    return Json(await backend.scopes())


@router.delete("/entities/{kind}/{scope_id:path}", response_model=DeleteResult)
async def delete_scope(kind: Literal["user", "agent", "app", "run"], scope_id: str, backend: Writer) -> Json:
    """Delete all memories of a user, agent, app or run."""
    if scope_id == "*":
        raise InvalidInput("'*' names nobody.", hint="DELETE /memories takes it for any id.", field="scope_id")
    return Json(await backend.delete_all({f"{kind}_id": scope_id}))


@router.get("/stats", response_model=dict[str, int])
async def stats(backend: Reader) -> Json:
    """How much the project holds."""
    return Json(await backend.stats())


@router.get("/configure", response_model=Configuration)
async def configuration(backend: Reader) -> Json:
    """What this server is made of. It is set up by its environment; `graphmem doctor` explains how."""
    parts = backend.engine.parts
    return Json(
        {
            "version": __version__,
            "project": backend.project,
            "store": type(parts.store).__name__,
            "index": type(parts.index).__name__,
            "embedder": parts.encoders.dense.fingerprint,
            "keywords": parts.encoders.sparse.fingerprint,
            "extractor": type(parts.extractor).__name__,
            "reranker": None if parts.reranker is None else type(parts.reranker).__name__,
            "episodes": parts.keep_episodes,
        }
    )


# -- erasing, and the index


@router.post("/reset", response_model=DeleteResult)
async def reset(backend: Owner) -> Json:
    """Delete everything of the project."""
    return Json(await backend.reset())


@router.post("/purge", response_model=DeleteResult)
async def purge(backend: Owner) -> Json:
    """Erase from every file what was deleted."""
    return Json(await backend.purge())


@router.post("/index/{action}", response_model=dict[str, Any])
async def index(action: Literal["drain", "verify", "repair", "rebuild"], backend: Owner) -> Json:
    """Care for the index: work off its marks, compare it with the store, repair what differs, build it anew."""
    return Json(await backend.index(action))


# -- keys


@keys.get("", response_model=list[KeyView])
async def get_keys(caller: AnyCaller, backend: Owner) -> Json:
    """The keys whose projects are all the caller's."""
    found = await list_keys(backend.engine.parts.store)
    return Json([_key_view(key, caller) for key in found if caller.commands(key.projects)])


@keys.post("", response_model=NewKeyView)
async def make_key(body: KeyBody, caller: AnyCaller, backend: Owner, house: AnyHouse) -> Json:
    """Make a key. Its secret, `key`, is shown this once. From the first key on, everybody needs one."""
    if caller.name is None and body.role != "owner":
        raise InvalidInput(
            "The first key has to be an owner's: from then on only an owner can make keys here.",
            hint="Make one with the role 'owner' first.",
            field="role",
        )
    if caller.name is not None and not caller.commands(body.projects):
        raise Forbidden("A key cannot open projects that its maker does not open as an owner.", field="projects")
    key, secret = await create_key(
        backend.engine.parts.store,
        body.name,
        role=body.role,
        projects=body.projects,
        rate=body.rate,
        admits=None if caller.name is None else caller.owns,
    )
    house.keys.forget()
    return Json({**_key_view(key, caller), "key": secret})


@keys.delete("/{name:path}", response_model=KeyView)
async def take_key(name: str, caller: AnyCaller, backend: Owner, house: AnyHouse) -> Json:
    """Take a key back, by name or id. It is refused from now on."""
    store = backend.engine.parts.store
    for key in await list_keys(store):
        if name in (key.name, key.id) and caller.commands(key.projects):
            await revoke_key(store, key.id)
            house.keys.forget()
            return Json(_key_view(key, caller))
    raise NotFound(f"There is no key {name!r}.", kind="key", id=name)


def _key_view(key: Key, caller: Caller) -> dict[str, Any]:
    return key.shown(sees=lambda project: caller.role_in(project) is not None)


# -- health


@health.get("/", response_model=About)
@health.get("/healthz", response_model=About, name="healthz")
async def about() -> Json:
    """That a graphmem server is here."""
    return Json({"service": "graphmem", "version": __version__, "docs": "/docs", "openapi": "/openapi.json"})


@health.get("/readyz", response_model=Readiness)
async def readyz(house: AnyHouse) -> Json:
    """Whether the store answers; how far the index lags. 503 while the store does not answer."""
    tally = await house.backend.engine.parts.store.tally()
    answer: Readiness = {"ready": True, "stale": tally["stale"]}
    try:
        await house.backend.engine.parts.index.count()
    except Unavailable as error:
        answer["degraded"] = error.message
    return Json(answer)


@health.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
async def metrics(house: AnyHouse, _: Reader) -> Response:
    """Counts and times in Prometheus' text format, all projects together."""
    await _measure(house)
    return Response(house.metrics.render(), media_type=house.metrics.content_type)


async def _measure(house: House) -> None:
    try:
        house.metrics.state(await house.backend.engine.upkeep.tally())
        house.metrics.waiting(await house.backend.engine.jobs.waiting())
    except Unavailable:
        house.metrics.state(None)
