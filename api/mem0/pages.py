"""Numbered pages over a listing that is written to meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import URL

from graphmem.engine.read import Read
from graphmem.errors import NotFound
from graphmem.models import Memory
from graphmem.queries import MemoryQuery, Page, View

__all__ = ["Envelope", "Pages", "Wanted", "envelope", "sliced"]

KEPT = 10_000
"""Places remembered; the least recently used are forgotten first. One takes about a quarter of a kilobyte."""

Envelope = dict[str, Any]
"""`count`, `next`, `previous`, `results`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page: `number` from 1 up, of `size` results. `asked`: the caller spoke of pages at all."""

    number: int = 1
    size: int = 100
    asked: bool = False

    @property
    def offset(self) -> int:
        """How many results come before it."""
        return (self.number - 1) * self.size


class Pages:
    """Where pages begin.

    Who walks from page to page neither misses nor meets a memory twice, whatever is added or deleted on the way: the
    place where a page ended is kept for the next one. A page asked for out of the blue is counted out from the newest
    memory. Places are kept in this process; another one counts.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._places: OrderedDict[Hashable, str | None] = OrderedDict()

    async def page(self, read: Read, view: View, wanted: Wanted, walker: Hashable) -> Page[Memory]:
        """The page. `walker` tells apart who walks. Raises `NotFound` beyond the last page."""
        key = (walker, view, wanted.size)
        begun = wanted.number > 1 and (key, wanted.number) in self._places
        cursor = self._places[(key, wanted.number)] if begun else None
        if begun and cursor is None:
            raise _no_page()
        query = MemoryQuery(view=view, limit=wanted.size, cursor=cursor, offset=0 if cursor else wanted.offset)
        page = await read.find(query)
        if not page.items and wanted.number > 1 and not begun:
            raise _no_page()
        self._keep((key, wanted.number + 1), page.cursor)
        return page

    def _keep(self, key: Hashable, cursor: str | None) -> None:
        self._places[key] = cursor
        self._places.move_to_end(key)
        while len(self._places) > self._kept:
            self._places.popitem(last=False)


def envelope(url: URL, wanted: Wanted, results: list[Any], count: int, *, more: bool) -> Envelope:
    """A page's results as paginated answers have them, with the addresses of the pages around it."""
    return {
        "count": count,
        "next": _address(url, wanted, wanted.number + 1) if more else None,
        "previous": _address(url, wanted, wanted.number - 1) if wanted.number > 1 else None,
        "results": results,
    }


def sliced(url: URL, wanted: Wanted, everything: list[Any]) -> Envelope:
    """A page of a list that is there as a whole. Raises `NotFound` beyond the last page."""
    results = everything[wanted.offset : wanted.offset + wanted.size]
    if not results and wanted.number > 1:
        raise _no_page()
    more = wanted.offset + wanted.size < len(everything)
    return envelope(url, wanted, results, len(everything), more=more)


def _address(url: URL, wanted: Wanted, number: int) -> str:
    kept = [(name, value) for name, value in parse_qsl(url.query) if name not in ("page", "page_size")]
    query = urlencode([*kept, ("page", number), ("page_size", wanted.size)])
    return str(url.replace(path=f"{quote(url.path.rstrip('/'))}/", query=query))


def _no_page() -> NotFound:
    return NotFound("Invalid page.", kind="page")
