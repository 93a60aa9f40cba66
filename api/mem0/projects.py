"""Projects and who is in them. A house is one organization, which cannot be changed, left or joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine import ProjectRecord
from graphmem.engine.keys import ANY, Key, Role, add_member, change_member, grant, members, remove_member
from graphmem.errors import InvalidInput, NotSupported

from ..wire import Json
from .given import Call, Given
from .shapes import ORGANIZATION, Shape

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_ORGS = "/api/v1/orgs/organizations"
_ORG = f"{_ORGS}/{{org}}"
_PROJECTS = f"{_ORG}/projects"
_PROJECT = f"{_PROJECTS}/{{project:path}}"

_SETTABLE = {
    "name": "name",
    "description": "description",
    "custom_instructions": "custom_instructions",
    "agent_custom_instructions": "agent_custom_instructions",
    "custom_categories": "custom_categories",
    "multilingual": "multilingual",
    "decay": "decay",
    "enable_graph": "enable_graph",
    "inclusion_prompt": "includes",
    "exclusion_prompt": "excludes",
    "includes": "includes",
    "excludes": "excludes",
}
"""Their names for what can be set, and ours."""

_FLAGS = frozenset({"multilingual", "decay", "enable_graph"})

_KEPT = ("version", "memory_depth", "usecase_setting", "retrieval_criteria")
"""What they have and only we keep: it is given back, and changes nothing."""

# -- projects


@router.get(_PROJECTS)
async def projects(org: str, call: Call) -> Json:
    """The projects that the caller opens; with a key for all of them, those that were made or had something set."""
    call.check_organization(org)
    backend, caller = call.backend("reader"), call.caller
    records = {record.id: record for record in await backend.engine.projects.listed()}
    mine = [each for each in (*caller.projects, *caller.grants) if each != ANY]
    every = [caller.project(None), *records] if ANY in caller.projects else []
    ids = dict.fromkeys((*mine, *every))
    return Json([_shape(call, records.get(each) or ProjectRecord(id=each, name=each)) for each in ids])


@router.post(_PROJECTS)
async def create(org: str, call: Call) -> Json:
    """Make a project. The key that makes it opens it from then on, as an owner."""
    call.check_organization(org)
    call.caller.check_own("owner")
    backend = call.backend("owner")
    record = await backend.engine.projects.create(call.body.get("name", ""), call.body.get("description"))
    if call.caller.name is not None:
        await grant(backend.engine.parts.store, call.caller.name, record.id, "owner")
        call.house.keys.forget()
    return Json({"message": "Project created successfully.", "project_id": record.id, **_shape(call, record)})


# -- who is in one: before the project itself, whose name may hold slashes


@router.get(f"{_PROJECT}/members")
async def get_members(org: str, project: str, call: Call) -> Json:
    """Who opens the project, and who is invited into it."""
    return Json({"members": await _members(_chosen(call, "reader", org, project))})


@router.post(f"{_PROJECT}/members")
async def let_in(org: str, project: str, call: Call) -> Json:
    """Let in the key of that name, be it an e-mail address; where there is none, it is in once it is made."""
    backend, caller = _chosen(call, "owner", org, project), call.caller

    def knows(key: Key) -> bool:
        return caller.name is None or caller.commands(key.projects)

    await add_member(backend.engine.parts.store, backend.project, _name(call), _role(call), knows=knows)
    call.house.keys.forget()
    return Json({"message": "Member added successfully."})


@router.put(f"{_PROJECT}/members")
async def give_role(org: str, project: str, call: Call) -> Json:
    """Give a member another role."""
    backend = _chosen(call, "owner", org, project)
    await change_member(backend.engine.parts.store, backend.project, _name(call), _role(call))
    call.house.keys.forget()
    return Json({"message": "Member updated successfully."})


@router.delete(f"{_PROJECT}/members")
async def let_out(org: str, project: str, call: Call) -> Json:
    """Let a member no longer in."""
    backend = _chosen(call, "owner", org, project)
    await remove_member(backend.engine.parts.store, backend.project, _name(call))
    call.house.keys.forget()
    return Json({"message": "Member removed successfully."})


# -- one


@router.get(_PROJECT)
async def get(org: str, project: str, call: Call) -> Json:
    """What is set for a project, all of it whatever `fields` asks for, as mem0 does."""
    backend = _chosen(call, "reader", org, project)
    record = await backend.engine.projects.get(backend.project)
    return Json(_shape(call, record) | {"members": await _members(backend)})


@router.patch(_PROJECT)
@router.put(_PROJECT, name="replace_project")
async def change(org: str, project: str, call: Call) -> Json:
    """Set some of it; what is left out stays, an empty text or null clears."""
    backend = _chosen(call, "owner", org, project)
    rooms = backend.engine.projects
    changes = {
        ours: call.body[theirs]
        for theirs, ours in _SETTABLE.items()
        if theirs in call.body and not (theirs in _FLAGS and call.body[theirs] is None)
    }
    kept = {name: call.body[name] for name in _KEPT if name in call.body}
    if kept:
        changes["kept"] = {**(await rooms.get(backend.project)).kept, **kept}
    if not changes:
        raise InvalidInput("Nothing to set was given.", hint=f"Known are {', '.join((*_SETTABLE, *_KEPT))}.")
    record = await rooms.change(backend.project, **changes)
    return Json({"message": "Project updated successfully", **_shape(call, record)})


@router.delete(_PROJECT)
async def delete(org: str, project: str, call: Call) -> Json:
    """Delete a project: its memories, what is set for it, and who was let in. The server's own cannot be."""
    backend = _chosen(call, "owner", org, project)
    if backend.project == call.house.backend.project:
        raise InvalidInput(
            f"The project {backend.project!r} is the server's own, and stays.",
            hint="DELETE /v1/memories/?user_id=* and the like delete its memories.",
            field="project_id",
        )
    receipt = await backend.reset()
    await backend.engine.projects.remove(backend.project)
    call.house.keys.forget()
    return Json({**receipt, "message": "Project deleted successfully."})


def _chosen(call: Given, role: Role, org: str, project: str) -> LocalBackend:
    call.check_organization(org)
    return call.backend(role, project)


def _shape(call: Given, record: ProjectRecord) -> Shape:
    categories = record.custom_categories
    role = call.caller.role_in(record.id)
    return {
        **{name: record.kept.get(name) for name in _KEPT},
        "id": record.id,
        "project_id": record.id,
        "org_id": ORGANIZATION,
        "name": record.name,
        "description": record.description,
        "created_at": None if record.created_at is None else record.created_at.isoformat(),
        "custom_instructions": record.custom_instructions,
        "agent_custom_instructions": record.agent_custom_instructions,
        "inclusion_prompt": record.includes,
        "exclusion_prompt": record.excludes,
        "custom_categories": None if categories is None else [{name: about} for name, about in categories.items()],
        "multilingual": record.multilingual,
        "decay": record.decay,
        "enable_graph": record.enable_graph,
        "is_default": record.id == call.caller.project(None),
        "user_role": None if role is None else role.upper(),
    }


async def _members(backend: LocalBackend) -> list[Shape]:
    found = await members(backend.engine.parts.store, backend.project)
    return [{"username": name, "email": name, "role": role.upper()} for name, role in found]


def _name(call: Given) -> Any:
    return call.get("email", call.get("username", ""))


def _role(call: Given) -> str:
    return str(call.get("role", "READER")).lower()


# -- the organization


@router.get(_ORGS)
async def organizations(call: Call) -> Json:
    """The one there is."""
    call.backend("reader")
    return Json([_organization()])


@router.get(_ORG)
async def organization(org: str, call: Call) -> Json:
    """The one there is."""
    call.backend("reader")
    call.check_organization(org)
    return Json(_organization())


@router.get(f"{_ORG}/members")
async def everybody(org: str, call: Call) -> Json:
    """Who is in the caller's default project."""
    call.check_organization(org)
    return Json({"members": await _members(call.backend("reader"))})


async def _stays(call: Call) -> Json:
    """Refused: there is one organization, and projects have the members."""
    call.backend("owner")
    raise NotSupported(
        "A graphmem server is one organization, which stays as it is.",
        hint="Make projects in it, or let members in there.",
    )


router.add_api_route(_ORGS, _stays, methods=["POST"])
router.add_api_route(_ORG, _stays, methods=["PUT", "PATCH", "DELETE"])
router.add_api_route(f"{_ORG}/members", _stays, methods=["POST", "PUT", "DELETE"])


def _organization() -> Mapping[str, Any]:
    return {"id": ORGANIZATION, "org_id": ORGANIZATION, "name": ORGANIZATION}
