"""Serving over HTTP until told to stop."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FrameType

import uvicorn

from graphmem.client.local import LocalBackend
from graphmem.errors import ConfigurationError
from graphmem.settings import Settings, load_settings

from .app import ServerOptions, create_app
from .auth import KeyRing, check_binding
from .logs import configure

__all__ = ["run", "serve"]

GRACE = 30
"""Seconds that requests under way get to finish when the server is told to stop."""

IDLE = 75
"""Seconds that a connection may rest between requests. A server that hangs up at the moment the other side sends
its next request breaks that request, so clients and proxies must be the first to tire: httpx, and so mem0's client, do
after 5 s (`httpx.Limits.keepalive_expiry`), which is uvicorn's default too; nginx and load balancers after 60 s."""


def run(
    backend: LocalBackend,
    *,
    settings: Settings | None = None,
    host: str | None = None,
    port: int | None = None,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serve the memory until SIGTERM or Ctrl+C, then finish what is under way, bring all to disk, and return.

    `host` and `port` come before the settings'. `on_listening` is told the address once the server answers there; by
    default it is printed. Logs go to standard error as JSON lines. Raises `ConfigurationError` when it cannot listen
    there, or must not: elsewhere than on this machine without an API key.
    """
    options = ServerOptions.of(settings or load_settings())
    options = replace(options, host=options.host if host is None else host, port=options.port if port is None else port)
    configure(options.log_level)
    asyncio.run(serve(backend, options, on_listening=on_listening))


def _say(url: str, *, project: str | None) -> None:
    """Say where it listens; `project` is where everybody works as long as no key was made."""
    sys.stdout.write(f"graphmem listens at {url} (described at {url}/docs). Ctrl+C stops it.\n")
    if project is not None:
        sys.stdout.write(
            "No API key was made: every token is accepted, from this machine only, "
            f"and opens the project {project!r}.\n"
        )
    sys.stdout.flush()


async def serve(
    backend: LocalBackend, options: ServerOptions, *, on_listening: Callable[[str], None] | None = None
) -> None:
    """The same, in a running loop; what it logs goes where logging was told.

    Other processes that open the folder learn from its lock where to reach it. Where it listens is printed, unless
    `on_listening` is told.
    """
    with _bound(options.host, options.port) as listening:
        await backend.open()
        try:
            # The app checks it too, but there a refusal would be a log line and an exit code.
            keys = KeyRing(backend.engine.parts.store)
            await check_binding(keys, options.host)
            say = on_listening or partial(_say, project=None if await keys.any() else backend.project)
            config = uvicorn.Config(
                create_app(backend, options, close=False),
                lifespan="on",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=IDLE,
            )
            url = _url(options.host, listening.getsockname()[1])

            def listening_now() -> None:
                if lock := backend.engine.parts.lock:
                    lock.announce(url)
                say(url)

            await _Server(config, listening_now).serve(sockets=[listening])
        finally:
            await backend.aclose()


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it listens, and takes a signal for an order to stop, not to die."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn's own raises the signal once more at the end, and the caller's clean-up would be lost.
        self.force_exit = self.should_exit
        self.should_exit = True


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off; with it on, answers wait for 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        bound.close()
        raise ConfigurationError(
            f"The server cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}.",
            hint="Choose another port with --port (0 takes a free one), or another address with --host.",
            setting="GRAPHMEM_PORT",
        ) from error
    return bound


def _url(host: str, port: int) -> str:
    """The address at which this machine reaches the server."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
