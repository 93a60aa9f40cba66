"""The app: one memory, its doors, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import anyio
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from graphmem import __version__
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.errors import ConfigurationError
from graphmem.settings import Settings, load_settings

from . import docs, errors
from .auth import Authenticate, KeyRing, check_binding
from .deps import House
from .gate import Bodies, PlainPaths
from .logs import Observe
from .mem0 import routes as mem0
from .metrics import Metrics
from .native import admin, events, exports, graph, memories, projects, search, transfer, webhooks
from .rates import Rates

__all__ = ["ServerOptions", "create_app"]

_DESCRIPTION = """\
A graph-first knowledge memory. Say whose memory you mean by `user_id`, `agent_id`, `app_id` or `run_id`.

Answers are those of the Python library; failures are problem documents (RFC 9457) with a `detail` and a stable `code`.
"""

_PROBLEM = {
    "description": "What went wrong.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How to serve. `host` is where the server listens, and so who may come without a key; `max_body` in bytes."""

    host: str = "127.0.0.1"
    port: int = 8000
    max_body: int = 8 * 2**20
    log_level: str = "info"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What the settings say."""
        return cls(
            host=settings.host,
            port=settings.port,
            max_body=settings.max_body_mb * 2**20,
            log_level=settings.log_level,
        )


def create_app(
    backend: LocalBackend | None = None, options: ServerOptions | None = None, *, close: bool = True
) -> FastAPI:
    """The app over a memory, by default the one that the environment's settings name.

    The memory is opened when the app starts and, with `close`, let go when it stops. Starting raises
    `ConfigurationError` if `options.host` is open to others and no API key was made.
    """
    options = options or ServerOptions.of(load_settings())
    backend = backend or _local()
    house = House(backend=backend, keys=KeyRing(backend.engine.parts.store), metrics=Metrics())
    backend.engine.jobs.worker.on_end.append(house.metrics.job)
    backend.engine.adds.on_added.append(house.metrics.added)
    app = _App(
        title="graphmem",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan(house, options, close=close),
        middleware=[
            Middleware(Observe, metrics=house.metrics),
            Middleware(PlainPaths),
            Middleware(
                Authenticate,
                keys=house.keys,
                projects=backend.engine.projects,
                host=options.host,
                project=backend.project,
            ),
            Middleware(Rates),
            Middleware(Bodies, limit=options.max_body, streamed=frozenset({transfer.IMPORT})),
        ],
        responses={"default": _PROBLEM},
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.house = house
    errors.install(app)
    for router in (
        memories.router,
        search.router,
        graph.router,
        exports.router,
        events.router,
        webhooks.router,
        transfer.router,
        projects.router,
        admin.router,
        admin.keys,
        admin.health,
        docs.router,
    ):
        app.include_router(router)
    mem0.install(app)
    return app


class _App(FastAPI):
    """FastAPI, with the two things that it does not say of itself: the shape of problems, and the keys."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if not self.openapi_schema:
            document = super().openapi()
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = errors.PROBLEM
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            # The empty one: a server without any key asks for none.
            document["security"] = [{"bearer": []}, {"header": []}, {}]
        return super().openapi()


def _local() -> LocalBackend:
    backend = locate()
    if isinstance(backend, LocalBackend):
        return backend
    raise ConfigurationError(
        "A server cannot serve the memory of another server.",
        hint="Name a folder by GRAPHMEM_STORE.",
        setting="GRAPHMEM_STORE",
    )


def _operation_id(route: APIRoute) -> str:
    return route.name


def _lifespan(
    house: House, options: ServerOptions, *, close: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await house.backend.open()
        try:
            await check_binding(house.keys, options.host)
            async with anyio.create_task_group() as background:
                background.start_soon(house.backend.engine.upkeep.keep)
                background.start_soon(house.backend.engine.jobs.run)
                yield
                background.cancel_scope.cancel()
        finally:
            if close:
                await house.backend.aclose()

    return lifespan
