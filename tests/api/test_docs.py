"""The page at /docs works where there is no network: what it refers to is served here."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import URL

pytestmark = pytest.mark.anyio


class References(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


def loaded(page: str) -> list[str]:
    """The tags' references, and the document that the script is told to read; an empty picture is no reference."""
    said = re.findall(r"""\burl: ['"]([^'"]*)""", page)
    assert len(said) == 1
    return [each for each in (*References(page).found, *said) if each != "data:,"]


async def test_everything_it_refers_to_is_served_here(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in re.sub(r"<!--.*?-->", "", page.text)
    kinds = {}
    for reference in loaded(page.text):
        assert reference.startswith("/")
        answer = await client.get(reference)
        assert answer.status_code == 200, reference
        kinds[answer.headers["content-type"].partition(";")[0]] = answer.text
    assert set(kinds) == {"text/css", "text/javascript", "application/json"}
    assert "SwaggerUIBundle" in kinds["text/javascript"]
    assert ".swagger-ui" in kinds["text/css"]


async def test_the_style_refers_to_nothing_elsewhere(client: httpx.AsyncClient) -> None:
    style = (await client.get("/docs/swagger-ui.css")).text
    assert "@import" not in style
    loads = re.findall(r"url\(\s*['\"]?([^'\")]{1,40})", style)
    assert [each for each in loads if not each.startswith("data:")] == []


async def test_no_service_is_told_of_the_document(client: httpx.AsyncClient) -> None:
    """Swagger UI shows a badge that it asks a service on the web for, unless it is told not to."""
    assert '"validatorUrl": null' in (await client.get("/docs")).text


async def test_behind_a_proxy_it_refers_to_what_the_proxy_passes(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, root_path="/memory")
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        page = (await client.get("/memory/docs")).text
        for reference in loaded(page):
            assert reference.startswith("/memory/")
            assert (await client.get(reference)).status_code == 200, reference


async def test_nothing_else_of_the_package_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs/redoc.standalone.js")).status_code == 404
