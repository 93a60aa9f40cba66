"""Serving: serve."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer

from graphmem.cli.command import Call, command
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.errors import InvalidInput, StoreLocked
from graphmem.settings import NEO4J_SCHEMES, load_settings

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, serve, name="serve", example=["serve", "serve --port 0 --path ./mem"])


def serve(
    call: Call,
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen at.", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", show_default=False)] = None,
) -> None:
    """Serve the memory over HTTP: REST, with its description at /docs."""
    if call.url is not None and not call.url.startswith(NEO4J_SCHEMES):
        raise InvalidInput(
            "A server cannot serve another server.", hint="Name a folder with --path, or neo4j://…", field="url"
        )
    settings = load_settings()
    backend = locate(call.location, settings=settings)
    if not isinstance(backend, LocalBackend):
        raise StoreLocked(
            f"A graphmem server already serves this folder at {getattr(backend, 'url', 'an unknown address')}.",
            hint="Use it, or stop it first.",
        )
    _server().run(
        backend,
        settings=settings,
        host=host or settings.host,
        port=settings.port if port is None else port,
    )


def _server() -> Any:
    """The HTTP door: inside the package where it was installed, beside it in a checkout."""
    try:
        return import_module("graphmem._api.server")
    except ModuleNotFoundError as error:
        if error.name not in ("graphmem._api", "graphmem._api.server"):
            raise
        return import_module("api.server")
