"""API keys: who may come in by HTTP, as what, and into which projects. Only hashes of them are stored.

A key is 256 random bits, so its hash cannot be guessed back: a plain BLAKE2b is as good here as a slow, salted
password hash, which protects what people choose and is asked for on every request.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from graphmem.abc import GraphStore
from graphmem.engine.forget import HOUSE
from graphmem.errors import InvalidInput, NotFound
from graphmem.ids import new_id, utc_now
from graphmem.text import clean

__all__ = ["ANY", "ROLES", "Key", "Role", "create_key", "digest_of", "list_keys", "revoke_key"]

Role = Literal["reader", "writer", "owner"]
"""What a key may do: read; also write and delete memories; also administer."""

ROLES: tuple[Role, ...] = get_args(Role)
"""The roles, each of which may do all that those before it may."""

ANY = "*"
"""Among a key's projects: it opens every project."""

PREFIX = "gm_"
"""How a key begins, so that people and secret scanners know one when they see it."""

SETTING = "keys"

MAX_NAME = 128
"""Characters in the name of a key or project."""

MAX_PROJECTS = 1_000
"""Projects that one key opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. `projects` are those it opens, the default one first; `ANY` stands for all."""

    id: str
    name: str
    role: Role
    projects: tuple[str, ...]
    digest: str
    created_at: datetime


def digest_of(secret: str) -> str:
    """The hash under which a key's secret is stored, as 64 hexadecimal digits."""
    return hashlib.blake2b(
        secret.encode("utf-8", "surrogatepass"), digest_size=32, person=b"graphmem-api-key"
    ).hexdigest()


async def create_key(
    store: GraphStore, name: str, *, role: str = "writer", projects: Sequence[str] = ("default",)
) -> tuple[Key, str]:
    """Make a key and return it with its secret, which is shown this once and not stored.

    `name` is what histories and logs call the bearer; the first of `projects` is the default one, `ANY` among them
    opens all. Raises `InvalidInput` for a name in use, an unknown role, or no project.
    """
    name = clean(name, field="name", max_length=MAX_NAME)
    if role not in ROLES:
        raise InvalidInput(f"The role {role!r} is not known.", hint=f"Roles are {', '.join(ROLES)}.", field="role")
    opened = _projects(projects)
    keys = await list_keys(store)
    if any(key.name == name for key in keys):
        raise InvalidInput(
            f"A key named {name!r} exists already.", hint="Revoke it first, or choose another name.", field="name"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    key = Key(
        id=new_id(),
        name=name,
        role=role,
        projects=opened,
        digest=digest_of(secret),
        created_at=utc_now(),
    )
    await _put(store, [*keys, key])
    return key, secret


def _projects(projects: Sequence[str]) -> tuple[str, ...]:
    if isinstance(projects, str):
        projects = [projects]
    opened = tuple(dict.fromkeys(clean(each, field="projects", max_length=MAX_NAME) for each in projects))
    if not 1 <= len(opened) <= MAX_PROJECTS:
        raise InvalidInput(f"A key opens between 1 and {MAX_PROJECTS} projects.", field="projects")
    return opened


async def list_keys(store: GraphStore) -> list[Key]:
    """All keys, in the order in which they were made."""
    return [_read(stored) for stored in await store.setting(HOUSE, SETTING) or ()]


async def revoke_key(store: GraphStore, name: str) -> Key:
    """Take a key back, by its name or id, and return it. Raises `NotFound`."""
    keys = await list_keys(store)
    for key in keys:
        if name in (key.name, key.id):
            await _put(store, [each for each in keys if each.id != key.id])
            return key
    raise NotFound(f"There is no key {name!r}.", hint="`graphmem keys list` shows them.", kind="key", id=name)


async def _put(store: GraphStore, keys: Sequence[Key]) -> None:
    stored = [{**asdict(key), "projects": list(key.projects), "created_at": key.created_at.isoformat()} for key in keys]
    await store.put_setting(HOUSE, SETTING, stored or None)


def _read(stored: dict[str, Any]) -> Key:
    return Key(
        id=stored["id"],
        name=stored["name"],
        role=stored["role"],
        projects=tuple(stored["projects"]),
        digest=stored["digest"],
        created_at=datetime.fromisoformat(stored["created_at"]),
    )
