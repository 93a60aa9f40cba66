"""From a model's answer to drafts: numbers become ids, its names for the speakers become theirs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from graphmem.drafts import AGENT, SELF, EntityDraft, ExtractionRequest, MemoryDraft, RelationDraft
from graphmem.extraction.record import Piece
from graphmem.extraction.schema import Answer, AnsweredEntity, AnsweredMemory, AnsweredRelation
from graphmem.models import Scope
from graphmem.text import fold

__all__ = ["drafts_of", "read_answer"]

log = logging.getLogger(__name__)

_USER = frozenset({"user", "the user", "<user>", "i", "me", "myself"})
_ASSISTANT = frozenset({"assistant", "the assistant", "<assistant>"})
_MAX_PROBLEMS = 8


def read_answer(text: str) -> tuple[Answer | None, str]:
    """The answer, or None and what is wrong with it, one problem a line."""
    try:
        return Answer.model_validate_json(text), ""
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        lines = [f"- {'.'.join(map(str, p['loc'])) or 'the answer'}: {p['msg']}" for p in problems]
        return None, "\n".join(lines[:_MAX_PROBLEMS])


def drafts_of(answer: Answer, request: ExtractionRequest, batch: Sequence[Piece]) -> tuple[list[MemoryDraft], set[int]]:
    """The drafts of an answer about `batch`, and the indices of the episodes it refuses.

    A number that was never shown touches nothing: the memory is then a new one (and a retraction retracts
    nothing). A message that does not exist is left out; without any, all of the batch are the source.
    """
    drafts = [_memory(memory, request, batch) for memory in answer.memories]
    refused = {batch[n - 1].episode for n in answer.refused if 1 <= n <= len(batch)}
    return drafts, refused


def _memory(answered: AnsweredMemory, request: ExtractionRequest, batch: Sequence[Piece]) -> MemoryDraft:
    verdict = answered.verdict
    targets = tuple(dict.fromkeys(request.shown[n - 1].id for n in answered.targets if 1 <= n <= len(request.shown)))
    if len(targets) < len(set(answered.targets)):
        log.warning("The model referred to memories that it was not shown; they are left alone.")
    if verdict == "new":
        targets = ()
    elif not targets and verdict != "retracts":
        verdict = "new"
    elif verdict in ("repeats", "rewords"):
        targets = targets[:1]
    numbers = [n for n in answered.messages if 1 <= n <= len(batch)] or range(1, len(batch) + 1)
    episodes = tuple(sorted({batch[n - 1].episode for n in numbers}))
    return MemoryDraft(
        text=answered.text,
        verdict=verdict,
        targets=targets,
        entities=tuple(_entities(answered.entities, request.scope)),
        relations=tuple(_relations(answered.relations, request.scope)),
        categories=_categories(answered.categories, request.instructions.categories),
        valid_at=answered.valid_at,
        invalid_at=_end(answered.valid_at, answered.invalid_at),
        attributed_to=_attribution(answered, request, episodes),
        episodes=episodes,
    )


def _attribution(answered: AnsweredMemory, request: ExtractionRequest, episodes: Iterable[int]) -> str:
    """The role of the messages it came from, where they have one; the model's word where they do not."""
    roles = {request.episodes[index].role for index in episodes}
    return roles.pop() if len(roles) == 1 else answered.attributed_to or "user"


def _categories(answered: Sequence[str], offered: Mapping[str, str] | None) -> tuple[str, ...]:
    by_key = {fold(name): name for name in offered or ()}
    known = (by_key.get(fold(name)) for name in answered)
    return tuple(dict.fromkeys(name for name in known if name))


def _entities(answered: Iterable[AnsweredEntity], scope: Scope) -> Iterable[EntityDraft]:
    for entity in answered:
        name = _entity_name(entity.name, scope)
        if name:
            aliases = (alias for alias in entity.aliases if alias and _entity_name(alias, scope) != name)
            yield EntityDraft(name=name, type=entity.type or None, aliases=tuple(dict.fromkeys(aliases)))


def _relations(answered: Iterable[AnsweredRelation], scope: Scope) -> Iterable[RelationDraft]:
    for relation in answered:
        subject, target = _entity_name(relation.subject, scope), _entity_name(relation.object, scope)
        if subject and target and relation.relation and subject != target:
            yield RelationDraft(
                subject=subject,
                label=relation.relation,
                object=target,
                subject_type=relation.subject_type or None,
                object_type=relation.object_type or None,
                valid_at=relation.valid_at,
                invalid_at=_end(relation.valid_at, relation.invalid_at),
                negated=relation.negated,
            )


def _entity_name(name: str, scope: Scope) -> str:
    key = fold(name)
    if key in _ASSISTANT:
        return AGENT
    if key in _USER:
        return "User" if scope.user_id is None and scope.agent_id is not None else SELF
    return name


def _end(start: datetime | None, end: datetime | None) -> datetime | None:
    """No end where the interval would be empty: models close what happened on one day on the same day."""
    return None if end == start else end
