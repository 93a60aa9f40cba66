"""Documents become text: what is written in them stays, what only shapes it goes, and what is broken says so."""

from __future__ import annotations

import io
import time

import pytest

from graphmem.errors import InvalidInput, TooLarge
from graphmem.extraction.documents import kind_of, text_of


def pdf(*pages: str, password: str | None = None) -> bytes:
    """A PDF with a line of text on each page."""
    from pypdf import PdfReader, PdfWriter

    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for text in pages:
        shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        stream = f"BT /F1 12 Tf 72 720 Td ({shown}) Tj ET" if text else ""
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    written = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    written += end.encode("latin-1")
    if password is None:
        return written
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(written)))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page() -> None:
    assert text_of(pdf("Ana lives in Lisbon (Alfama).", "She sings."), "pdf", field="x") == (
        "Ana lives in Lisbon (Alfama).\n\nShe sings."
    )


def test_a_pdf_is_one_whatever_it_is_called() -> None:
    assert text_of(pdf("Ana sings."), "text", field="x") == "Ana sings."


def test_a_scan_has_no_words() -> None:
    assert text_of(pdf(""), "pdf", field="x") == ""


def test_a_pdf_that_is_open_to_all_is_read() -> None:
    assert text_of(pdf("Ana sings.", password=""), "pdf", field="x") == "Ana sings."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (pdf("Secret", password="opensesame"), "is an encrypted PDF"),
        (b"%PDF-1.4\nnothing else", "is no PDF that can be read"),
        (b"hello", "is no PDF that can be read"),
        (b"", "is no PDF that can be read"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        text_of(content, "pdf", field="messages[0]")
    assert caught.value.field == "messages[0]"


def test_what_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        text_of(b"x" * (2**20 + 1), "text", field="x")
    monkeypatch.setattr("graphmem.extraction.documents.MAX_TEXT", 10)
    with pytest.raises(TooLarge):
        text_of(pdf("some words", "and more"), "pdf", field="x")
    monkeypatch.setattr("graphmem.extraction.documents.MAX_PAGES", 1)
    with pytest.raises(TooLarge, match="2 pages"):
        text_of(pdf("a", "b"), "pdf", field="x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Olá".encode(), "Olá"),
        (b"\xef\xbb\xbf" + "Olá".encode(), "Olá"),
        ("Olá".encode("utf-16"), "Olá"),
        (b"one  \r\ntwo\r\n\r\n\r\n\r\nthree", "one\ntwo\n\nthree"),
    ],
)
def test_text_is_decoded(content: bytes, text: str) -> None:
    assert text_of(content, "text", field="x") == text


def test_text_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(InvalidInput, match="byte 3"):
        text_of(b"ab\xff", "markdown", field="x")


MARKDOWN = """---
title: not this
---
# Ana's *plan*

She **moves** to [Lisbon](https://example.com/lisbon)
in `May`. ![a flat](flat.png)

- tea
- figs
  - dried

1. first
2. second

> quoted

| who | what |
|---|---|
| Ana | sings |

```py
x = 1 < 2
```
<div class="x">in a <b>box</b><!-- hidden --></div>

~~gone~~ A &amp; B
"""


def test_markdown_keeps_its_words() -> None:
    text = text_of(MARKDOWN.encode(), "markdown", field="x")
    assert text.splitlines()[0] == "Ana's plan"
    for kept in (
        *("She moves to Lisbon\nin May. a flat", "- tea\n- figs\n- dried", "- first\n- second", "quoted"),
        *("who | what |", "Ana | sings |", "x = 1 < 2", "in a box", "gone A & B"),
    ):
        assert kept in text
    for lost in ("title", "example.com", "flat.png", "**", "```", "<div", "hidden", "|---"):
        assert lost not in text


MDX = """import { Chart } from '../components/chart'
import Snippet from "./s"
export const meta = {
  title: 'Weather',
}

# Hello <Name first="A>B" />!

Import duties are high, and 2 < 3.

<Chart year={2018} render={() => <b>no</b>} color="#fc>b32">
    The **snow** of 2018

</Chart>

{/* a comment
over lines */}
Use `{braces}` and \\{these\\}, {props.name} too.

```js
import x from 'y'
const a = {b: <C/>}
```

<>
loose
</>
"""


def test_mdx_loses_its_code_and_keeps_its_words() -> None:
    text = text_of(MDX.encode(), "mdx", field="x")
    for kept in (
        *("Hello !", "Import duties are high, and 2 < 3.", "The snow of 2018", "Use {braces} and {these},  too."),
        *("import x from 'y'", "const a = {b: <C/>}", "loose"),
    ):
        assert kept in text
    for lost in ("Chart", "meta", "Weather", "Snippet", "a comment", "props", "2018}", "color", "no</b>"):
        assert lost not in text


@pytest.mark.parametrize(
    "piece", ["<a ", "{", "`", "<a '", "{{}", "<", "}", "[", "*a", "- ", "> ", "|", "(", '<a "b" ', "_a"]
)
def test_odd_markdown_is_soon_read(piece: str) -> None:
    started = time.perf_counter()
    text_of((piece * 20_000).encode(), "mdx", field="x")
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    ("media_type", "name", "expected", "kind"),
    [
        ("application/pdf", "x.txt", None, "pdf"),
        ("Text/Markdown; charset=utf-8", "", None, "markdown"),
        ("text/plain", "/notes/README.md", "mdx", "markdown"),
        ("", "page.MDX", None, "mdx"),
        ("application/octet-stream", "", "pdf", "pdf"),
        ("text/plain", "", None, "text"),
        ("text/plain", "x", "mdx", "mdx"),
        ("text/x-log", "", "text", "text"),
        ("text/html", "", "text", None),
        ("text/x-log", "", "pdf", None),
        ("image/png", "x.pdf", "pdf", None),
        ("", "x.docx", None, None),
    ],
)
def test_what_a_document_is(media_type: str, name: str, expected: str | None, kind: str | None) -> None:
    assert kind_of(media_type, name, expected) == kind  # type: ignore[arg-type]
