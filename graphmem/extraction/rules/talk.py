"""What is known while a message is read: who speaks, who was spoken of, who is whose sister."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from graphmem.drafts import SELF, EntityDraft
from graphmem.extraction.speakers import Speaker
from graphmem.text import name_key

__all__ = ["Fact", "Person", "Relatives", "Talk"]


_key = lru_cache(maxsize=4096)(name_key)


class Person(NamedTuple):
    """Somebody a pronoun may mean; `gender` is `f`, `m` or unknown."""

    entity: str
    gender: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A relation in a sentence; `at` is the token it begins at. An `aside` is stated by the way: "my sister Marta".

    `is_kin`: it says who is whose what, and has no dates.
    """

    subject: str
    label: str
    object: str
    subject_type: str | None = None
    object_type: str | None = None
    negated: bool = False
    is_over: bool = False
    at: int = 0
    aside: bool = False
    is_kin: bool = False


Relatives = dict[tuple[str, str], list[str]]
"""Names by whose and what role."""


@dataclass(slots=True)
class Talk:
    """One message as far as it was read.

    `relatives` maps (whose, role) to names, for "my sister" once she had a name; `recall` finds those of earlier
    messages and is asked when one is missing. `unnamed` says whose the relatives without a name are, and how to call
    them. `types` says what entities were found to be, `people` who was spoken of, the last one last.
    """

    speaker: Speaker
    relatives: Relatives = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    unnamed: dict[str, tuple[Fact, str]] = field(default_factory=dict)
    recall: Callable[[], Relatives] | None = None

    def entity(self, name: str) -> str:
        """The entity of a name as it stands in a text: what the speaker is called is the speaker."""
        speaker = self.speaker.entity
        names = {_key(known) for known in (self.speaker.shown, *self.aliases.get(speaker, ()))}
        return speaker if _key(name) in names else name

    def shown(self, entity: str) -> str:
        """What to call an entity in a text."""
        if entity in self.unnamed:
            return self.unnamed[entity][1]
        return self.speaker.shown if entity == self.speaker.entity else entity

    def notice(self, entity: str, gender: str | None = None) -> None:
        """Somebody is spoken of."""
        if entity == self.speaker.entity or entity == SELF:
            return
        known = next((person.gender for person in self.people if person.entity == entity), None)
        self.people = [person for person in self.people if person.entity != entity]
        self.people.append(Person(entity, gender or known))

    def relate(self, whose: str, role: str, name: str) -> None:
        """`name` is the `role` of `whose`."""
        names = self.relatives.setdefault((whose, role), [])
        if name not in names:
            names.append(name)

    def relative(self, whose: str, role: str) -> str | None:
        """Who that is, if exactly one is known."""
        if (whose, role) not in self.relatives and self.recall is not None:
            recall, self.recall = self.recall, None
            for key, names in recall().items():
                self.relatives.setdefault(key, names)
        names = self.relatives.get((whose, role), [])
        return names[0] if len(names) == 1 else None

    def meant_by(self, pronoun: str) -> str | None:
        """Who "he" or "she" is: the only one spoken of whom it can mean. "They" is never sure."""
        gender = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f", "hers": "f"}.get(pronoun)
        if gender is None:
            return None
        fitting = [person for person in self.people if person.gender in (gender, None)]
        certain = [person for person in fitting if person.gender == gender]
        if len(certain) == 1 and certain[0] == fitting[-1]:
            return certain[0].entity
        return fitting[0].entity if len(fitting) == 1 else None

    def drafts(self, entities: Iterable[str]) -> tuple[EntityDraft, ...]:
        """Drafts of these entities, each once, with what is known of them."""
        return tuple(
            EntityDraft(name=name, type=self.types.get(name), aliases=tuple(self.aliases.get(name, ())))
            for name in dict.fromkeys(entities)
        )
