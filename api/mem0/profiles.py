"""Profiles of users and others, read from the graph when they are asked for: there is nothing to wait for.

What mem0 generates in jobs is always up to date here. Jobs are answered all the same, done, with a record that can be
asked for; one asked for again under its `Idempotency-Key` is not done twice.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine import ProjectRecord
from graphmem.engine.records import PROFILE_JOB, PROFILE_KEY
from graphmem.engine.requests import read_limit, read_view
from graphmem.errors import Conflict, InvalidInput, NotFound
from graphmem.ids import new_id, utc_now

from ..wire import Json
from .entities import kind_of
from .exports import read_form, read_words
from .given import Call, Given, memory_id
from .shapes import Shape

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

SAMPLED = 10
"""How many a sample has, where the call does not say."""

KEPT = 1_000
"""Records of jobs, and of keys, that are kept of a project; the oldest go."""

_CAPABILITIES = {"schema": True, "custom_instructions": True, "entity_types": ["user", "agent", "app", "run"]}


@router.get("/v2/entities/{kind}/{entity_id:path}/profile")
async def profile(kind: str, entity_id: str, call: Call) -> Json:
    """What is known of a user, agent, app or run: in the shape of the project's schema, if it has one."""
    backend, kind = call.backend("reader"), kind_of(kind)
    record = await backend.engine.projects.get(backend.project)
    view = read_view(backend.project, {f"{kind}_id": entity_id})
    held = await backend.engine.read.count(view)
    told: Shape = {
        "profile": {},
        "status": "succeeded",
        "entity_type": kind,
        "entity_id": entity_id,
        "updated_at": None,
        "generation_count": 1 if held else 0,
    }
    if not _enabled(record):
        return Json(told | {"status": "not_enabled", "generation_count": 0})
    if not held:
        return Json(told | {"status": "insufficient_data"})
    wanted = _wanted(record, kind)
    known = await backend.engine.exports.profile(
        view, schema=wanted["schema"], instructions=wanted["custom_instructions"]
    )
    return Json(told | {"profile": known, "updated_at": utc_now().isoformat()})


# -- jobs


@router.post("/v2/profiles/jobs")
async def start(call: Call) -> Json:
    """A job: `trigger` for one entity, `sample` for some of those with the most memories."""
    backend = call.backend("writer")
    operation, kind = call.get("operation", "trigger"), kind_of(call.get("entity_type", "user"))
    if operation == "trigger":
        chosen = [_entity(call)]
    elif operation == "sample":
        chosen = await _sample(call, backend, kind)
    else:
        raise InvalidInput("'operation' is trigger or sample.", field="operation")
    job, replayed = await _job(call, backend, operation, kind, len(chosen))
    told: Shape = {
        "job_id": job["id"],
        "status": job["status"],
        "status_url": f"/v2/profiles/jobs/{job['id']}/",
        "operation": operation,
        "entity_type": kind,
        "entity_count_reserved": job["total"],
        "event_id": job["id"],
        "replayed": replayed,
    }
    return Json(told if operation == "trigger" else {**told, "sampled": len(chosen), "entity_ids": chosen})


@router.get("/v2/profiles/jobs/{text}")
async def job(text: str, call: Call) -> Json:
    """A job's record."""
    backend, id_ = call.backend("reader"), memory_id(text, "job_id")
    found = await backend.engine.parts.store.setting(backend.project, PROFILE_JOB + id_)
    if found is None:
        raise NotFound(f"There is no job {id_!r}.", kind="job", id=id_)
    return Json({"job": found})


def _entity(call: Given) -> str:
    entity_id = call.get("entity_id")
    if not isinstance(entity_id, str) or not entity_id.strip():
        raise InvalidInput("'entity_id' is missing: whose profile?", field="entity_id")
    return entity_id


async def _sample(call: Given, backend: LocalBackend, kind: str) -> list[str]:
    found = [each for each in await backend.scopes() if each["type"] == kind]
    found.sort(key=lambda each: (-each["memories"], each["id"]))
    return [each["id"] for each in found[: read_limit(call.whole("limit"), default=SAMPLED, field="limit")]]


async def _job(call: Given, backend: LocalBackend, operation: str, kind: str, total: int) -> tuple[Shape, bool]:
    """The job that was asked for, and whether it had been before, under the same key. It names nobody.

    Raises `Conflict` for a key that was used for something else.
    """
    store, at = backend.engine.parts.store, utc_now().isoformat()
    counts = {"total": total, "completed": total, "succeeded": total, "failed": 0, "skipped": 0}
    made: Shape = {
        "id": new_id(),
        "operation": operation,
        "entity_type": kind,
        "status": "succeeded",
        "enumeration_complete": True,
        **counts,
        "created_at": at,
    }
    key = call.request.headers.get("idempotency-key", "").strip()
    if key:
        name = PROFILE_KEY + _hash(key)
        mark = {"job": made["id"], "asked": _hash(json.dumps(call.body, sort_keys=True)), "created_at": at}
        if not await store.swap_setting(backend.project, name, None, mark):
            known = await store.setting(backend.project, name)
            if known["asked"] != mark["asked"]:
                raise Conflict("This Idempotency-Key was used for something else.", hint="Use another.")
            done = await store.setting(backend.project, PROFILE_JOB + known["job"])
            return done or {**made, "id": known["job"]}, True
    await store.put_setting(backend.project, PROFILE_JOB + made["id"], made)
    for prefix in (PROFILE_JOB, PROFILE_KEY):
        await _prune(backend, prefix)
    return made, False


async def _prune(backend: LocalBackend, prefix: str) -> None:
    store = backend.engine.parts.store
    found = await store.settings(backend.project, prefix)
    found.sort(key=lambda each: each[2]["created_at"], reverse=True)
    for project, name, _ in found[KEPT:]:
        await store.put_setting(project, name, None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# -- settings


@router.get("/v2/profiles/settings")
async def settings(call: Call) -> Json:
    """Whether profiles are told, and in which shape."""
    backend = call.backend("reader")
    return Json(_settings(await backend.engine.projects.get(backend.project)))


@router.post("/v2/profiles/settings")
async def change(call: Call) -> Json:
    """Change it; what is left out stays, null clears."""
    backend = call.backend("owner")
    record = await backend.engine.projects.get(backend.project)
    kept: dict[str, Any] = {"enabled": _enabled(record), "entities": dict(record.profiles.get("entities", {}))}
    if "enabled" in call.body:
        kept["enabled"] = call.flag("enabled", True)
    given = call.document("entities") or {}
    for name, wanted in given.items():
        if not isinstance(wanted, dict):
            raise InvalidInput(f"'entities.{str(name)[:80]}' is an object.", field="entities")
        kind = kind_of(name)
        kept["entities"][kind] = {**_wanted(record, kind), **_read(wanted, backend)}
    return Json(_settings(await backend.engine.projects.change(backend.project, profiles=kept)))


def _read(wanted: dict[str, Any], backend: LocalBackend) -> Shape:
    read: Shape = {}
    if "schema" in wanted:
        read["schema"] = read_form(wanted["schema"], "schema") if wanted["schema"] else None
    if "custom_instructions" in wanted:
        read["custom_instructions"] = read_words(backend, wanted["custom_instructions"], "custom_instructions")
    return read


def _enabled(record: ProjectRecord) -> bool:
    return bool(record.profiles.get("enabled", True))


def _wanted(record: ProjectRecord, kind: str) -> Shape:
    return {"schema": None, "custom_instructions": None, **record.profiles.get("entities", {}).get(kind, {})}


def _settings(record: ProjectRecord) -> Shape:
    kinds = {"user", *record.profiles.get("entities", {})}
    return {
        "enabled": _enabled(record),
        "capabilities": _CAPABILITIES,
        "entities": {kind: _wanted(record, kind) for kind in sorted(kinds)},
    }
