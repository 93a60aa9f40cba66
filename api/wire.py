"""JSON as it leaves: compact, UTF-8, and whatever it holds."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

__all__ = ["Json"]


class Json(Response):
    """A JSON answer. It is sent as it is: what answers look like is checked by tests, not on every request."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as bytes. Half a surrogate pair, which errors may quote, becomes its JSON escape."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")
