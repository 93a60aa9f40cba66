"""The model behind a page that talks to one: prepared answers in `tests/docs/models/PAGE.json`, over real HTTP.

::

    {"instead_of": "openai", "answers": [
        {"was_shown": ["words of the request"], "was_not_shown": ["others"], "says": "Hello!"},
        {"calls": [{"tool": "recall", "with": {"question": "..."}}]},
        {"memories": [{"text": "Ana has a cat.", "relations": [["user", "has", "cat"]], "supersedes": "a known text"}]}
    ]}

Answers are given in their order, each once. The page itself is code as a reader runs it: for `openai`, the environment
says where the model is; for `ollama`, what listens at port 11434 is the stand-in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.chat_server import ChatServer, Reply, Request, completion, failure

MODELS = Path(__file__).parent / "models"

OLLAMA = "localhost:11434"


class StandIn:
    """One page's model. `instead` is what stands in the page's code for an address that is only known now."""

    def __init__(self, script: Mapping[str, Any], server: ChatServer) -> None:
        self.of = script["instead_of"]
        self.answers = script["answers"]
        self.address = server.base_url.removeprefix("http://").removesuffix("/v1")
        self._server = server
        server.script(*(lambda request, answer=answer: _reply(answer, request) for answer in self.answers))

    def placed(self, code: str) -> str:
        """The page's code, with the stand-in where the model would be."""
        return code.replace(OLLAMA, self.address) if self.of == "ollama" else code

    def asked(self) -> int:
        """How many questions there were."""
        return sum(request.path.endswith("/chat/completions") for request in self._server.requests)


@contextmanager
def standing_in(page: Path, patch: pytest.MonkeyPatch) -> Iterator[StandIn | None]:
    """The model of a page, None for a page that has none."""
    script = MODELS / f"{page.stem}.json"
    if not script.is_file():
        yield None
        return
    with ChatServer() as server:
        model = StandIn(json.loads(script.read_text(encoding="utf-8")), server)
        if model.of == "openai":
            patch.setenv("OPENAI_API_KEY", "sk-of-nobody")
            patch.setenv("OPENAI_BASE_URL", server.base_url)
        # This machine is not behind a proxy.
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield model


def _reply(answer: Mapping[str, Any], request: Request) -> Reply:
    shown = "\n".join(_words(message) for message in request.body["messages"])
    for words in answer.get("was_shown", []):
        if words not in shown:
            return failure(400, f"the page did not show the model {words!r}, but: {shown[-2_000:]}")
    for words in answer.get("was_not_shown", []):
        if words in shown:
            return failure(400, f"the page showed the model {words!r}")
    if "memories" in answer:
        known = json.loads(_words(request.body["messages"][-1]))["known"]
        try:
            memories = [_memory(each, known) for each in answer["memories"]]
        except StopIteration:
            return failure(400, f"a memory was to be replaced that the model was not shown: {known}")
        return completion({"memories": memories, "refused": []})
    if "calls" in answer:
        return _calling(answer["calls"], request.body["messages"])
    return completion(answer["says"])


def _words(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _memory(given: Mapping[str, Any], known: list[Mapping[str, Any]]) -> dict[str, Any]:
    memory: dict[str, Any] = {"messages": [1], "attributed_to": "user", **given}
    memory["relations"] = [
        {"subject": subject, "relation": relation, "object": target, "negated": False}
        for subject, relation, target in given.get("relations", [])
    ]
    memory["entities"] = [
        {"name": name, "aliases": given.get("aliases", {}).get(name, [])}
        for name in dict.fromkeys(end for each in given.get("relations", []) for end in (each[0], each[2]))
    ]
    for verdict in ("supersedes", "rewords"):
        if verdict in given:
            memory |= {"verdict": verdict, "targets": [_number(memory.pop(verdict), known)]}
    return memory


def _number(text: str, known: list[Mapping[str, Any]]) -> int:
    """Under which number a known memory was shown."""
    return next(each["number"] for each in known if each["text"] == text)


def _calling(calls: list[Mapping[str, Any]], messages: list[Mapping[str, Any]]) -> Reply:
    reply = completion(None, finish_reason="tool_calls")
    reply.body["choices"][0]["message"]["tool_calls"] = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {
                "name": call["tool"],
                "arguments": json.dumps({name: _argument(value, messages) for name, value in call["with"].items()}),
            },
        }
        for number, call in enumerate(calls, start=1)
    ]
    return reply


def _argument(value: Any, messages: list[Mapping[str, Any]]) -> Any:
    """What a tool is given. `ID OF: TEXT` is the id under which the last tool's answer had that memory."""
    if not isinstance(value, str) or not value.startswith("ID OF: "):
        return value
    found = json.loads(messages[-1]["content"])["memories"]
    return next(each["id"] for each in found if each["text"] == value.removeprefix("ID OF: "))
