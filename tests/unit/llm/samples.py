"""A question to a chat model, a key, and pauses that take no time."""

from __future__ import annotations

from graphmem.abc import ChatMessage

KEY = "sk-very-secret-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"memories": {"type": "array", "items": {"type": "string"}}},
    "required": ["memories"],
    "additionalProperties": False,
}
MESSAGES = (
    ChatMessage(role="system", content="Extract memories."),
    ChatMessage(role="user", content="I moved to Lisbon."),
)


class Pauses(list[float]):
    """Stands where waiting would be and notes how long it would have been."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
