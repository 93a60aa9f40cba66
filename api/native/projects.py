"""Projects: what is set for each, and who is in it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from graphmem.client.local import LocalBackend
from graphmem.engine import ProjectRecord
from graphmem.engine.keys import ANY, Key, add_member, change_member, grant, members, remove_member
from graphmem.errors import InvalidInput
from graphmem.views import DeleteResult

from ..auth import Caller
from ..deps import AnyCaller, AnyHouse, Owner, ProjectOwner, ProjectReader, Reader
from ..wire import Json
from .schemas import MemberBody, MemberView, Named, NewProjectBody, ProjectBody, ProjectView

__all__ = ["router"]

router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("", response_model=list[ProjectView])
async def get_projects(caller: AnyCaller, backend: Reader) -> Json:
    """The projects that the caller opens; with a key for all of them, those that were made or had something set."""
    records = {record.id: record for record in await backend.engine.projects.listed()}
    mine = [each for each in (*caller.projects, *caller.grants) if each != ANY]
    every = [caller.project(None), *records] if ANY in caller.projects else []
    ids = dict.fromkeys((*mine, *every))
    return Json([_view(records.get(each) or ProjectRecord(id=each, name=each), caller) for each in ids])


@router.post("", response_model=ProjectView)
async def make_project(body: NewProjectBody, caller: AnyCaller, backend: Owner, house: AnyHouse) -> Json:
    """Make a project. Its id is given; the key that makes it opens it from then on, as an owner."""
    caller.check_own("owner")
    record = await backend.engine.projects.create(body.name, body.description)
    if caller.name is not None:
        await grant(backend.engine.parts.store, caller.name, record.id, "owner")
        house.keys.forget()
    return Json({**record.shown(), "role": "owner"})


# -- who is in it: before the project itself, whose name may hold slashes


@router.get("/{project_id:path}/members", response_model=list[MemberView])
async def get_members(backend: ProjectReader) -> Json:
    """Who opens the project, and who is invited into it, by name."""
    return Json(await _members(backend))


@router.post("/{project_id:path}/members", response_model=list[MemberView], name="add_member")
async def let_in(body: MemberBody, caller: AnyCaller, backend: ProjectOwner, house: AnyHouse) -> Json:
    """Let in the key of that name; where the caller knows of none it is invited, and is in once it is made."""

    def knows(key: Key) -> bool:
        return caller.name is None or caller.commands(key.projects)

    await add_member(backend.engine.parts.store, backend.project, body.name, body.role, knows=knows)
    house.keys.forget()
    return Json(await _members(backend))


@router.put("/{project_id:path}/members", response_model=list[MemberView], name="change_member")
async def give_role(body: MemberBody, backend: ProjectOwner, house: AnyHouse) -> Json:
    """Give a member another role in the project."""
    await change_member(backend.engine.parts.store, backend.project, body.name, body.role)
    house.keys.forget()
    return Json(await _members(backend))


@router.delete("/{project_id:path}/members", response_model=list[MemberView], name="remove_member")
async def let_out(name: Annotated[Named, Query()], backend: ProjectOwner, house: AnyHouse) -> Json:
    """Let a member no longer in."""
    await remove_member(backend.engine.parts.store, backend.project, name)
    house.keys.forget()
    return Json(await _members(backend))


async def _members(backend: LocalBackend) -> list[dict[str, str]]:
    found = await members(backend.engine.parts.store, backend.project)
    return [{"name": name, "role": role} for name, role in found]


# -- the project itself


@router.get("/{project_id:path}", response_model=ProjectView)
async def get_project(caller: AnyCaller, backend: ProjectReader) -> Json:
    """What is set for a project."""
    return Json(_view(await backend.engine.projects.get(backend.project), caller))


@router.patch("/{project_id:path}", response_model=ProjectView)
async def change_project(body: ProjectBody, caller: AnyCaller, backend: ProjectOwner) -> Json:
    """Set some of it. It holds for what is said and asked from now on; other replicas hear of it within seconds."""
    return Json(_view(await backend.engine.projects.change(backend.project, **body.arguments()), caller))


@router.delete("/{project_id:path}", response_model=DeleteResult)
async def delete_project(backend: ProjectOwner, house: AnyHouse) -> Json:
    """Delete a project: its memories, what is set for it, and who was let in. The server's own cannot be."""
    if backend.project == house.backend.project:
        raise InvalidInput(
            f"The project {backend.project!r} is the server's own, and stays.",
            hint="POST /reset deletes its memories.",
            field="project_id",
        )
    receipt = await backend.reset()
    await backend.engine.projects.remove(backend.project)
    house.keys.forget()
    return Json({**receipt, "message": "Project deleted."})


def _view(record: ProjectRecord, caller: Caller) -> dict[str, Any]:
    return {**record.shown(), "role": caller.role_in(record.id)}
