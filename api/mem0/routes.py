"""All compatible routes, in the order in which paths that overlap are tried."""

from __future__ import annotations

from fastapi import FastAPI

from . import (
    adding,
    batch,
    entities,
    events,
    exports,
    feedback,
    memories,
    ping,
    profiles,
    projects,
    search,
    stats,
    webhooks,
)
from .pages import Pages

__all__ = ["ROUTERS", "install"]

ROUTERS = tuple(
    topic.router
    for topic in (
        *(ping, adding, search, memories, batch, feedback, events, exports),
        *(profiles, entities, stats, projects, webhooks),
    )
)
"""The routes, by topic."""


def install(app: FastAPI) -> None:
    """Let the app answer mem0's clients. Its own OpenAPI document does not tell these routes: theirs does."""
    app.state.pages = Pages()
    for router in ROUTERS:
        app.include_router(router)
