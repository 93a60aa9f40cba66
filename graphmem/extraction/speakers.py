"""Who says "I": the entity behind a message, and what to call it in a sentence that stands alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphmem.drafts import AGENT, SELF
from graphmem.models import Episode, Scope
from graphmem.text import name_key

__all__ = ["Speaker", "owner_name", "speaker_of"]

ASSISTANT_ROLES = frozenset({"assistant", "tool", "function"})
"""Roles of messages that no person wrote."""

_NAME_LIKE = re.compile(r"[^\W\d_]+(?:[ ._'’-][^\W\d_]+){0,3}")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Speaker:
    """`entity` is `SELF`, `AGENT` or a name, as drafts refer to it; `shown` is what sentences call it."""

    entity: str
    shown: str


def speaker_of(episode: Episode, scope: Scope) -> Speaker:
    """Who speaks in `episode`.

    An assistant is the scope's agent. A person without a name, or with the user's id as (first) name, is the
    owner; any other `name` is a person of its own, whom planning may know as an alias of somebody. Where the
    owner is an agent, a nameless person is just "the user".
    """
    if episode.role in ASSISTANT_ROLES:
        return Speaker(AGENT, episode.name or "The assistant")
    name = (episode.name or "").strip()
    if name and not _is_owner(name, scope):
        return Speaker(name, name)
    if scope.user_id is None and scope.agent_id is not None:
        return Speaker("User", "The user")
    return Speaker(SELF, name or owner_name(scope))


def owner_name(scope: Scope) -> str:
    """What to call the owner: the user's id where that reads as a name, else "The user"."""
    user = scope.user_id or ""
    if not _NAME_LIKE.fullmatch(user) or len(user) > 40 or name_key(user) == "user":
        return "The user"
    words = re.split(r"[ ._]+", user)
    return " ".join(word[:1].upper() + word[1:] for word in words)


def _is_owner(name: str, scope: Scope) -> bool:
    if scope.user_id is None:
        return False
    owner = name_key(scope.user_id.replace("_", " ").replace(".", " "))
    key = name_key(name)
    return key == owner or key.startswith(owner + " ")
