"""Who is calling: API keys, or, where none was made, whoever is on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from graphmem.abc import GraphStore
from graphmem.engine import Projects
from graphmem.engine.keys import ANY, MAX_NAME, ROLES, Access, Key, Role, digest_of, list_keys
from graphmem.errors import ConfigurationError, Forbidden, GraphmemError, NotFound
from graphmem.text import clean

from .docs import PATHS
from .errors import Refused, respond

__all__ = ["PUBLIC", "Authenticate", "Caller", "KeyRing", "check_binding", "is_loopback"]

PUBLIC = PATHS | {"/", "/healthz", "/readyz", "/openapi.json"}
"""What needs no key: it says nothing of what is remembered."""

REFRESH = 2.0
"""Seconds after which keys are read again: so long may one that was revoked by another process still open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(Access):
    """Who is calling: the key's name (None where no key was made), what it may do where, and how often a minute."""

    name: str | None
    rate: int | None = None

    def project(self, wanted: str | None) -> str:
        """The project that is meant. Raises `NotFound` for one that the caller does not open, there or not."""
        if wanted is None:
            return next((name for name in self.projects if name != ANY), "default")
        if self.role_in(wanted) is None:
            raise NotFound(f"There is no project {wanted!r}.", kind="project", id=wanted)
        return clean(wanted, field="project", max_length=MAX_NAME)

    def owns(self, project: str) -> bool:
        """Whether the caller may administer the project."""
        return self.role_in(project) == "owner"

    def commands(self, projects: Iterable[str]) -> bool:
        """Whether the caller may administer all of these, and so the keys that were made for them."""
        if ANY in self.projects and self.role == "owner":
            return True
        return all(each != ANY and self.owns(each) for each in projects)

    def check(self, role: Role, project: str) -> None:
        """Raise `Forbidden` unless the caller may do in the project what needs `role`."""
        self._compare(self.role_in(project), role, f"in the project {project!r}")

    def check_own(self, role: Role) -> None:
        """Raise `Forbidden` unless the key itself has the role: for what is of no project yet."""
        self._compare(self.role, role, "by itself")

    def _compare(self, held: Role | None, role: Role, where: str) -> None:
        if held is None or ROLES.index(held) < ROLES.index(role):
            raise Forbidden(
                f"The key {self.name!r} has the role {held!r} {where}; this needs {role!r}.",
                hint=f"Use another key, or make one: graphmem keys create NAME --role {role}.",
                needed=role,
            )


class KeyRing:
    """The store's keys, in memory. `clock` counts seconds."""

    def __init__(self, store: GraphStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._reading = anyio.Lock()
        self._keys: dict[str, Key] = {}
        self._until = float("-inf")

    async def any(self) -> bool:
        """Whether any key exists."""
        return bool(await self._current())

    async def find(self, secret: str) -> Key | None:
        """The key with this secret. Looking it up by its hash tells an attacker nothing by the time it takes."""
        return (await self._current()).get(digest_of(secret))

    def forget(self) -> None:
        """Read the keys again before the next use."""
        self._until = float("-inf")

    async def _current(self) -> dict[str, Key]:
        if self._clock() >= self._until:
            async with self._reading:
                if self._clock() >= self._until:
                    self._keys = {key.digest: key for key in await list_keys(self._store)}
                    self._until = self._clock() + REFRESH
        return self._keys


async def check_binding(keys: KeyRing, host: str) -> None:
    """Raise `ConfigurationError` if listening at `host` would let strangers in without a key."""
    if is_loopback(host) or await keys.any():
        return
    raise ConfigurationError(
        f"Listening at {host!r} would open the memory to everyone who can reach this machine: no API key was made yet.",
        hint="Make one with `graphmem keys create NAME --role owner`, or listen at 127.0.0.1.",
        setting="GRAPHMEM_HOST",
    )


class Authenticate:
    """Finds the caller of each request, before its body is read, and puts it into the request's state.

    Where keys exist, one is needed. Where none does, only this machine may call: the peer's address has to be loopback,
    and `Host` and `Origin` too, as a page on the web can reach a loopback port by a name of its own (DNS rebinding). It
    opens the server's project, and those that were made.
    """

    def __init__(self, app: ASGIApp, *, keys: KeyRing, projects: Projects, host: str, project: str) -> None:
        self._app = app
        self._keys = keys
        self._projects = projects
        self._host = host
        self._project = project

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            try:
                caller = await self._caller(scope)
            except (GraphmemError, Refused) as error:
                await respond(scope, error)(scope, receive, send)
                return
            scope["state"]["caller"] = caller
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller | None:
        headers = Headers(scope=scope)
        if not await self._keys.any():
            self._check_neighbour(scope, headers)
            return Caller(name=None, role="owner", projects=(self._project, *await self._projects.created()))
        secret = _secret(headers)
        key = await self._keys.find(secret) if secret else None
        if key is not None:
            return Caller(name=key.name, role=key.role, projects=key.projects, grants=key.grants, rate=key.rate)
        if scope["path"] in PUBLIC:
            return None
        raise Refused(
            401,
            "unauthenticated",
            "The API key is not known." if secret else "An API key is needed.",
            hint="Send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _check_neighbour(self, scope: Scope, headers: Headers) -> None:
        hint = "Make a key with `graphmem keys create NAME --role owner`, then call with it from anywhere."
        peer = scope.get("client")
        if not is_loopback(self._host) or (peer is not None and not is_loopback(peer[0])):
            raise Refused(401, "unauthenticated", "No API key was made yet: only this machine may call.", hint=hint)
        names = headers.getlist("host")
        if not names or not all(is_loopback(_hostname(f"//{name}")) for name in names):
            raise Refused(
                403, "foreign_host", "Host does not name this machine, and no API key was made yet.", hint=hint
            )
        if not all(is_loopback(_hostname(origin)) for origin in headers.getlist("origin")):
            raise Refused(403, "foreign_origin", "The page that calls is not of this machine.", hint=hint)


def is_loopback(host: str) -> bool:
    """Whether the host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _secret(headers: Headers) -> str | None:
    """The key that was sent: `Authorization: Bearer …`, or `Token …` as mem0's clients write it, or `X-API-Key`."""
    scheme, _, secret = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in ("bearer", "token") and secret.strip():
        return secret.strip()
    return headers.get("x-api-key", "").strip() or None
