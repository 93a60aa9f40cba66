"""How one model wants to be asked, and what is learnt from its refusals of a request.

OpenAI-compatible servers differ in what they accept: some know no JSON Schema, some no temperature, some
another name for the bound on the answer. A `Dialect` says what is sent; `easier` reads a server's complaint
and returns the next, more modest one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphmem.abc import ChatMessage
    from graphmem.llm.failures import Failure
    from graphmem.llm.providers import Provider, Structured

__all__ = ["Dialect"]

_LADDER: tuple[Structured, ...] = ("json_schema", "json_object", "none")
_TOKEN_FIELDS = ("max_completion_tokens", "max_tokens")

_ABOUT_FORMAT = re.compile(
    r"response[_ ]?(format|schema)|json[_ ]?(schema|object)|json mode|structured[_ ]output", re.IGNORECASE
)
_ABOUT_TEMPERATURE = re.compile(r"\btemperature\b", re.IGNORECASE)
_ABOUT_TOKENS = re.compile(r"\bmax_(completion_)?tokens\b")

_INSTRUCTION = (
    "Answer with one JSON object and nothing else: no comment, no Markdown. "
    "It must be valid against this JSON Schema:\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What is sent to a model: the form of the answer, the temperature, the bound on the answer and its name.

    `structured` and `token_fields` hold what is left to try; the first of each is in use.
    """

    structured: tuple[Structured, ...] = _LADDER
    token_fields: tuple[str, ...] = _TOKEN_FIELDS
    temperature: float | None = 0.0
    max_output_tokens: int | None = None

    @classmethod
    def of(cls, provider: Provider, *, temperature: float | None, max_output_tokens: int | None) -> Dialect:
        """The dialect to begin with, from what is known of the provider."""
        first = provider.max_tokens_field
        return cls(
            structured=_LADDER[_LADDER.index(provider.structured) :],
            token_fields=(first, *(field for field in _TOKEN_FIELDS if field != first)),
            temperature=temperature,
            max_output_tokens=max_output_tokens,
        )

    def request(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], schema_name: str
    ) -> dict[str, Any]:
        """The body of a chat-completions request, without the model's name.

        Where the server cannot be given the schema, it stands in the system message.
        """
        mode = self.structured[0]
        wire = [{"role": message.role, "content": _content(message)} for message in messages]
        request: dict[str, Any] = {"messages": wire}
        if mode == "json_schema":
            wanted = {"name": schema_name, "strict": True, "schema": dict(schema)}
            request["response_format"] = {"type": "json_schema", "json_schema": wanted}
        else:
            _instruct(wire, schema)
            if mode == "json_object":
                request["response_format"] = {"type": "json_object"}
        if self.temperature is not None:
            request["temperature"] = self.temperature
        if self.max_output_tokens is not None:
            request[self.token_fields[0]] = self.max_output_tokens
        return request

    def easier(self, complaint: Failure) -> Dialect | None:
        """The dialect to try after that complaint, or None when it is about something else."""
        if complaint.status not in (400, 422) or complaint.code in ("content_filter", "json_validate_failed"):
            return None
        words = f"{complaint.param} {complaint.text}"
        if self.temperature is not None and _ABOUT_TEMPERATURE.search(words):
            return replace(self, temperature=None)
        can_rename = self.max_output_tokens is not None and len(self.token_fields) > 1
        if can_rename and _ABOUT_TOKENS.search(words):
            return replace(self, token_fields=self.token_fields[1:])
        if len(self.structured) > 1 and _ABOUT_FORMAT.search(words):
            return replace(self, structured=self.structured[1:])
        return None


def _content(message: ChatMessage) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    return [dict(part) for part in message.content]


def _instruct(wire: list[dict[str, Any]], schema: Mapping[str, Any]) -> None:
    words = _INSTRUCTION + json.dumps(schema, ensure_ascii=False)
    system = next((message for message in wire if message["role"] == "system"), None)
    if system is None:
        wire.insert(0, {"role": "system", "content": words})
    elif isinstance(system["content"], str):
        system["content"] = f"{system['content']}\n\n{words}"
    else:
        system["content"] = [*system["content"], {"type": "text", "text": words}]
