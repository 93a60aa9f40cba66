"""What routes are given: the memory of the caller's project, and the house around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from graphmem.client.local import LocalBackend
from graphmem.engine.keys import Role

from .auth import Caller, KeyRing
from .metrics import Metrics

__all__ = ["AnyHouse", "House", "Owner", "Reader", "Writer", "house_of"]


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


def _for(role: Role) -> Callable[..., LocalBackend]:
    def backend(
        request: Request,
        house: AnyHouse,
        x_graphmem_project: Annotated[
            str | None, Header(description="One of the projects that the key opens; its default one if left out.")
        ] = None,
    ) -> LocalBackend:
        caller: Caller = request.state.caller
        caller.check(role)
        return house.backend.for_project(caller.project(x_graphmem_project), by=caller.name)

    return backend


Reader = Annotated[LocalBackend, Depends(_for("reader"))]
"""For reads."""

Writer = Annotated[LocalBackend, Depends(_for("writer"))]
"""For writing and deleting memories."""

Owner = Annotated[LocalBackend, Depends(_for("owner"))]
"""For all that concerns the whole project or house."""
