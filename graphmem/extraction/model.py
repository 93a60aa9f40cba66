"""Extraction by a language model: one question in the ordinary case, never more than are allowed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from graphmem.abc import ChatAnswer, ChatMessage, ChatModel, Extractor
from graphmem.drafts import Extraction, ExtractionRequest, Instructions, Usage
from graphmem.errors import InvalidInput, ModelAnswerInvalid, TooLarge
from graphmem.extraction.answers import drafts_of, read_answer
from graphmem.extraction.prompts import load_examples, load_prompt
from graphmem.extraction.record import record_of, split
from graphmem.extraction.schema import Answer, answer_schema
from graphmem.models import Origin

__all__ = ["ModelExtractor"]

MAX_CHARS = 24_000
"""Characters of messages in one question: some 6,000 tokens, which small models still read with care."""
_QUOTED = 300


class ModelExtractor(Extractor):
    """Asks a chat model for memories, entities and relations, and how they stand to what is known.

    Messages over `max_chars` characters together take several calls. An answer that does not fit the schema is
    sent back once, with what is wrong with it.
    """

    def __init__(self, chat: ChatModel, *, max_chars: int = MAX_CHARS) -> None:
        self._chat = chat
        self._max_chars = max_chars

    def __repr__(self) -> str:
        return f"ModelExtractor({self._chat.name!r})"

    @property
    def sees_parts(self) -> bool:
        """It hands images and files on to the model."""
        return True

    @property
    def follows_words(self) -> bool:
        """The model reads what it is asked for in words."""
        return True

    async def extract(self, request: ExtractionRequest) -> Extraction:
        """What the model finds; see `Extractor.extract`.

        Raises `TooLarge` when the messages need more calls than `max_calls` allows, `ModelAnswerInvalid` when
        an answer cannot be used, after repair where a call is left for it, and what the model raises.
        """
        batches = split(request.episodes, max_chars=self._max_chars)
        budget = _Budget(request.instructions.max_calls)
        self._check_size(request, needed=len(batches), allowed=budget.allowed)
        memories, refused = [], set()
        for number, batch in enumerate(batches):
            before = batches[number - 1] if number else []
            question = [_instructions(request.instructions), record_of(request, batch, before)]
            answer = await self._answer(question, budget)
            drafts, refusals = drafts_of(answer, request, batch)
            memories += drafts
            refused |= refusals
        return Extraction(
            memories=tuple(memories),
            origin=Origin(extractor="openai", model=self._chat.name, prompt=load_prompt("remember").origin),
            usage=budget.usage,
            refused=tuple(sorted(refused)),
        )

    def _check_size(self, request: ExtractionRequest, *, needed: int, allowed: int) -> None:
        if allowed < 1:
            raise InvalidInput(
                f"{allowed} model calls are allowed, and extraction by a model takes at least one.",
                hint="Raise max_llm_calls, or add with infer=False.",
                field="max_llm_calls",
            )
        if needed > allowed:
            length = sum(len(episode.content) for episode in request.episodes)
            raise TooLarge(
                f"{length} characters need {needed} model calls, more than the {allowed} allowed.",
                hint="Send less at a time, raise max_llm_calls, or add with infer=False.",
                field="messages",
                limit=allowed * self._max_chars,
                actual=length,
            )

    async def _answer(self, question: Sequence[ChatMessage], budget: _Budget) -> Answer:
        reply = await self._ask(question, budget)
        answer, problems = read_answer(reply.text)
        if answer is None and budget.left:
            repair = load_prompt("repair").render(problems=problems)
            reply = await self._ask(
                [
                    *question,
                    ChatMessage(role="assistant", content=reply.text),
                    ChatMessage(role="user", content=repair),
                ],
                budget,
            )
            answer, problems = read_answer(reply.text)
        if answer is None:
            words = " ".join(reply.text[: 2 * _QUOTED].split())[:_QUOTED]
            raise ModelAnswerInvalid(
                f"The model {self._chat.name!r} answered something that is not what was asked for: {words!r}.",
                hint="Try again, raise max_llm_calls to allow for repair, or use a more capable model.",
                answer=words,
                problems=problems.splitlines(),
                model=reply.model,
            )
        return answer

    async def _ask(self, messages: Sequence[ChatMessage], budget: _Budget) -> ChatAnswer:
        if not budget.left:
            raise TooLarge(
                f"The messages need more than the {budget.allowed} model calls allowed.",
                hint="Send less at a time, or raise max_llm_calls.",
                field="max_llm_calls",
                limit=budget.allowed,
                actual=budget.usage.calls + 1,
            )
        reply = await self._chat.ask(messages, schema=answer_schema(), schema_name="memories")
        budget.count(reply)
        return reply


@dataclass(slots=True)
class _Budget:
    """How many calls are allowed, and what was used."""

    allowed: int
    usage: Usage = field(default_factory=Usage)

    @property
    def left(self) -> bool:
        return self.usage.calls < self.allowed

    def count(self, reply: ChatAnswer) -> None:
        self.usage = Usage(
            calls=self.usage.calls + reply.calls,
            prompt_tokens=self.usage.prompt_tokens + reply.prompt_tokens,
            completion_tokens=self.usage.completion_tokens + reply.completion_tokens,
        )


def _instructions(wanted: Instructions) -> ChatMessage:
    offered = (wanted.categories or {}).items()
    categories = [f"- {name}: {about}" if about else f"- {name}" for name, about in offered]
    text = load_prompt("remember").render(
        instructions=wanted.custom or "(none)",
        agent=wanted.agent or "(the same)",
        includes=wanted.includes or "(none)",
        excludes=wanted.excludes or "(none)",
        categories="\n".join(categories) or "(none)",
        examples=_examples(),
    )
    return ChatMessage(role="system", content=text)


@cache
def _examples() -> str:
    return "\n\n".join(
        f"Record:\n{json.dumps(example['record'], ensure_ascii=False)}\n"
        f"Answer:\n{json.dumps(example['answer'], ensure_ascii=False)}"
        for example in load_examples()
    )
