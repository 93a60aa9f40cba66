"""Documents in messages: read, wherever they come from, before anything is drawn from them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.engine.documents import MAX_BYTES, TIMEOUT
from graphmem.errors import InvalidInput, NotSupported, TooLarge, Unavailable
from graphmem.extraction.model import ModelExtractor
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings
from tests.support.receiver import Answer, Receiver
from tests.unit.extraction.test_documents import pdf

pytestmark = pytest.mark.anyio


def encoded(content: bytes, media_type: str | None = None) -> str:
    data = base64.b64encode(content).decode()
    return data if media_type is None else f"data:{media_type};base64,{data}"


def part(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": url}}


def message(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


PDF = pdf("I live in Lisbon.")
LIVES = "Ana lives in Lisbon."


async def texts(memory: LocalBackend, messages: Any, **more: Any) -> list[str]:
    added = await memory.add({"messages": messages, "user_id": "ana", **more})
    return [each["memory"] for each in added["results"]]


@pytest.mark.parametrize(
    "given",
    [
        part("pdf_url", encoded(PDF)),
        part("pdf_url", encoded(PDF, "application/pdf")),
        {"type": "pdf_url", "pdf_url": encoded(PDF, "application/pdf")},
        {"type": "file", "file": {"filename": "home.pdf", "file_data": encoded(PDF, "application/pdf")}},
        {"type": "input_file", "filename": "home.pdf", "file_data": encoded(PDF)},
        part("mdx_url", encoded(b"import X from 'x'\n\n**I live in Lisbon.** <X/>")),
        part("md_url", encoded(b"# I live in *Lisbon*.", "text/markdown")),
        part("txt_url", encoded(b"I live in Lisbon.", "text/plain")),
        part("txt_url", "data:text/plain,I%20live%20in%20Lisbon."),
        {"type": "file", "file": {"file_data": encoded(b"I live in **Lisbon**.", "text/markdown")}},
        {"type": "file", "file": {"file_data": encoded(b"I live in Lisbon.", "text/plain")}},
    ],
    ids=lambda given: given["type"],
)
async def test_every_kind_is_read(memory: LocalBackend, given: Any) -> None:
    assert await texts(memory, message(given)) == [LIVES]


async def test_a_document_may_be_the_whole_content(memory: LocalBackend) -> None:
    alone = {"role": "user", "content": part("pdf_url", encoded(PDF))}
    assert await texts(memory, alone) == [LIVES]


async def test_words_around_it_stay_and_verbatim_keeps_all_as_one(memory: LocalBackend) -> None:
    said = [
        {"role": "user", "content": "Hello"},
        message({"type": "text", "text": "See:"}, part("pdf_url", encoded(PDF))),
    ]
    assert await texts(memory, said, infer=False) == ["Hello", "See:\nI live in Lisbon."]


async def test_many_are_read_before_any_is_written(memory: LocalBackend) -> None:
    good = {"messages": message(part("pdf_url", encoded(PDF))), "user_id": "ana", "infer": False}
    bad = {"messages": message(part("pdf_url", encoded(b"%PDF-1.4"))), "user_id": "ana", "infer": False}
    with pytest.raises(InvalidInput, match="no PDF"):
        await memory.add_many([good, bad])
    assert (await memory.stats())["memories"] == 0
    answers = await memory.add_many([good, good])
    assert [each["results"][0]["memory"] for each in answers] == ["I live in Lisbon."] * 2


@pytest.mark.parametrize(
    ("messages", "kind", "field"),
    [
        (message(part("pdf_url", "")), InvalidInput, "messages[0].content[0].pdf_url"),
        (message({"type": "pdf_url"}), InvalidInput, "messages[0].content[0].pdf_url"),
        (message(part("pdf_url", "ftp://example.com/a.pdf")), InvalidInput, "messages[0].content[0]"),
        (message("see", part("txt_url", "%%%")), InvalidInput, "messages[0].content[1]"),
        (message(part("txt_url", encoded(b" "))), InvalidInput, "messages[0].content[0]"),
        (message(part("txt_url", encoded(b"<p>x", "text/html"))), InvalidInput, "messages[0].content[0]"),
        (message(part("txt_url", encoded(b"\xff"))), InvalidInput, "messages[0].content[0]"),
        (message(part("pdf_url", encoded(pdf("")))), InvalidInput, "messages[0].content"),
        (message(part("txt_url", encoded(b"x" * (MAX_BYTES + 1)))), TooLarge, "messages[0].content[0]"),
        (message(part("txt_url", "A" * (2 * MAX_BYTES))), TooLarge, "messages[0].content[0]"),
        (message(part("txt_url", encoded(b"x" * (2**20 + 1)))), TooLarge, "messages[0].content[0]"),
        (message(*[part("txt_url", encoded(b"x"))] * 21), TooLarge, "messages"),
        (message(part("docx_url", encoded(b"x"))), InvalidInput, "messages[0].content[0].type"),
    ],
)
async def test_what_cannot_be_read_is_named(
    memory: LocalBackend, messages: Any, kind: type[InvalidInput], field: str
) -> None:
    with pytest.raises(kind) as caught:
        await texts(memory, messages)
    assert caught.value.field == field
    assert caught.value.hint
    assert (await memory.stats())["memories"] == 0


# -- by address


@dataclass
class Page:
    content: bytes
    media_type: str = ""


class Web:
    """Stands where addresses are fetched, and notes how it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | Exception] = {}
        self.asked: list[tuple[str, int, float]] = []

    async def __call__(self, url: str, *, max_bytes: int, timeout: float, field: str) -> Page:
        self.asked.append((url, max_bytes, timeout))
        assert field.startswith("messages[0].content[")
        page = self.pages[url]
        if isinstance(page, Exception):
            raise page
        return page


@pytest.fixture
async def online(place: Path) -> AsyncIterator[tuple[LocalBackend, Web, ScriptedChat]]:
    web, chat = Web(), ScriptedChat({"": {"memories": []}})
    parts = replace(assemble(Settings(extractor="rules"), place / "memory").parts, fetch=web)
    backend = LocalBackend(Engine(parts))
    await backend.open()
    yield backend, web, chat
    await backend.aclose()


@pytest.mark.parametrize(
    ("url", "kind", "page"),
    [
        ("https://example.com/a.pdf", "pdf_url", Page(PDF, "application/pdf")),
        ("https://example.com/a?x=1", "pdf_url", Page(PDF, "application/octet-stream")),
        ("https://example.com/README.md", "mdx_url", Page(b"*I live in Lisbon.*", "text/plain")),
        ("http://example.com/a.mdx", "mdx_url", Page(b"<B>I live in Lisbon.</B>", "text/plain")),
        ("https://example.com/notes", "txt_url", Page(b"I live in Lisbon.", "text/plain")),
    ],
)
async def test_an_address_is_fetched(
    online: tuple[LocalBackend, Web, ScriptedChat], url: str, kind: str, page: Page
) -> None:
    memory, web, _ = online
    web.pages[url] = page
    assert await texts(memory, message(part(kind, url))) == [LIVES]
    assert web.asked == [(url, MAX_BYTES, TIMEOUT)]


async def test_what_the_web_says_is_passed_on(online: tuple[LocalBackend, Web, ScriptedChat]) -> None:
    memory, web, _ = online
    web.pages = {
        "https://example.com/down": Unavailable("It does not answer."),
        "http://10.0.0.1/x": InvalidInput("That is a private address.", field="url"),
        "https://example.com/page": Page(b"<html>", "text/html"),
    }
    for url, kind in (
        ("https://example.com/down", Unavailable),
        ("http://10.0.0.1/x", InvalidInput),
        ("https://example.com/page", InvalidInput),
    ):
        with pytest.raises(kind):
            await texts(memory, message(part("txt_url", url)))
    assert (await memory.stats())["memories"] == 0


async def test_a_real_address_is_fetched_where_it_may_be(place: Path) -> None:
    page = Answer(headers={"Content-Type": "application/pdf"}, pieces=(PDF,))
    with Receiver(page) as server:
        for allowed in (False, True):
            settings = Settings(extractor="rules", allow_private_urls=allowed)
            memory = LocalBackend(assemble(settings, place / f"allowed-{allowed}"))
            await memory.open()
            try:
                if allowed:
                    assert await texts(memory, message(part("pdf_url", server.url))) == [LIVES]
                    continue
                with pytest.raises(InvalidInput, match="not on the open internet"):
                    await texts(memory, message(part("pdf_url", server.url)))
                assert server.got == []
            finally:
                await memory.aclose()


async def test_without_anything_that_fetches_addresses_are_refused(memory: LocalBackend) -> None:
    engine = Engine(replace(memory.engine.parts, fetch=None))
    with pytest.raises(NotSupported, match="address"):
        await engine.remember._documents.read(message(part("pdf_url", "https://example.com/a.pdf")))


async def test_checking_an_add_fetches_nothing(online: tuple[LocalBackend, Web, ScriptedChat]) -> None:
    from graphmem.engine.documents import outlined

    _, web, _ = online
    said = [message("see", part("pdf_url", "https://example.com/a.pdf")), {"role": "user", "content": "Hi"}]
    assert outlined(said) == [message("see", {"type": "text", "text": "[document]"}), {"role": "user", "content": "Hi"}]
    with pytest.raises(InvalidInput):
        outlined([message(part("pdf_url", "nowhere"))])
    assert web.asked == []


# -- with a model


async def test_a_model_is_shown_the_words_and_of_a_scan_the_file(place: Path) -> None:
    chat = ScriptedChat({"": {"memories": []}})
    parts = replace(assemble(Settings(extractor="rules"), place / "memory").parts, extractor=ModelExtractor(chat))
    backend = LocalBackend(Engine(parts))
    await backend.open()
    await texts(backend, message(part("pdf_url", encoded(PDF))))
    assert "I live in Lisbon." in chat.asked[0].text
    scan = pdf("")
    await texts(backend, message(part("pdf_url", encoded(scan))))
    [*_, shown] = chat.asked[1].messages[1].content
    assert shown["file"]["file_data"] == encoded(scan, "application/pdf")  # type: ignore[index]
    await backend.aclose()
