"""The graph: entities, relations, neighbourhoods, paths."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from graphmem.views import EntityPage, EntityView, PathsView, RelationPage, SubgraphView

from ..deps import Reader
from ..wire import Json
from .schemas import EntitiesQuery, EntityQuery, PathsQuery, RelationsQuery, SubgraphQuery

__all__ = ["router"]

router = APIRouter(prefix="/graph", tags=["graph"])


@router.get("/entities", response_model=EntityPage)
async def entities(query: Annotated[EntitiesQuery, Query()], backend: Reader) -> Json:
    """Entities that visible memories mention, by name, a page at a time."""
    return Json(await backend.entities(query.arguments()))


@router.get("/entities/{entity_id}", response_model=EntityView)
async def entity(entity_id: str, query: Annotated[EntityQuery, Query()], backend: Reader) -> Json:
    """One entity, by id."""
    return Json(await backend.entity(entity_id, query.arguments()))


@router.get("/relations", response_model=RelationPage)
async def relations(query: Annotated[RelationsQuery, Query()], backend: Reader) -> Json:
    """Relations that visible memories state, by the time they hold from, a page at a time."""
    return Json(await backend.relations(query.arguments()))


@router.get("/neighbours", response_model=SubgraphView, name="neighbours")
@router.get("/subgraph", response_model=SubgraphView)
async def subgraph(query: Annotated[SubgraphQuery, Query()], backend: Reader) -> Json:
    """The entities within `depth` relations of one, and the relations between them: at most `limit`, nearest first."""
    return Json(await backend.subgraph(query.arguments()))


@router.get("/paths", response_model=PathsView)
async def paths(query: Annotated[PathsQuery, Query()], backend: Reader) -> Json:
    """The shortest ways between two entities."""
    return Json(await backend.paths(query.arguments()))
