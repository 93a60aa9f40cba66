"""Whole conversations between mem0's clients and a server, as they were recorded: what is sent, and what comes back.

Ids, moments and scores differ from run to run; they stand there by their kind and, ids, by their number.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


class Names:
    """What ids are called in a recording: `<id 1>`, `<id 2>` ... in the order in which they appear."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def told(self, value: Any, key: str = "") -> Any:
        """An answer with names for what differs."""
        match value:
            case dict():
                return {name: self.told(each, name) for name, each in value.items()}
            case list():
                return [self.told(each, key) for each in value]
            case float() if key in ("score", "semantic", "bm25", "entity", "latency"):
                return "<score>"
            case int() if key in _CALENDAR:
                return "<number>"
            case bool() if key == "is_weekend":
                return "<boolean>"
            case str() if key in ("request_id", "day_of_week"):
                return f"<{key}>"
            case str():
                named = _ID.sub(lambda found: self._names.setdefault(found[0], f"<id {len(self._names) + 1}>"), value)
                return _MOMENT.sub("<moment>", named)
        return value

    def meant(self, text: str) -> str:
        """What is sent, with the ids that its names stand for."""
        for id_, name in self._names.items():
            text = text.replace(name, id_)
        return text


_CALENDAR = {"year", "month", "day", "hour", "minute", "week_of_year", "day_of_year", "quarter"}


async def play(client: httpx.AsyncClient, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recording of what is sent now."""
    names = Names()
    played = []
    for step in steps:
        sent = json.loads(names.meant(json.dumps(step["sent"])))
        address = f"{client.base_url}".rstrip("/") + sent["path"]  # as clients do, who double slashes
        answer = await client.request(
            sent["method"], address, json=sent.get("body"), headers={"Authorization": "Token m0-any"}
        )
        played.append({**step, "status": answer.status_code, "came": names.told(answer.json())})
    return played


@pytest.mark.parametrize("recorded", GOLDEN.values(), ids=GOLDEN.keys())
async def test_what_was_recorded_is_said_again(client: httpx.AsyncClient, recorded: list[dict[str, Any]]) -> None:
    for then, now in zip(recorded, await play(client, recorded), strict=True):
        assert now == then, then["sent"]


def test_there_are_recordings() -> None:
    assert GOLDEN.keys() >= {"python-0.1", "python-1.0", "python-2.2", "typescript-3.3"}
