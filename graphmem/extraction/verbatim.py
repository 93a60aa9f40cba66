"""Extraction that takes every text as it is: `infer=False`. It still links the entities that are named."""

from __future__ import annotations

import re

import anyio.to_thread

from graphmem.abc import Extractor
from graphmem.drafts import AGENT, EntityDraft, Extraction, ExtractionRequest, MemoryDraft
from graphmem.extraction.names import find_names
from graphmem.extraction.speakers import speaker_of
from graphmem.models import Episode, Origin, Scope

__all__ = ["VerbatimExtractor"]

_FIRST_PERSON = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself)\b")

_LONG = 100_000
"""Characters beyond which looking for names is done in a thread."""


class VerbatimExtractor(Extractor):
    """Every episode becomes one memory with the same words; needs no model and follows no instructions."""

    async def extract(self, request: ExtractionRequest) -> Extraction:
        """One memory an episode; see `Extractor.extract`."""
        if sum(len(episode.content) for episode in request.episodes) > _LONG:
            return await anyio.to_thread.run_sync(_extract, request)
        return _extract(request)


def _extract(request: ExtractionRequest) -> Extraction:
    memories = tuple(
        MemoryDraft(
            text=episode.content,
            entities=mentions(episode, request.scope),
            attributed_to=episode.role,
            episodes=(index,),
            inferred=False,
        )
        for index, episode in enumerate(request.episodes)
    )
    return Extraction(memories=memories, origin=Origin(extractor="verbatim"))


def mentions(episode: Episode, scope: Scope) -> tuple[EntityDraft, ...]:
    """The entities an episode names, and its speaker: one with a name always, others if they say "I" (English)."""
    speaker = speaker_of(episode, scope)
    drafts: dict[str, EntityDraft] = {}
    speaks = episode.name is not None or (speaker.entity != AGENT and _FIRST_PERSON.search(episode.content))
    if speaks:
        aliases = (episode.name,) if episode.name and episode.name != speaker.entity else ()
        drafts[speaker.entity] = EntityDraft(name=speaker.entity, type="Person", aliases=aliases)
        if speaker.entity == AGENT:
            drafts[AGENT] = EntityDraft(name=AGENT, aliases=aliases)
    for name in find_names(episode.content):
        kind = "Person" if name.kind == "handle" else None
        drafts.setdefault(name.text, EntityDraft(name=name.text, type=kind))
    return tuple(drafts.values())
