"""Takes the pictures of docs/browser.md again: `python -m tests.support.neo4j_local.pictures [OUT]`.

It needs Playwright (`pip install playwright pillow`, no dependencies of the project) and a Chromium at CHROMIUM.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from graphmem import Memory, Settings
from tests.support.neo4j_local.server import local_server

ROOT = Path(__file__).parents[3]
QUERIES = ROOT / "cypher" / "browser"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SETTLED = 6_000
"""Milliseconds that the Browser gets to lay a graph out."""

PICTURES = ("connected", "why", "contradictions")
PARAMETERS = "// In Neo4j Browser, first:"

PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""
"""Pasted, because typed text gets closing brackets of the editor's own."""


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "assets"
    with local_server() as server:
        remember(server.url)
        with opened(server.browser) as page:
            shoot(page, out)


def shoot(page: Page, out: Path) -> None:
    """All pictures, into a folder."""
    run(page, ":config autoComplete: false")  # only what a query returns
    run(page, ":style " + (QUERIES / "graphmem.grass").read_text())
    for name in PICTURES:
        text = (QUERIES / f"{name}.cypher").read_text()
        header = next(line for line in text.splitlines() if line.startswith(PARAMETERS))
        run(page, header.removeprefix(PARAMETERS).strip())
        run(page, text)
        path = out / f"browser-{name}.png"
        save(picture(page), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} KB")


def remember(url: str) -> None:
    """The demo's conversation."""
    script = json.loads((ROOT / "graphmem" / "cli" / "demo.json").read_text())
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), extractor="rules")
        with Memory(url, settings=settings) as memory:
            for message in script["conversation"]:
                memory.add(message["content"], user_id="ana", timestamp=message["said"])


@contextmanager
def opened(link: str) -> Iterator[Page]:
    """The Browser, connected, with nothing else on its stream."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1000, "height": 640}, device_scale_factor=1.5)
        page = context.new_page()
        page.goto(link)
        page.get_by_test_id("authenticationMethod").select_option("NO_AUTH")
        page.get_by_test_id("connect").click()
        page.get_by_test_id("connect").wait_for(state="detached")
        yield page
        chromium.close()


def run(page: Page, text: str) -> None:
    """Paste it into the editor and run it, alone on the stream."""
    page.locator("[data-testid=activeEditor] .monaco-editor").first.click()
    page.evaluate(PASTE, text)
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(1_000)


def picture(page: Page) -> bytes:
    """The newest frame, as large as the window, once its graph has come to rest."""
    frame: Locator = page.get_by_test_id("frame").first
    frame.get_by_title("Fullscreen").click()
    page.wait_for_timeout(SETTLED)
    for pane in frame.get_by_title("Collapse the node properties display").all():
        pane.click()  # The Browser remembers it for the frames after it.
    frame.get_by_label("zoom-to-fit").click()
    page.wait_for_timeout(1_000)
    shot = frame.screenshot()
    frame.get_by_title("Close fullscreen").click()
    return shot


def save(png: bytes, path: Path) -> None:
    """With 256 colours; a graph has few."""
    colours: Any = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    colours.save(path, optimize=True)


if __name__ == "__main__":
    main()
