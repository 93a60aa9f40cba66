"""From what a caller hands over to episodes: a string, a message, or a list of messages.

Messages are those of the OpenAI format: `role`, `content` (text or content parts), optionally `name`. Text
parts are kept; images, audio and files are for a model that can look at them.
https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from graphmem.errors import InvalidInput, TooLarge
from graphmem.ids import new_id
from graphmem.models import Episode, Scope
from graphmem.text import clean

__all__ = ["FollowsWords", "IllustratedEpisode", "SeesParts", "episodes_of", "follows_words", "sees_parts"]

MAX_MESSAGES = 1_000
MAX_TEXT = 2**20
"""Characters of one message."""
MAX_PART = 20_000_000
"""Characters of an image or file given inline."""

_INSTRUCTING = frozenset({"system", "developer"})
_ROLES = frozenset({"user", "assistant", "tool", "function"}) | _INSTRUCTING
_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_TEXT_MEDIA = ("data:text/", "data:application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class IllustratedEpisode(Episode):
    """An episode on its way to a model, with the content parts that are no text. Stores keep the text only."""

    parts: tuple[Mapping[str, Any], ...] = ()


class SeesParts(Protocol):
    """An extractor that looks at images and files."""

    @property
    def sees_parts(self) -> bool:
        """Whether it does."""


def sees_parts(extractor: object) -> bool:
    """Whether `extractor` looks at content parts that are no text."""
    # By name: `isinstance` of a protocol costs more than all else that reading a message does.
    return bool(getattr(extractor, "sees_parts", False))


class FollowsWords(Protocol):
    """An extractor that understands words: instructions, topics, categories by their descriptions."""

    @property
    def follows_words(self) -> bool:
        """Whether it does."""


def follows_words(extractor: object) -> bool:
    """Whether `extractor` follows instructions in words, and sorts into categories by itself."""
    return bool(getattr(extractor, "follows_words", False))


def episodes_of(
    messages: object, *, scope: Scope, observed_at: datetime, created_at: datetime, sees: bool = False
) -> tuple[Episode, ...]:
    """The episodes of `messages`, in order; a string is a message of the user.

    Messages of the application itself (`system`, `developer`) and assistants' bare tool calls are passed over.
    With `sees`, parts that are no text ride along as `IllustratedEpisode`; without, they are left out.

    Raises `InvalidInput` (with `field`) for anything that is no message, for nothing to read at all, and for a
    message without text that nobody can look at; `TooLarge` over 1,000 messages or 2**20 characters in one.
    """
    found = []
    for number, message in enumerate(_listed(messages)):
        field = "messages" if isinstance(messages, str) else f"messages[{number}]"
        read = _read(message, field=field, sees=sees)
        if read is None:
            continue
        role, name, text, parts = read
        common: dict[str, Any] = {
            "id": new_id(),
            "scope": scope,
            "role": role,
            "name": name,
            "content": text,
            "observed_at": observed_at,
            "created_at": created_at,
        }
        found.append(IllustratedEpisode(**common, parts=parts) if parts else Episode(**common))
    if not found:
        raise InvalidInput(
            "There is no message to remember: none of a user or an assistant was given.",
            hint='Send text, or {"role": "user", "content": "..."}.',
            field="messages",
        )
    return tuple(found)


def _listed(messages: object) -> Sequence[object]:
    if isinstance(messages, (str, Mapping)):
        return [messages]
    if not isinstance(messages, Sequence) or isinstance(messages, (bytes, bytearray)):
        raise InvalidInput(
            f"Messages cannot be {type(messages).__name__!r}.",
            hint='Send text, a message {"role": "user", "content": "..."}, or a list of them.',
            field="messages",
        )
    if len(messages) > MAX_MESSAGES:
        raise TooLarge(
            f"{len(messages)} messages are more than the {MAX_MESSAGES} allowed at once.",
            hint="Send them in several calls, in order.",
            field="messages",
            limit=MAX_MESSAGES,
            actual=len(messages),
        )
    return messages


_Read = tuple[str, str | None, str, tuple[Mapping[str, Any], ...]]


def _read(message: object, *, field: str, sees: bool) -> _Read | None:
    """Role, name, text and other parts; None for a message that is not for remembering."""
    if isinstance(message, str):
        return "user", None, clean(message, field=field, max_length=MAX_TEXT), ()
    if not isinstance(message, Mapping):
        raise InvalidInput(
            f"{field} is {type(message).__name__!r}, not a message.",
            hint='A message is text or {"role": "user", "content": "..."}.',
            field=field,
        )
    role = message.get("role", "user")
    if not isinstance(role, str) or role not in _ROLES:
        raise InvalidInput(
            f"{field}.role cannot be {role!r}.", hint=f"Use one of {sorted(_ROLES)}.", field=f"{field}.role"
        )
    content = message.get("content")
    if role in _INSTRUCTING or (content is None and message.get("tool_calls")):
        return None
    name = message.get("name")
    if name is not None:
        name = clean(name, field=f"{field}.name", max_length=200)
    text, parts = _contents(content, field=f"{field}.content", sees=sees)
    return role, name, text, parts


def _contents(content: object, *, field: str, sees: bool) -> tuple[str, tuple[Mapping[str, Any], ...]]:
    if isinstance(content, str):
        return clean(content, field=field, max_length=MAX_TEXT), ()
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence) or isinstance(content, (bytes, bytearray)):
        raise InvalidInput(
            f"{field} is {type(content).__name__!r}.", hint="It is text or a list of parts.", field=field
        )
    texts: list[str] = []
    parts: list[Mapping[str, Any]] = []
    kinds: list[str] = []
    for number, part in enumerate(content):
        text, other, kind = _part(part, field=f"{field}[{number}]")
        if text.strip():
            texts.append(text)
        if other is not None:
            parts.append(other)
            kinds.append(kind)
    if texts:
        return clean("\n".join(texts), field=field, max_length=MAX_TEXT), tuple(parts) if sees else ()
    if not parts:
        raise InvalidInput(f"{field!r} is empty.", hint="Send at least one visible character.", field=field)
    if not sees:
        raise InvalidInput(
            f"{field} holds no text, only {' and '.join(sorted(set(kinds)))}, and no model is there to look at it.",
            hint="Add a text part that says what it shows, or configure a model that can see.",
            field=field,
        )
    return " ".join(f"[{kind}]" for kind in kinds), tuple(parts)


def _part(part: object, *, field: str) -> tuple[str, Mapping[str, Any] | None, str]:
    """A part's text, or the part as the chat-completions protocol has it, and what it is."""
    if isinstance(part, str):
        return part, None, ""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(part, Mapping) or not isinstance(kind, str):
        raise InvalidInput(
            f"{field} is no content part.", hint='A part is {"type": "text", "text": "..."}.', field=field
        )
    if kind in _TEXT_PARTS:
        text = part.get(_TEXT_PARTS[kind])
        if not isinstance(text, str):
            raise InvalidInput(f"{field}.text is {type(text).__name__!r}, not text.", field=f"{field}.text")
        return text, None, ""
    if kind in ("image_url", "input_image"):
        return "", _image(part, field=field), "image"
    if kind in ("input_audio", "file", "input_file"):
        return _inline(part, kind, field=field)
    raise InvalidInput(
        f"{field} is of type {kind!r}, which is not known.",
        hint="Known are text, image_url, input_audio, file, pdf_url, md_url, mdx_url and txt_url.",
        field=f"{field}.type",
    )


def _image(part: Mapping[str, Any], *, field: str) -> Mapping[str, Any]:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, Mapping) else image
    if not isinstance(url, str) or not url.startswith(("https://", "http://", "data:image/")):
        raise InvalidInput(
            f"{field}.image_url is neither an http(s) URL nor an inline image.",
            hint='It looks like {"url": "https://..."} or {"url": "data:image/png;base64,..."}.',
            field=f"{field}.image_url",
        )
    _check_size(url, field=field)
    detail = image.get("detail") if isinstance(image, Mapping) else part.get("detail")
    return {"type": "image_url", "image_url": {"url": url, **({"detail": detail} if detail else {})}}


def _inline(part: Mapping[str, Any], kind: str, *, field: str) -> tuple[str, Mapping[str, Any] | None, str]:
    name = "input_audio" if kind == "input_audio" else "file"
    body = part.get(name, part)
    if not isinstance(body, Mapping):
        raise InvalidInput(f"{field}.{name} is {type(body).__name__!r}, not an object.", field=field)
    inner = {key: value for key, value in body.items() if key != "type" and isinstance(value, str)}
    if name == "input_audio":
        _check_size(inner.get("data", ""), field=field)
        return "", {"type": name, name: inner}, "audio"
    data = inner.get("file_data", "")
    _check_size(data, field=field)
    if data.startswith(_TEXT_MEDIA):
        return _decoded(data, field=field), None, ""
    if not data and "file_id" not in inner:
        raise InvalidInput(f"{field} names no file.", hint="Give file_data (a data: URL) or file_id.", field=field)
    return "", {"type": "file", "file": inner}, "file"


def _decoded(url: str, *, field: str) -> str:
    head, _, body = url.partition(",")
    try:
        raw = base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
        return raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise InvalidInput(
            f"{field}.file_data cannot be read: {exc}.", hint="Text files are UTF-8, as a data: URL.", field=field
        ) from None


def _check_size(data: str, *, field: str) -> None:
    if len(data) > MAX_PART:
        raise TooLarge(
            f"{field} has {len(data)} characters, more than the {MAX_PART} allowed inline.",
            hint="Send a smaller one, or a URL.",
            field=field,
            limit=MAX_PART,
            actual=len(data),
        )
