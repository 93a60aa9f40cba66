"""A stand-in for a chat model: prepared answers, no network. For tests, demonstrations and dry runs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphmem.abc import ChatAnswer, ChatMessage, ChatModel
from graphmem.errors import ConfigurationError

__all__ = ["Asked", "ScriptedChat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question a ScriptedChat was asked, as the model would have seen it."""

    messages: tuple[ChatMessage, ...]
    schema: Mapping[str, Any]
    schema_name: str

    @property
    def text(self) -> str:
        """All words of all messages, for a quick look at what the model was shown."""
        return "\n\n".join(_words(message) for message in self.messages)


class ScriptedChat(ChatModel):
    """A chat model that answers from a script.

    `script` is one of

    - a sequence of answers, given in order, each once;
    - a function `(messages, schema) -> answer`, sync or async, called for each question;
    - a mapping of substring → answer: the first whose substring stands in a user message; `""` always does.

    An answer is a str (given verbatim), a dict or list (given as JSON), a `ChatAnswer`, an exception
    (raised), or a function `(messages, schema) -> answer`. What was asked is kept in `asked`. Tokens are counted as
    words. A question without an answer raises ConfigurationError: a script that is too short is no model
    that failed.
    """

    def __init__(
        self,
        script: Sequence[Any] | Mapping[str, Any] | Callable[..., Any],
        *,
        name: str = "scripted:script",
    ) -> None:
        if isinstance(script, (str, bytes)) or not (isinstance(script, (Sequence, Mapping)) or callable(script)):
            raise ConfigurationError(
                f"A script is a list of answers, a dict of rules or a function, not a {type(script).__name__}.",
                hint="For a single answer write [answer].",
            )
        self._script = script
        self._name = name
        self.asked: list[Asked] = []

    @classmethod
    def from_file(cls, path: str | Path) -> ScriptedChat:
        """A script from a JSON file: a list of answers, or an object of rules.

        Raises ConfigurationError when the file cannot be read or holds neither.
        """
        path = Path(path)
        try:
            script = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise ConfigurationError(
                f"The script {str(path)!r} cannot be read: {exc}.",
                hint='It is a JSON file with a list of answers, or an object {"substring": answer}.',
                setting="llm",
            ) from exc
        return cls(script, name=f"scripted:{path.name}")

    def __repr__(self) -> str:
        return f"ScriptedChat({self._name!r}, asked={len(self.asked)})"

    @property
    def name(self) -> str:
        """`scripted:` and what it was named."""
        return self._name

    async def ask(self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], schema_name: str) -> ChatAnswer:
        """The script's answer; see `ChatModel.ask`. Raises what the script says, and ConfigurationError
        when it has no answer.
        """
        asked = Asked(messages=tuple(messages), schema=schema, schema_name=schema_name)
        self.asked.append(asked)
        answer = self._next(asked)
        while callable(answer):
            answer = answer(asked.messages, asked.schema)
            if inspect.isawaitable(answer):
                answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, ChatAnswer):
            return answer
        if not isinstance(answer, (str, Mapping, list)):
            raise ConfigurationError(
                f"Answer {len(self.asked)} of {self._name!r} is a {type(answer).__name__!r}.",
                hint="An answer is a str, a dict or list, a ChatAnswer, an exception or a function.",
            )
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return ChatAnswer(
            text=text,
            model=self._name,
            prompt_tokens=len(asked.text.split()),
            completion_tokens=len(text.split()),
            calls=1,
        )

    def _next(self, asked: Asked) -> Any:
        number = len(self.asked)
        if callable(self._script):
            return self._script
        if isinstance(self._script, Mapping):
            said = "\n\n".join(_words(m) for m in asked.messages if m.role == "user")
            for substring, answer in self._script.items():
                if substring in said:
                    return answer
            why = f"none of its {len(self._script)} rules fits"
        elif number <= len(self._script):
            return self._script[number - 1]
        else:
            why = f"it holds {len(self._script)} answers"
        raise ConfigurationError(
            f"The script {self._name!r} has no answer to question {number}: {why}.",
            hint="Add an answer, or look in `asked` for what was asked unexpectedly.",
        )


def _words(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(str(part["text"]) for part in message.content if part.get("type") == "text")
