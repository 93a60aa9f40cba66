"""Memories in and out as JSON lines, streamed."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import count
from typing import IO, Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from graphmem.errors import DiskFull, TooLarge

from ..deps import Owner
from ..wire import Json
from .schemas import ExportQuery, ImportQuery, ImportResult

__all__ = ["IMPORT", "router"]

router = APIRouter(tags=["transfer"])

NDJSON = "application/x-ndjson"

IMPORT = "/import"
"""The one path whose body may have any length."""

PIECE = 65_536
"""Characters gathered before they are sent."""

MAX_LINE = 8 * 2**20
"""Bytes in one line of an import."""

_LINES = {NDJSON: {"schema": {"type": "string", "description": "One JSON object a line."}}}


@router.get(
    "/export", response_class=StreamingResponse, responses={200: {"description": "JSON lines.", "content": _LINES}}
)
async def export(query: Annotated[ExportQuery, Query()], backend: Owner) -> StreamingResponse:
    """Everything of the project as JSON lines that an import reads back: same ids, dates, history."""
    lines = backend.export(query.arguments())
    # The first line is drawn before the answer begins: what is wrong with the request shows there.
    first = await anext(lines, "")
    return _Streamed(_pieces(first, lines), media_type=NDJSON)


class _Streamed(StreamingResponse):
    """A stream that is closed at its end, and at once when the caller hangs up: an export holds a transaction open."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], *, media_type: str) -> None:
        super().__init__(pieces, media_type=media_type)
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().stream_response(send)


async def _pieces(first: str, lines: AsyncGenerator[str, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(lines):
        gathered, length = [first], len(first)
        async for line in lines:
            gathered.append(line)
            length += len(line)
            if length >= PIECE:
                yield _joined(gathered)
                gathered, length = [], 0
        yield _joined(gathered)


def _joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@router.post(
    IMPORT,
    name="import",
    response_model=ImportResult,
    openapi_extra={"requestBody": {"required": True, "content": {**_LINES, "text/plain": _LINES[NDJSON]}}},
)
async def import_lines(request: Request, query: Annotated[ImportQuery, Query()], backend: Owner) -> Json:
    """Read JSON lines: an export, or one object of an add's arguments a line.

    An interrupted import of the same name goes on where it stopped. Lines that cannot be taken are reported.
    """
    # To a nameless file first: the lines are wanted one by one, at the pace of the store, and may be many.
    with tempfile.TemporaryFile() as spool:
        try:
            async for piece in request.stream():
                spool.write(piece)
            spool.seek(0)
        except OSError as error:
            raise DiskFull(
                "There is no room on the server to take the import in.",
                hint="Free some space, or import from the server.",
            ) from error
        return Json(await backend.import_lines(_lines(spool), query.name, query.defaults or {}))


def _lines(spool: IO[bytes]) -> Iterator[str]:
    for number in count(1):
        line = spool.readline(MAX_LINE + 1)
        if not line:
            return
        if len(line) > MAX_LINE:
            raise TooLarge(
                f"Line {number} has more than {MAX_LINE} bytes.",
                hint="Earlier lines are kept; import it again under the same name without this line.",
                limit=MAX_LINE,
            )
        # Bytes that are no UTF-8 become halves of surrogate pairs, for which the line is refused by its number.
        yield line.decode("utf-8", "surrogateescape")
