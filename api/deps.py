"""What routes are given: the memory of the caller's project, and the house around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Request

from graphmem.client.local import LocalBackend
from graphmem.engine.keys import Role

from .auth import Caller, KeyRing
from .metrics import Metrics

__all__ = [
    "AnyCaller",
    "AnyHouse",
    "House",
    "Owner",
    "ProjectOwner",
    "ProjectReader",
    "Reader",
    "Writer",
    "caller_of",
    "house_of",
    "opened",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What one app is made of."""

    backend: LocalBackend
    keys: KeyRing
    metrics: Metrics


def house_of(request: Request) -> House:
    """The house of the app that answers."""
    house: House = request.app.state.house
    return house


AnyHouse = Annotated[House, Depends(house_of)]


def caller_of(request: Request) -> Caller:
    """Who is calling."""
    caller: Caller = request.state.caller
    return caller


AnyCaller = Annotated[Caller, Depends(caller_of)]


def _for(role: Role) -> Callable[..., LocalBackend]:
    def backend(
        caller: AnyCaller,
        house: AnyHouse,
        x_graphmem_project: Annotated[
            str | None, Header(description="One of the projects that the key opens; its default one if left out.")
        ] = None,
    ) -> LocalBackend:
        return opened(house, caller, role, x_graphmem_project)

    return backend


def _of_path(role: Role) -> Callable[..., LocalBackend]:
    def backend(
        caller: AnyCaller,
        house: AnyHouse,
        project_id: Annotated[str, Path(description="The project's id, or the name by which keys open it.")],
    ) -> LocalBackend:
        return opened(house, caller, role, project_id)

    return backend


def opened(house: House, caller: Caller, role: Role, wanted: str | None) -> LocalBackend:
    """The memory of the project that is meant. Raises `NotFound` for one that stays shut, `Forbidden` for the role."""
    project = caller.project(wanted)
    caller.check(role, project)
    return house.backend.for_project(project, by=caller.name)


Reader = Annotated[LocalBackend, Depends(_for("reader"))]
"""For reads."""

Writer = Annotated[LocalBackend, Depends(_for("writer"))]
"""For writing and deleting memories."""

Owner = Annotated[LocalBackend, Depends(_for("owner"))]
"""For all that concerns the whole project or house."""

ProjectReader = Annotated[LocalBackend, Depends(_of_path("reader"))]
"""For reading what is set for the project that the path names."""

ProjectOwner = Annotated[LocalBackend, Depends(_of_path("owner"))]
"""For administering the project that the path names."""
