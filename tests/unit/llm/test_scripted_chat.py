"""The public stand-in for a chat model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from graphmem.abc import ChatAnswer, ChatMessage
from graphmem.errors import ConfigurationError, ModelRefused
from graphmem.llm import ScriptedChat
from tests.unit.llm.samples import MESSAGES, SCHEMA

pytestmark = pytest.mark.anyio


async def ask(chat: ScriptedChat, *messages: ChatMessage) -> ChatAnswer:
    return await chat.ask(messages or MESSAGES, schema=SCHEMA, schema_name="extraction")


async def test_answers_in_order_and_remembers_what_was_asked() -> None:
    prepared = ChatAnswer(text="x", model="other", prompt_tokens=5, completion_tokens=6, calls=2)
    chat = ScriptedChat(["{}", {"memories": ["São João"]}, [1], prepared], name="scripted:test")
    answers = [await ask(chat) for _ in range(4)]
    assert [answer.text for answer in answers] == ["{}", '{"memories": ["São João"]}', "[1]", "x"]
    assert answers[3] is prepared
    # "Extract memories." and "I moved to Lisbon." are six words
    assert answers[0] == ChatAnswer(text="{}", model="scripted:test", prompt_tokens=6, completion_tokens=1)
    assert chat.asked[0].messages == MESSAGES
    assert chat.asked[0].schema == SCHEMA
    assert chat.asked[0].schema_name == "extraction"
    assert "moved to Lisbon" in chat.asked[0].text
    assert repr(chat) == "ScriptedChat('scripted:test', asked=4)"


async def test_running_out_says_so() -> None:
    chat = ScriptedChat(["{}"])
    await ask(chat)
    with pytest.raises(ConfigurationError, match="no answer to question 2: it holds 1 answers"):
        await ask(chat)
    assert len(chat.asked) == 2


async def test_errors_and_functions_as_answers() -> None:
    def echo(messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"messages": len(messages), "required": schema["required"]}

    async def later(messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> str:
        return "later"

    chat = ScriptedChat([ModelRefused("No.", answer="No."), echo, later])
    with pytest.raises(ModelRefused):
        await ask(chat)
    assert json.loads((await ask(chat)).text) == {"messages": 2, "required": ["memories"]}
    assert (await ask(chat)).text == "later"


async def test_a_function_answers_everything() -> None:
    chat = ScriptedChat(lambda messages, schema: messages[-1].content)
    assert [(await ask(chat)).text for _ in range(3)] == ["I moved to Lisbon."] * 3


async def test_rules_look_at_the_words_of_the_user_only() -> None:
    chat = ScriptedChat({"Extract": "wrong", "Lisbon": {"city": "Lisbon"}, "": "anything else"})
    assert (await ask(chat)).text == '{"city": "Lisbon"}'
    parts = ({"type": "text", "text": "Porto"}, {"type": "image_url", "image_url": {"url": "Lisbon"}})
    assert (await ask(chat, ChatMessage(role="user", content=parts))).text == "anything else"


async def test_no_rule_fits() -> None:
    with pytest.raises(ConfigurationError, match="none of its 1 rules fits"):
        await ask(ScriptedChat({"Porto": "{}"}))


async def test_an_answer_of_no_form() -> None:
    with pytest.raises(ConfigurationError, match="Answer 1 of 'scripted:script' is a 'int'"):
        await ask(ScriptedChat([42]))


@pytest.mark.parametrize("script", ["{}", b"{}", 3, None])
async def test_a_script_of_no_form(script: Any) -> None:
    with pytest.raises(ConfigurationError, match="A script is a list"):
        ScriptedChat(script)


async def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"Lisbon": {"memories": []}}', "utf-8")
    assert (await ask(ScriptedChat.from_file(path))).text == '{"memories": []}'


@pytest.mark.parametrize("content", [None, "{", '"words"', "\ud800"])
async def test_files_that_hold_no_script(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "script.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigurationError):
        ScriptedChat.from_file(path)
