"""API keys: who may come in by HTTP, as what, and into which projects. Only hashes of them are stored.

A key is 256 random bits, so its hash cannot be guessed back: a plain BLAKE2b is as good here as a slow, salted
password hash, which protects what people choose and is asked for on every request.

A project's *members* are the keys that open it: by themselves, or by a grant. Whoever is granted a project before
there is a key of that name is invited, and the key has the grant when it is made. Keys and invitations are one
setting, so that neither can be changed behind the other's back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from graphmem.abc import GraphStore
from graphmem.engine.records import HOUSE
from graphmem.engine.swap import swap
from graphmem.errors import InvalidInput, NotFound, TooLarge
from graphmem.ids import new_id, utc_now
from graphmem.text import clean

__all__ = [
    "ANY",
    "ROLES",
    "Access",
    "Key",
    "Role",
    "add_member",
    "change_member",
    "close_project",
    "create_key",
    "digest_of",
    "grant",
    "list_keys",
    "members",
    "remove_member",
    "revoke_key",
]

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
"""Projects that one key opens, and others that it is granted."""

MAX_INVITED = 1_000
"""Names invited into one project."""

MAX_RATE = 1_000_000
"""Requests a minute, at most, that a key can be held to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What somebody may do where: as `role` in `projects` (the default one first, `ANY` stands for all), and beside
    them in the projects of `grants`, each with a role of its own."""

    role: Role
    projects: tuple[str, ...]
    grants: Mapping[str, Role] = field(default_factory=dict)

    def role_in(self, project: str) -> Role | None:
        """The role in the project; where it is both opened and granted, the higher one. None: it stays shut."""
        held = [self.role] if project in self.projects or (ANY in self.projects and project != "") else []
        if project in self.grants:
            held.append(self.grants[project])
        return max(held, key=ROLES.index, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Access):
    """A key without its secret. `rate` is how many requests a minute it may make, None: any number."""

    id: str
    name: str
    digest: str
    created_at: datetime
    rate: int | None = None

    def shown(self, sees: Callable[[str], bool] | None = None) -> dict[str, Any]:
        """It as JSON, without its hash, and of its grants those for projects that `sees` approves of."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "projects": list(self.projects),
            "grants": {project: role for project, role in self.grants.items() if sees is None or sees(project)},
            "rate": self.rate,
            "created_at": self.created_at.isoformat(),
        }


class _Book(NamedTuple):
    """Who may come in: the keys, in the order in which they were made, and who is invited: project → name → role."""

    keys: tuple[Key, ...]
    invited: Mapping[str, Mapping[str, Role]]


def digest_of(secret: str) -> str:
    """The hash under which a key's secret is stored, as 64 hexadecimal digits."""
    return hashlib.blake2b(
        secret.encode("utf-8", "surrogatepass"), digest_size=32, person=b"graphmem-api-key"
    ).hexdigest()


# -- keys


async def create_key(
    store: GraphStore,
    name: str,
    *,
    role: str = "writer",
    projects: Sequence[str] = ("default",),
    rate: int | None = None,
    admits: Callable[[str], bool] | None = None,
) -> tuple[Key, str]:
    """Make a key and return it with its secret, which is shown this once and not stored.

    `name` is what histories and logs call the bearer; the first of `projects` is the default one, `ANY` among them
    opens all. `rate` is how many requests a minute it may make. Invitations of that name become grants, for the
    projects that `admits` approves of: whoever makes a key must not let it in where only others can. Raises
    `InvalidInput` for a name in use, an unknown role, no project, or a rate that is none.
    """
    name = clean(name, field="name", max_length=MAX_NAME)
    secret = PREFIX + secrets.token_urlsafe(32)
    plain = Key(
        id=new_id(),
        name=name,
        role=_role(role),
        projects=_projects(projects),
        digest=digest_of(secret),
        created_at=utc_now(),
        rate=_rate(rate),
    )

    def with_key(book: _Book) -> _Book:
        if any(key.name == name for key in book.keys):
            raise InvalidInput(
                f"A key named {name!r} exists already.", hint="Revoke it first, or choose another name.", field="name"
            )
        asked = [project for project, names in book.invited.items() if name in names]
        granted = {each: book.invited[each][name] for each in asked if admits is None or admits(each)}
        key = replace(plain, grants=granted)
        return _Book((*book.keys, key), _without(book.invited, name, granted))

    book = await _changed(store, with_key)
    return next(key for key in book.keys if key.id == plain.id), secret


def _role(role: str) -> Role:
    if role not in ROLES:
        raise InvalidInput(f"The role {role!r} is not known.", hint=f"Roles are {', '.join(ROLES)}.", field="role")
    return role


def _rate(rate: int | None) -> int | None:
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= MAX_RATE):
        raise InvalidInput(
            f"'rate' is {rate!r}; it is a number of requests a minute, from 1 to {MAX_RATE}.",
            hint="Leave it out for any number.",
            field="rate",
        )
    return rate


def _projects(projects: Sequence[str]) -> tuple[str, ...]:
    if isinstance(projects, str):
        projects = [projects]
    opened = tuple(dict.fromkeys(clean(each, field="projects", max_length=MAX_NAME) for each in projects))
    if not 1 <= len(opened) <= MAX_PROJECTS:
        raise InvalidInput(f"A key opens between 1 and {MAX_PROJECTS} projects.", field="projects")
    return opened


async def list_keys(store: GraphStore) -> list[Key]:
    """All keys, in the order in which they were made."""
    return list(_read(await store.setting(HOUSE, SETTING)).keys)


async def revoke_key(store: GraphStore, name: str) -> Key:
    """Take a key back, by its name or id, with all that it was granted, and return it. Raises `NotFound`."""
    taken: list[Key] = []

    def without_key(book: _Book) -> _Book:
        taken[:] = [key for key in book.keys if name in (key.name, key.id)][:1]
        if not taken:
            raise NotFound(f"There is no key {name!r}.", hint="`graphmem keys list` shows them.", kind="key", id=name)
        return book._replace(keys=tuple(key for key in book.keys if key is not taken[0]))

    await _changed(store, without_key)
    return taken[0]


async def grant(store: GraphStore, name: str, project: str, role: Role) -> None:
    """Open a project to a key, by its name or id, as `role`. Raises `NotFound` for no such key."""

    def with_grant(book: _Book) -> _Book:
        for key in book.keys:
            if name in (key.name, key.id):
                return book._replace(keys=_granted(book.keys, key, project, role))
        raise NotFound(f"There is no key {name!r}.", kind="key", id=name)

    await _changed(store, with_grant)


# -- members


async def members(store: GraphStore, project: str) -> list[tuple[str, Role]]:
    """Who opens the project, and as what, by name: keys made for it, keys granted it, and who is invited.

    Keys that open every project are the house's and not told, unless they were granted this one.
    """
    book = _read(await store.setting(HOUSE, SETTING))
    found: dict[str, Role] = dict(book.invited.get(project, {}))
    for key in book.keys:
        role = key.role_in(project)
        if role is not None and (project in key.projects or project in key.grants):
            found[key.name] = role
    return sorted(found.items())


async def add_member(
    store: GraphStore, project: str, name: str, role: str, *, knows: Callable[[Key], bool] | None = None
) -> None:
    """Let the key called `name` (an e-mail address, say) into a project, as `role`.

    Where there is no such key it is invited, and has the grant once it is made. A key that `knows` does not approve of
    counts as none: a name that others gave a key of theirs is not proof of who bears it. Raises `InvalidInput` for a
    name that is a member already, and an unknown role.
    """
    project, name, wanted = _member(project, name, role)

    def with_member(book: _Book) -> _Book:
        key = next((key for key in book.keys if key.name == name and (knows is None or knows(key))), None)
        if name in book.invited.get(project, ()) or (key is not None and key.role_in(project) is not None):
            raise InvalidInput(
                f"{name!r} is a member of {project!r} already.", hint="Change the role instead.", field="name"
            )
        if key is not None:
            return book._replace(keys=_granted(book.keys, key, project, wanted))
        invited = {**book.invited.get(project, {}), name: wanted}
        if len(invited) > MAX_INVITED:
            raise TooLarge(
                f"More than {MAX_INVITED} names are invited into {project!r}.",
                hint="Take back those that will not come.",
                field="name",
                limit=MAX_INVITED,
                actual=len(invited),
            )
        return book._replace(invited={**book.invited, project: invited})

    await _changed(store, with_member)


async def change_member(store: GraphStore, project: str, name: str, role: str) -> None:
    """Give a member of a project another role. Raises `NotFound`, and `InvalidInput` for a key's own role."""
    project, name, wanted = _member(project, name, role)

    def with_role(book: _Book) -> _Book:
        key = _granted_key(book, project, name)
        if key is not None:
            return book._replace(keys=_granted(book.keys, key, project, wanted))
        return book._replace(invited={**book.invited, project: {**book.invited[project], name: wanted}})

    await _changed(store, with_role)


async def remove_member(store: GraphStore, project: str, name: str) -> None:
    """Let somebody no longer into a project. Raises `NotFound`, and `InvalidInput` for a key that was made for it."""
    project, name, _ = _member(project, name, ROLES[0])

    def without_member(book: _Book) -> _Book:
        key = _granted_key(book, project, name)
        if key is not None:
            return book._replace(keys=_granted(book.keys, key, project, None))
        return book._replace(invited=_without(book.invited, name, [project]))

    await _changed(store, without_member)


async def close_project(store: GraphStore, project: str) -> None:
    """Forget who was granted the project, or invited into it."""

    def closed(book: _Book) -> _Book:
        keys = tuple(
            replace(key, grants={each: role for each, role in key.grants.items() if each != project})
            for key in book.keys
        )
        return _Book(keys, {each: names for each, names in book.invited.items() if each != project})

    await _changed(store, closed)


def _member(project: str, name: str, role: str) -> tuple[str, str, Role]:
    project = clean(project, field="project", max_length=MAX_NAME)
    return project, clean(name, field="name", max_length=MAX_NAME), _role(role)


def _granted_key(book: _Book, project: str, name: str) -> Key | None:
    """The key that is granted the project; None for somebody who is invited. Raises for anybody else."""
    key = next((key for key in book.keys if key.name == name and project in key.grants), None)
    if key is not None or name in book.invited.get(project, ()):
        return key
    if any(key.name == name and project in key.projects for key in book.keys):
        raise InvalidInput(
            f"The key {name!r} was made for {project!r}: its role there is its own.",
            hint="Revoke it, and make another.",
            field="name",
        )
    raise NotFound(f"{name!r} is no member of {project!r}.", kind="member", id=name)


def _granted(keys: Iterable[Key], key: Key, project: str, role: Role | None) -> tuple[Key, ...]:
    """The keys, `key` with its grant for the project being `role`, or gone."""
    grants = {each: held for each, held in key.grants.items() if each != project}
    if role is not None:
        grants[project] = role
    if len(grants) > MAX_PROJECTS:
        raise TooLarge(
            f"The key {key.name!r} would be granted more than {MAX_PROJECTS} projects.",
            hint="Make one that opens every project.",
            field="name",
            limit=MAX_PROJECTS,
            actual=len(grants),
        )
    return tuple(replace(each, grants=grants) if each.id == key.id else each for each in keys)


def _without(
    invited: Mapping[str, Mapping[str, Role]], name: str, projects: Iterable[str]
) -> dict[str, Mapping[str, Role]]:
    """The invitations without those of `name` into `projects`; without any, a project is not listed."""
    gone = frozenset(projects)
    left = {
        project: {each: role for each, role in names.items() if project not in gone or each != name}
        for project, names in invited.items()
    }
    return {project: names for project, names in left.items() if names}


# -- the book


async def _changed(store: GraphStore, change: Callable[[_Book], _Book]) -> _Book:
    return _read(await swap(store, HOUSE, SETTING, lambda stored: _stored(change(_read(stored)))))


def _stored(book: _Book) -> Any:
    if not book.keys and not book.invited:
        return None
    keys = [{**key.shown(), "digest": key.digest} for key in book.keys]
    return {"keys": keys, "invited": {project: dict(names) for project, names in book.invited.items()}}


def _read(stored: Any) -> _Book:
    """The book; a list is what was kept before there were members."""
    book: dict[str, Any] = {"keys": stored} if isinstance(stored, list) else stored or {}
    return _Book(tuple(_key(each) for each in book.get("keys", ())), book.get("invited", {}))


def _key(stored: Mapping[str, Any]) -> Key:
    return Key(
        id=stored["id"],
        name=stored["name"],
        role=stored["role"],
        projects=tuple(stored["projects"]),
        grants=stored.get("grants", {}),
        digest=stored["digest"],
        created_at=datetime.fromisoformat(stored["created_at"]),
        rate=stored.get("rate"),
    )
