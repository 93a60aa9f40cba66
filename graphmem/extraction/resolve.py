"""Who is who: from names in drafts to entities of the partition, and the mentions that a memory makes.

A name means one entity of its partition, whatever its type. Who is not known by name may be known by an alias; an
alias that already means somebody else stays theirs. The owner and the agent begin under their ids and take the
first real name they hear of themselves; every mention of them carries the id, so that they stay findable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from graphmem.drafts import AGENT, SELF, MemoryDraft
from graphmem.errors import InvalidInput
from graphmem.extraction.board import Board
from graphmem.models import Mention, Scope
from graphmem.text import name_key

__all__ = ["Cast", "Selves", "selves_of"]

ASSISTANT = "assistant"
"""What the agent is called where the scope names none."""


@dataclass(frozen=True, slots=True)
class Selves:
    """The owner and the agent of a scope: the names under which they begin, and whose selves they are."""

    owner: str
    owner_key: str
    owner_self: str
    agent: str
    agent_key: str
    agent_self: str | None

    def called(self, name: str) -> str:
        """The name by which a draft's entity is found: the id for the owner and the agent, else the name itself."""
        if name == SELF:
            return self.owner
        return self.agent if name == AGENT else " ".join(name.split())

    def key_of(self, name: str) -> str:
        """The `name_key` of a draft's entity. Raises `InvalidInput` for a blank name."""
        if name == SELF:
            return self.owner_key
        if name == AGENT:
            return self.agent_key
        key = _name_key(name)
        if not key:
            raise InvalidInput("An entity needs a name; this one is blank.", field="entities")
        return key

    def self_of(self, key: str) -> str | None:
        """Whose self the entity of that key is (`Entity.self_of`), if it is the owner's or the agent's."""
        if key == self.owner_key:
            return self.owner_self
        return self.agent_self if key == self.agent_key else None

    def id_of(self, self_of: str) -> str | None:
        """The name under which such a self begins, if it is of this scope."""
        if self_of == self.owner_self:
            return self.owner
        return self.agent if self_of == self.agent_self else None


@lru_cache(maxsize=1024)
def selves_of(scope: Scope) -> Selves:
    """The selves of a scope."""
    owner = scope.owner.partition(":")[2]
    agent = scope.agent_id or ASSISTANT
    agent_self = f"agent:{agent}" if scope.agent_id else None
    if agent_self is not None and agent_self != scope.owner and name_key(agent) == name_key(owner):
        agent = agent_self  # its id means the owner here
    return Selves(owner, name_key(owner), scope.owner, agent, name_key(agent), agent_self)


_name_key = lru_cache(maxsize=8192)(name_key)


class Cast:
    """The entities that one memory mentions, resolved on a board."""

    def __init__(self, board: Board, scope: Scope) -> None:
        self._board = board
        self._selves = selves_of(scope)
        self._mentions: dict[tuple[str, str], Mention] = {}

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The mentions made so far, sorted."""
        if len(self._mentions) < 2:
            return tuple(self._mentions.values())
        return tuple(self._mentions[key] for key in sorted(self._mentions))

    def introduce(self, draft: MemoryDraft) -> None:
        """Mention the entities a draft names, with the aliases it gives them."""
        for entity in draft.entities:
            self.mention(entity.name, entity.type, entity.aliases)

    def mention(self, name: str, type_: str | None = None, aliases: Iterable[str] = ()) -> str:
        """Mention the entity of that name, a new one if need be; its id."""
        board = self._board
        shown, key = self._selves.called(name), self._selves.key_of(name)
        board.watch_names.add(key)
        entity_id = board.names.get(key)
        if aliases and entity_id is None and name not in (SELF, AGENT):
            entity_id = self._known_by(key, aliases)
        if entity_id is None:
            entity_id = board.new_entity(shown, self._selves.self_of(key))
        elif name in (SELF, AGENT):
            self._own(entity_id, key)
        board.names[key] = entity_id
        self._note(entity_id, shown, type_)
        self._learn(entity_id, shown, key)
        for alias in aliases:
            self.alias(entity_id, alias, type_)
        return entity_id

    def alias(self, entity_id: str, alias: str, type_: str | None = None) -> bool:
        """Let `alias` be another name of the entity; False if it means somebody else already."""
        board = self._board
        shown, key = " ".join(alias.split()), name_key(alias)
        if not key:
            return False
        board.watch_names.add(key)
        if board.names.setdefault(key, entity_id) != entity_id:
            return False
        self._note(entity_id, shown, type_)
        self._learn(entity_id, shown, key)
        return True

    def rename(self, entity_id: str, name: str) -> None:
        """Call the entity by `name`, which a mention must carry."""
        entity = self._board.entities[entity_id]
        if entity.name != name:
            self._board.put_entity(replace(entity, name=name))

    def _known_by(self, key: str, aliases: Iterable[str]) -> str | None:
        """Who is known by one of the aliases, and is no namesake.

        "Marta" alone does not make Marta Costa the Marta Silva who is also called Marta; but she is the Marta of
        whom nothing else is known. "IBM", being no part of either name, tells enough.
        """
        board = self._board
        for alias in aliases:
            alias_key = name_key(alias)
            board.watch_names.add(alias_key)
            entity_id = board.names.get(alias_key)
            if entity_id is None:
                continue
            full = board.entities[entity_id].key
            if full == alias_key or not (_is_part(alias_key, key) or _is_part(alias_key, full)):
                return entity_id
        return None

    def _own(self, entity_id: str, key: str) -> None:
        """Somebody known by the owner's or the agent's id turns out to be it."""
        entity = self._board.entities[entity_id]
        owner = self._selves.self_of(key)
        if owner is not None and entity.self_of is None:
            self._board.put_entity(replace(entity, self_of=owner))

    def _learn(self, entity_id: str, shown: str, key: str) -> None:
        """Keep a self findable by its id, and call it by the first real name that is heard."""
        entity = self._board.entities[entity_id]
        id_ = None if entity.self_of is None else self._selves.id_of(entity.self_of)
        if id_ is None:
            return
        if key != name_key(id_):
            self._note(entity_id, id_, None)
        if entity.name == id_:
            self.rename(entity_id, shown)

    def _note(self, entity_id: str, name: str, type_: str | None) -> None:
        mention = self._mentions.get((entity_id, name))
        if mention is None or (mention.type is None and type_ is not None):
            self._mentions[entity_id, name] = Mention(entity_id=entity_id, name=name, type=type_ or None)


def _is_part(part: str, name: str) -> bool:
    return part != name and set(part.split()) < set(name.split())
