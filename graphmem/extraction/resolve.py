"""Who is who: from names in drafts to entities of the partition, and the mentions that a memory makes.

A name means one entity of its partition, whatever its type. Who is not known by name may be known by an alias; an
alias that already means somebody else stays theirs. The owner and the agent begin under their ids and take the
first real name they hear of themselves; every mention of them carries the id, so that they stay findable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphmem.drafts import AGENT, SELF, MemoryDraft
from graphmem.errors import InvalidInput
from graphmem.extraction.board import Board
from graphmem.models import Mention, Scope
from graphmem.text import name_key

__all__ = ["Cast", "called", "key_of", "self_of"]

ASSISTANT = "assistant"
"""What the agent is called where the scope names none."""


def called(name: str, scope: Scope) -> str:
    """The name by which a draft's entity is found: the id for the owner and the agent, else the name itself."""
    if name == SELF:
        return _owner_id(scope)
    if name == AGENT:
        return _agent_name(scope)
    return " ".join(name.split())


def key_of(name: str, scope: Scope) -> str:
    """The `name_key` of a draft's entity. Raises `InvalidInput` for a blank name."""
    key = name_key(called(name, scope))
    if not key:
        raise InvalidInput("An entity needs a name; this one is blank.", field="entities")
    return key


def self_of(name: str, scope: Scope) -> str | None:
    """Whose self the draft's entity is (`Entity.self_of`), if it is the owner's or the agent's."""
    key = key_of(name, scope)
    if key == name_key(_owner_id(scope)):
        return scope.owner
    if scope.agent_id and key == name_key(_agent_name(scope)):
        return f"agent:{scope.agent_id}"
    return None


def _owner_id(scope: Scope) -> str:
    return scope.owner.partition(":")[2]


def _agent_name(scope: Scope) -> str:
    if not scope.agent_id:
        return ASSISTANT
    if scope.user_id and name_key(scope.user_id) == name_key(scope.agent_id):
        return f"agent:{scope.agent_id}"  # its id means the user here
    return scope.agent_id


class Cast:
    """The entities that one memory mentions, resolved on a board."""

    def __init__(self, board: Board, scope: Scope) -> None:
        self._board = board
        self._scope = scope
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
        shown, key = called(name, self._scope), key_of(name, self._scope)
        board.watch_names.add(key)
        entity_id = board.names.get(key)
        if aliases and entity_id is None and name not in (SELF, AGENT):
            entity_id = self._known_by(key, aliases)
        if entity_id is None:
            entity_id = board.new_entity(shown, self_of(name, self._scope))
        elif name in (SELF, AGENT):
            self._own(entity_id, name)
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

    def _own(self, entity_id: str, name: str) -> None:
        """Somebody known by the owner's or the agent's id turns out to be it."""
        entity = self._board.entities[entity_id]
        owner = self_of(name, self._scope)
        if owner is not None and entity.self_of is None:
            self._board.put_entity(replace(entity, self_of=owner))

    def _learn(self, entity_id: str, shown: str, key: str) -> None:
        """Keep a self findable by its id, and call it by the first real name that is heard."""
        entity = self._board.entities[entity_id]
        if entity.self_of is None:
            return
        scope = self._scope
        if entity.self_of == scope.owner:
            id_ = _owner_id(scope)
        elif entity.self_of == f"agent:{scope.agent_id}":
            id_ = _agent_name(scope)
        else:
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
