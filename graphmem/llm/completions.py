"""Asking for one structured completion, whoever carries the request.

`CompletionsChat` holds all that the adapters share: bounded retries, the timeout, falling back to a more
modest dialect, and telling a complete answer from a refused, truncated or empty one. An adapter only sends
a request and hands back the decoded body or a `Failure`.
"""

from __future__ import annotations

import logging
import random
import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio

from graphmem.abc import ChatAnswer, ChatModel, check_model_request
from graphmem.errors import ConfigurationError, ModelAnswerInvalid, ModelRefused
from graphmem.llm.failures import Failure, Target, failure_of_body, sentence, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphmem.abc import ChatMessage
    from graphmem.llm.dialect import Dialect

__all__ = ["CompletionsChat", "Sleep"]

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]
"""Waits for that many seconds."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
"""Seconds. A server that asks for more is reported as unavailable at once, with its `retry_after`."""

_TRUNCATED = ("length", "max_tokens", "model_length")
_REFUSED = ("content_filter", "refusal")

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[a-zA-Z]*\s*\n(.*)\n\s*```\Z", re.DOTALL)


class CompletionsChat(ChatModel):
    """A chat model behind the chat-completions protocol.

    `timeout` bounds each call in seconds; `max_retries` is how often a call is repeated when the server is
    busy, broken or out of reach, waiting as it asks (`Retry-After`) or 0.5, 1, 2 ... seconds.
    """

    def __init__(
        self,
        *,
        name: str,
        target: Target,
        dialect: Dialect,
        secret: str | None,
        timeout: float,
        max_retries: int,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        if timeout <= 0:
            raise ConfigurationError(f"The model timeout must be above 0 seconds, not {timeout!r}.")
        self._name = name
        self._target = target
        self._dialect = dialect
        self._secret = secret
        self._timeout = timeout
        self._max_retries = max_retries
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, url={self._target.url!r})"

    @property
    def name(self) -> str:
        """Provider and model: `openai:gpt-4.1-mini`."""
        return self._name

    async def ask(self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], schema_name: str) -> ChatAnswer:
        """One structured completion; see `ChatModel.ask`.

        What the server does not accept (a schema, a temperature) is left out and the call repeated; the
        instance remembers it. Code fences and a leading `<think>` block are taken off the answer.
        """
        check_model_request(self._target.url)
        await self._ready()
        calls = 0
        while True:
            dialect = self._dialect
            request = dialect.request(messages, schema=schema, schema_name=schema_name)
            calls += 1
            reply = await self._call_patiently(request)
            if not isinstance(reply, Failure):
                return self._read(reply, calls=calls)
            easier = dialect.easier(reply)
            if easier is None:
                raise reply.error(self._target, timeout=self._timeout)
            # Of several calls at once only the first moves the dialect; the others ask again in the new one.
            if self._dialect is dialect:
                self._dialect = easier
                log.info("%s is asked in another form from now on: %s", self._name, easier)

    async def _ready(self) -> None:
        """What has to be done before the clock of the first call starts."""
        return

    @abstractmethod
    async def _call(self, request: dict[str, Any]) -> object:
        """Send one request; the decoded body of the response, or the Failure."""

    async def _call_patiently(self, request: dict[str, Any]) -> Mapping[str, Any] | Failure:
        retries = 0
        while True:
            reply = await self._call_in_time(request)
            if not isinstance(reply, Failure) or not reply.passing or retries >= self._max_retries:
                return reply
            pause = reply.retry_after
            if pause is None:
                # Jitter, so that many writers turned away together do not come back together.
                pause = _FIRST_PAUSE * 2**retries * random.uniform(0.75, 1.0)  # noqa: S311
            if pause > _LONGEST_PAUSE:
                return reply
            await self._sleep(pause)
            retries += 1

    async def _call_in_time(self, request: dict[str, Any]) -> Mapping[str, Any] | Failure:
        reply: object = Failure(kind="timeout", text="")
        # Around the driver's own timeouts, which bound each read and not the whole call.
        with anyio.move_on_after(self._timeout):
            reply = await self._call(request)
        if isinstance(reply, Failure):
            return reply
        if not isinstance(reply, Mapping):
            return Failure(kind="protocol", text=f"not a JSON object but {tidy(str(reply))[:60]!r}")
        if not reply.get("choices") and reply.get("error"):
            # Routers pass an upstream error on with status 200.
            code = reply["error"].get("code") if isinstance(reply["error"], Mapping) else None
            status = code if isinstance(code, int) else 400
            return failure_of_body(reply, status=status, secret=self._secret)
        return reply

    def _read(self, body: Mapping[str, Any], *, calls: int) -> ChatAnswer:
        choices = body.get("choices")
        choice = _mapping(choices[0] if isinstance(choices, list) and choices else None)
        message = _mapping(choice.get("message"))
        text = _text(message.get("content"))
        who = f"{self._target.label} model {self._target.model!r}"
        about = self._target.details
        reason = choice.get("finish_reason")
        if (refusal := message.get("refusal")) or reason in _REFUSED:
            words = refusal or text or "filtered"
            raise ModelRefused(f"{who} declined to answer: {sentence(tidy(words))}", answer=words, **about)
        if reason in _TRUNCATED:
            limit = self._dialect.max_output_tokens
            bound = "its own limit" if limit is None else f"the limit of {limit} tokens"
            raise ModelAnswerInvalid(
                f"The answer of {who} was cut off at {bound}.",
                hint="Raise max_output_tokens, or send less text at a time.",
                answer=tidy(text),
                **about,
            )
        text = _bare(text)
        if not text:
            raise ModelAnswerInvalid(
                f"{who} gave an empty answer (finish reason {reason!r}).",
                hint="Try again, or use another model.",
                answer="",
                **about,
            )
        usage = _mapping(body.get("usage"))
        return ChatAnswer(
            text=text,
            model=body.get("model") or self._target.model,
            prompt_tokens=usage.get("prompt_tokens") or 0,
            completion_tokens=usage.get("completion_tokens") or 0,
            calls=calls,
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(content: object) -> str:
    """The words of a message; some models answer in parts, their thoughts among them."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in map(_mapping, content) if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _bare(text: str) -> str:
    """The answer without what models without a schema wrap around JSON; JSON itself never begins so."""
    text = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.match(text)
    return fenced[1].strip() if fenced else text
