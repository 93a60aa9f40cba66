"""Filled documents, profiles and summaries of a memory in this process."""

from __future__ import annotations

from typing import Protocol, cast

from graphmem.client.backend import Arguments
from graphmem.client.given import Given
from graphmem.engine import Engine
from graphmem.engine.requests import MAX_INSTRUCTIONS
from graphmem.errors import InvalidInput
from graphmem.queries import View
from graphmem.text import clean
from graphmem.views import FillResult, ProfileView, SummaryView, usage_view

__all__ = ["LocalExports"]


class _Local(Protocol):
    """What a memory in this process has."""

    engine: Engine

    def _view(self, given: Given, *, anyone: bool = False) -> View: ...


class LocalExports:
    """The part of `LocalBackend` that tells what is known."""

    async def fill(self: _Local, arguments: Arguments) -> FillResult:
        """A document by the caller's schema."""
        given = Given(arguments)
        schema, instructions = given.pop("schema"), _instructions(given)
        view = self._view(given)
        given.finish("fill")
        if schema is None:
            raise InvalidInput("'schema' is missing: what should the document look like?", field="schema")
        filled = await self.engine.exports.fill(view, schema, instructions=instructions)
        result: FillResult = {
            "document": filled.document,
            "missing": list(filled.missing),
            "memories": filled.memories,
            "usage": usage_view(filled.usage, filled.milliseconds),
        }
        if filled.cut:
            result["message"] = _CUT
        return result

    async def profile(self: _Local, arguments: Arguments) -> ProfileView:
        """Who a scope is."""
        given = Given(arguments)
        view = self._view(given)
        given.finish("profile")
        return cast(ProfileView, await self.engine.exports.profile(view))

    async def summary(self: _Local, arguments: Arguments) -> SummaryView:
        """What is known, in a few sentences."""
        given = Given(arguments)
        instructions = _instructions(given)
        view = self._view(given)
        given.finish("summary")
        summary = await self.engine.exports.summary(view, instructions=instructions)
        result: SummaryView = {
            "summary": summary.text,
            "memories": summary.memories,
            "usage": usage_view(summary.usage, summary.milliseconds),
        }
        if summary.cut:
            result["message"] = _CUT
        return result


_CUT = "There is more than was read: the newest memories count. Narrow it by filters."


def _instructions(given: Given) -> str | None:
    said = given.pop("instructions")
    return clean(said, field="instructions", max_length=MAX_INSTRUCTIONS) if said else None
