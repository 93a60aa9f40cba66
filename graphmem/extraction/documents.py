"""Documents as text: PDF, Markdown, MDX and plain text, from their bytes.

What is worth remembering is in the words: headings, paragraphs, lists, tables and code stay, with their line ends;
marks, links' addresses, pictures and, in MDX, imports, exports, tags and expressions go.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from graphmem.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

__all__ = ["DocumentKind", "kind_of", "text_of"]

DocumentKind = Literal["pdf", "markdown", "mdx", "text"]

MAX_PAGES = 2_000
"""Pages of a PDF: more take minutes to read."""

MAX_TEXT = 2**20
"""Characters of a document, as of any message."""

_KINDS: dict[str, DocumentKind] = {
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/mdx": "mdx",
    "text/plain": "text",
    "application/json": "text",
}
_ENDINGS: dict[str, DocumentKind] = {
    ".pdf": "pdf",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "mdx",
    ".txt": "text",
}
_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain"})
"""Media types that servers give to anything: the name, and who sent it, know better."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def kind_of(media_type: str, name: str = "", expected: DocumentKind | None = None) -> DocumentKind | None:
    """What a document is by its media type, else by the end of its name, else what was expected; None: unknown."""
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type not in _UNSAID:
        known = _KINDS.get(media_type)
        is_plain = media_type.startswith("text/") and media_type != "text/html"
        return expected if known is None and is_plain and expected != "pdf" else known
    ending = next((kind for end, kind in _ENDINGS.items() if name.lower().endswith(end)), None)
    return ending or expected or _KINDS.get(media_type)


def text_of(content: bytes, kind: DocumentKind, *, field: str) -> str:
    """The words of a document; empty if it has none (a scanned PDF).

    Raises `InvalidInput` naming `field` for what is broken, encrypted or no UTF-8, `TooLarge` for more than 2,000 pages
    or 2**20 characters.
    """
    if content[:1024].lstrip().startswith(b"%PDF-"):
        kind = "pdf"
    text = _pdf(content, field) if kind == "pdf" else _decoded(content, field)
    if kind == "markdown":
        text = _plain(text)
    elif kind == "mdx":
        text = _plain(_without_jsx(text))
    text = re.sub(r"[ \t]+\n", "\n", text.replace("\r\n", "\n"))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) > MAX_TEXT:
        raise _too_long(field, len(text))
    return text


# -- PDF


def _pdf(content: bytes, field: str) -> str:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileNotDecryptedError("it needs a password")
        if len(reader.pages) > MAX_PAGES:
            raise TooLarge(
                f"{field} is a PDF of {len(reader.pages)} pages, more than the {MAX_PAGES} allowed.",
                hint="Send it in parts.",
                field=field,
                limit=MAX_PAGES,
                actual=len(reader.pages),
            )
        return _storable(_pages(reader.pages, field))
    except TooLarge:
        raise
    except (FileNotDecryptedError, DependencyError):
        raise InvalidInput(
            f"{field} is an encrypted PDF.", hint="Save it without a password, or send its text.", field=field
        ) from None
    except Exception as error:  # whatever a broken file makes of its reader
        raise InvalidInput(
            f"{field} is no PDF that can be read: {type(error).__name__}.",
            hint="Save it anew, or send its text.",
            field=field,
        ) from error


def _pages(pages: Sequence[object], field: str) -> str:
    texts, length = [], 0
    for page in pages:
        text = page.extract_text()  # type: ignore[attr-defined]
        length += len(text)
        if length > MAX_TEXT:
            raise _too_long(field, length)
        texts.append(text)
    return "\n\n".join(texts)


def _storable(text: str) -> str:
    """Without what fonts that lie about their letters leave: NULs and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def _too_long(field: str, length: int) -> TooLarge:
    return TooLarge(
        f"{field} holds {length} characters or more, and {MAX_TEXT} are allowed.",
        hint="Send it in parts.",
        field=field,
        limit=MAX_TEXT,
        actual=length,
    )


# -- text


def _decoded(content: bytes, field: str) -> str:
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{field} is no text in UTF-8: byte {error.start + 1} cannot be read.",
            hint="Save it as UTF-8, or say what it is by its part's type.",
            field=field,
        ) from None


# -- Markdown

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\s*\n", re.DOTALL)


def _plain(text: str) -> str:
    """Markdown without its marks."""
    from markdown_it import MarkdownIt

    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n"))
    return "".join(_written(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)))


def _written(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(_inline(token.children or []))
        elif token.type in ("code_block", "fence"):
            yield f"{token.content}\n"
        elif token.type == "list_item_open":
            yield "- "
        elif token.type in ("td_close", "th_close"):
            yield " | "
        elif token.type == "html_block":
            yield f"{_TAG.sub('', _COMMENT.sub('', token.content)).strip()}\n"
        elif token.type in ("heading_close", "bullet_list_close", "ordered_list_close", "table_close"):
            yield "\n\n" if token.level == 0 else "\n"
        elif token.type == "paragraph_close":
            yield "\n" if token.hidden or token.level else "\n\n"
        elif token.type == "tr_close":
            yield "\n"


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif token.type == "image":
            yield token.content


_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)

# -- MDX

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_MODULE = re.compile(r"(?:import|export)\s")
_OPENING, _CLOSING = "([{", ")]}"


def _without_jsx(text: str) -> str:
    """MDX as Markdown: fenced code stays, the rest loses its imports and exports, tags and expressions."""
    kept: list[str] = []
    run: list[str] = []
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            kept.append(line)
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            kept += _prose(run)
            run = []
            kept.append(line)
            fence = mark[1]
        else:
            run.append(line)
    return "\n".join([*kept, *_prose(run)])


def _prose(lines: list[str]) -> list[str]:
    said: list[str] = []
    depth = 0  # of brackets open in an import or export
    for line in lines:
        if depth > 0 or _MODULE.match(line):
            depth = max(0, depth + sum((each in _OPENING) - (each in _CLOSING) for each in line))
        else:
            said.append(line)
    parts = _CODE.split("\n".join(said))
    text = "".join(part if at % 2 else _JSX.sub("", _without_braces(part)) for at, part in enumerate(parts))
    # What stood inside tags is indented, and would be taken for code.
    return [line.strip() if line.startswith("    ") else line for line in text.split("\n")]


_CODE = re.compile(r"(`[^`\n]*`)")
_JSX = re.compile(r"""</?> | </?[A-Za-z][\w.:-]*+ (?:[^<>"'] | "[^"\n]{0,500}" | '[^'\n]{0,500}')*+ >""", re.VERBOSE)


def _without_braces(text: str) -> str:
    """Without `{expressions}`; a brace that never closes, or is escaped, stays."""
    open_ones: list[int] = []
    spans: list[tuple[int, int]] = []
    for match in re.finditer(r"\\.|[{}]", text):
        if match[0] == "{":
            open_ones.append(match.start())
        elif match[0] == "}" and open_ones:
            start = open_ones.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, match.end()))
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])
