"""What a model is shown: the record of what was said, as one JSON document, in pieces that fit.

JSON is the fence: whatever somebody says stays inside a string, because quotes and line ends are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphmem.abc import ChatMessage
from graphmem.drafts import AGENT, SELF, ExtractionRequest
from graphmem.extraction.content import IllustratedEpisode
from graphmem.extraction.speakers import owner_name, speaker_of
from graphmem.models import Episode, Memory, Scope
from graphmem.prompts import as_document

__all__ = ["Piece", "record_of", "split"]

MAX_SHOWN = 500
"""Characters of a known memory or of an earlier message: enough to understand by."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Piece:
    """A message, or a part of a long one: its text and the index of its episode in the request."""

    episode: int
    text: str
    first: bool = True


def split(episodes: Sequence[Episode], *, max_chars: int) -> list[list[Piece]]:
    """The messages in batches of at most `max_chars` characters, long messages in several pieces."""
    batches: list[list[Piece]] = [[]]
    room = max_chars
    for index, episode in enumerate(episodes):
        for number, text in enumerate(_cut(episode.content, max_chars)):
            if len(text) > room and batches[-1]:
                batches.append([])
                room = max_chars
            batches[-1].append(Piece(index, text, first=number == 0))
            room -= len(text)
    return batches


def _cut(text: str, size: int) -> Iterator[str]:
    """`text` in parts of at most `size` characters, cut after a paragraph, sentence or word where one ends."""
    start = 0
    while len(text) - start > size:
        window = text[start : start + size]
        ends = (window.rfind(mark) + len(mark) for mark in ("\n", ". ", "。", " ") if mark in window)
        end = next((end for end in ends if end > size // 2), size)
        yield text[start : start + end]
        start += end
    yield text[start:]


def record_of(request: ExtractionRequest, batch: Sequence[Piece], before: Sequence[Piece]) -> ChatMessage:
    """The user message about `batch`; `before` are pieces already shown in an earlier call."""
    scope = request.scope
    earlier = [_said(episode, episode.content, scope) for episode in request.context]
    earlier += [_said(request.episodes[p.episode], p.text[-MAX_SHOWN:], scope) for p in before[-3:]]
    messages = [
        {"number": number, **_said(request.episodes[p.episode], p.text, scope, whole=True)}
        for number, p in enumerate(batch, start=1)
    ]
    text = as_document(
        user=_user_name(request),
        known=[_known(number, memory) for number, memory in enumerate(request.shown, start=1)],
        earlier=earlier,
        messages=messages,
    )
    parts = list(_parts(request.episodes, batch))
    content = ({"type": "text", "text": text}, *parts) if parts else text
    return ChatMessage(role="user", content=content)


def _user_name(request: ExtractionRequest) -> str | None:
    for episode in request.episodes:
        speaker = speaker_of(episode, request.scope)
        if speaker.entity == SELF and episode.name:
            return episode.name
    name = owner_name(request.scope)
    return None if name == "The user" else name


def _said(episode: Episode, text: str, scope: Scope, *, whole: bool = False) -> dict[str, Any]:
    speaker = speaker_of(episode, scope)
    who = {SELF: "user", AGENT: episode.role}.get(speaker.entity, speaker.entity)
    if speaker.entity == AGENT and episode.name:
        who = f"{who} ({episode.name})"
    if not whole:
        return {"from": who, "text": text[:MAX_SHOWN]}
    return {"from": who, "said_at": _moment(episode.observed_at), "text": text}


def _known(number: int, memory: Memory) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"number": number, "text": memory.text[:MAX_SHOWN]}
    for name in ("valid_at", "invalid_at"):
        if (moment := getattr(memory, name)) is not None:
            shown[name] = moment.date().isoformat()
    return shown


def _moment(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%SZ}, {_DAYS[utc.weekday()]}"


def _parts(episodes: Sequence[Episode], batch: Iterable[Piece]) -> Iterator[Mapping[str, Any]]:
    for number, piece in enumerate(batch, start=1):
        episode = episodes[piece.episode]
        if isinstance(episode, IllustratedEpisode) and piece.first:
            yield {"type": "text", "text": f"Belongs to message {number}:"}
            yield from episode.parts
