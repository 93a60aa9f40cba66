"""Documents in messages: PDF, Markdown, MDX and text parts are read before anything is drawn from them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from anyio import to_thread

from graphmem.errors import InvalidInput, NotSupported, TooLarge
from graphmem.extraction.documents import DocumentKind, kind_of, text_of

__all__ = ["Documents", "Fetch", "Fetched", "outlined"]

MAX_BYTES = 8 * 2**20
"""Bytes of one document: as many as one request to the server may have, unless it is set otherwise."""

MAX_DOCUMENTS = 20
"""Documents in one add."""

TIMEOUT = 30.0
"""Seconds in which a document has to come."""

_KINDS: dict[str, DocumentKind] = {
    "pdf_url": "pdf",
    "txt_url": "text",
    "text_url": "text",
    "md_url": "markdown",
    "mdx_url": "mdx",
}
_FILES = ("file", "input_file")


class Fetched(Protocol):
    """What was found at an address; `media_type` is empty where nothing was said of it."""

    @property
    def content(self) -> bytes:
        """The bytes."""

    @property
    def media_type(self) -> str:
        """What they are, as the server says."""


class Fetch(Protocol):
    """Gets what is at an address, which callers named: guarded, and bounded in size and time."""

    def __call__(self, url: str, *, max_bytes: int, timeout: float, field: str) -> Awaitable[Fetched]:
        """What is there. Raises `InvalidInput` naming `field` for an address that is refused, `TooLarge`,
        `Unavailable`."""


class Documents:
    """Reads documents. `fetch` gets those that are given by their address; without it, such are refused."""

    def __init__(self, fetch: Fetch | None = None) -> None:
        self._fetch = fetch

    async def read(self, messages: Any) -> Any:
        """The messages with each document's text in its place; those without any as they came.

        A PDF without text (a scan) becomes a file for a model to look at. Raises `InvalidInput` naming the place for
        what is broken or refused, `TooLarge`, and `Unavailable` for an address that does not answer.
        """
        if not _has_documents(messages):
            return messages
        found = [part for message in _listed(messages) for part in _parts(message) if _is_document(part)]
        if len(found) > MAX_DOCUMENTS:
            raise TooLarge(
                f"{len(found)} documents are more than the {MAX_DOCUMENTS} allowed at once.",
                hint="Send them in several calls.",
                field="messages",
                limit=MAX_DOCUMENTS,
                actual=len(found),
            )
        read = []
        for number, message in enumerate(_listed(messages)):
            parts = []
            for place, part in enumerate(_parts(message)):
                field = f"messages[{number}].content[{place}]"
                parts.append(await self._text(part, field) if _is_document(part) else part)
            read.append({**message, "content": parts} if parts else message)
        return read

    async def _text(self, part: Mapping[str, Any], field: str) -> Mapping[str, Any]:
        source = _source(part, field)
        if source.url is not None:
            if self._fetch is None:
                raise NotSupported(
                    f"{field} is given by its address, and nothing here fetches any.",
                    hint="Send the document itself, as a data: URL.",
                    field=field,
                )
            fetched = await self._fetch(source.url, max_bytes=MAX_BYTES, timeout=TIMEOUT, field=field)
            source = source._replace(content=fetched.content, media_type=fetched.media_type)
        kind = kind_of(source.media_type, source.name, _KINDS.get(part["type"]))
        if kind is None:
            raise InvalidInput(
                f"{field} is of type {source.media_type!r}, which is not read here.",
                hint="Read are PDF, Markdown, MDX and plain text; send its text as a text part.",
                field=field,
            )
        # In a thread: a long PDF takes seconds, and others are waiting.
        text = await to_thread.run_sync(_read, source.content, kind, field)
        if text:
            return {"type": "text", "text": text}
        if kind != "pdf":
            raise InvalidInput(f"{field} is an empty document.", hint="Send one that has text in it.", field=field)
        data = base64.b64encode(source.content).decode("ascii")
        return _Scan(type="file", file={"filename": "scan.pdf", "file_data": f"data:application/pdf;base64,{data}"})


def outlined(messages: Any) -> Any:
    """The messages with a word in place of each document, which is only looked at from outside: to check the rest.

    Raises `InvalidInput` for a document that is neither an address nor data, `TooLarge`.
    """
    if not _has_documents(messages):
        return messages
    outline = []
    for number, message in enumerate(_listed(messages)):
        parts = []
        for place, part in enumerate(_parts(message)):
            if _is_document(part):
                _source(part, f"messages[{number}].content[{place}]")
                part = {"type": "text", "text": "[document]"}
            parts.append(part)
        outline.append({**message, "content": parts} if parts else message)
    return outline


def _read(content: bytes, kind: DocumentKind, field: str) -> str:
    return text_of(content, kind, field=field)


# -- where they are


class _Scan(dict[str, Any]):
    """A PDF that was read and has no words in it: not to be read again."""


class _Source(NamedTuple):
    """A document as it was given: its bytes, or the address to get them from."""

    content: bytes = b""
    media_type: str = ""
    name: str = ""
    url: str | None = None


def _has_documents(messages: Any) -> bool:
    return any(_is_document(part) for message in _listed(messages) for part in _parts(message))


def _listed(messages: Any) -> Sequence[Any]:
    if isinstance(messages, Mapping):
        return [messages]
    return messages if isinstance(messages, list | tuple) else ()


def _parts(message: Any) -> Sequence[Any]:
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, Mapping):
        return [content]
    return content if isinstance(content, list | tuple) else ()


def _is_document(part: Any) -> bool:
    if not isinstance(part, Mapping) or isinstance(part, _Scan) or not isinstance(kind := part.get("type"), str):
        return False
    return kind in _KINDS or (kind in _FILES and _file_kind(part) is not None)


def _file_kind(part: Mapping[str, Any]) -> DocumentKind | None:
    """What a file of the OpenAI format is, if it is a document that is read here and its data came along."""
    inner = part.get("file", part)
    data, name = (inner.get(key) for key in ("file_data", "filename")) if isinstance(inner, Mapping) else (None, None)
    if not isinstance(data, str) or not data:
        return None
    media_type = data[5:].partition(",")[0] if data.startswith("data:") else ""
    kind = kind_of(media_type, name if isinstance(name, str) else "")
    return None if kind == "text" else kind  # plain text is read as it is, with the message


def _source(part: Mapping[str, Any], field: str) -> _Source:
    kind = part["type"]
    if kind in _FILES:
        inner = part.get("file", part)
        name = inner.get("filename")
        return _inline(inner["file_data"], field, name if isinstance(name, str) else "")
    inner = part.get(kind)
    given = inner.get("url") if isinstance(inner, Mapping) else inner
    if not isinstance(given, str) or not given.strip():
        raise InvalidInput(
            f"{field}.{kind} names no document.",
            hint=f'Write {{"type": "{kind}", "{kind}": {{"url": "https://…"}}}}; a data: URL or base64 will do, too.',
            field=f"{field}.{kind}",
        )
    given = given.strip()
    if given.lower().startswith(("http://", "https://")):
        return _Source(name=urlsplit(given).path, url=given)
    return _inline(given, field, "")


def _inline(given: str, field: str, name: str) -> _Source:
    """A document that came along: a data: URL, or bare base64."""
    if len(given) > MAX_BYTES * 4 // 3 + 1024:
        raise _too_large(field, len(given) * 3 // 4)
    head, comma, body = given.partition(",")
    is_url = given[:5].lower() == "data:" and bool(comma)
    media_type = head[5:].partition(";")[0].strip().lower() if is_url else ""
    try:
        if is_url and not head.lower().endswith(";base64"):
            content = unquote_to_bytes(body)
        else:
            content = base64.b64decode("".join((body if is_url else given).split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            f"{field} is neither an http(s) URL nor a document in base64.",
            hint='Send "https://…", "data:application/pdf;base64,…", or base64 alone.',
            field=field,
        ) from None
    if len(content) > MAX_BYTES:
        raise _too_large(field, len(content))
    return _Source(content=content, media_type=media_type, name=name)


def _too_large(field: str, actual: int) -> TooLarge:
    return TooLarge(
        f"{field} has {actual} bytes, more than the {MAX_BYTES} allowed.",
        hint="Send it in parts.",
        field=field,
        limit=MAX_BYTES,
        actual=actual,
    )
