"""Prompts are files that agree with themselves, and examples that the schema accepts."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from graphmem.errors import ConfigurationError
from graphmem.extraction import schema
from graphmem.extraction.model import ModelExtractor
from graphmem.extraction.prompts import load_examples, load_prompt, parse_prompt
from graphmem.extraction.schema import Answer, answer_schema
from graphmem.llm import ScriptedChat
from tests.unit.extraction.conftest import episode, memory, request

pytestmark = pytest.mark.anyio

FOLDER = files("graphmem.extraction.prompts")
HEAD = "---\nname: greet\nversion: 2\ninputs: [who]\nanswers: Answer\n---\n"


@pytest.mark.parametrize("name", sorted(e.name[:-3] for e in FOLDER.iterdir() if e.name.endswith(".md")))
def test_every_prompt_loads(name: str) -> None:
    prompt = load_prompt(name)
    assert prompt.origin.startswith(f"{name}@{prompt.version}+")
    assert hasattr(schema, prompt.answers)


def test_every_prompt_is_used() -> None:
    source = files("graphmem.extraction").joinpath("model.py").read_text("utf-8")
    for entry in FOLDER.iterdir():
        if entry.name.endswith(".md"):
            assert f'load_prompt("{entry.name[:-3]}")' in source


@pytest.mark.parametrize("number", range(len(load_examples())))
def test_examples_are_valid_answers(number: int) -> None:
    example = load_examples()[number]
    jsonschema.validate(example["answer"], answer_schema())
    answer = Answer.model_validate(example["answer"])
    known = {each["number"] for each in example["record"]["known"]}
    messages = {each["number"] for each in example["record"]["messages"]}
    for found in answer.memories:
        assert set(found.targets) <= known
        assert set(found.messages) <= messages
        names = {entity.name for entity in found.entities}
        assert {end for relation in found.relations for end in (relation.subject, relation.object)} <= names


async def test_examples_are_written_as_records_are() -> None:
    chat = ScriptedChat([{"memories": []}])
    await ModelExtractor(chat).extract(request(episode("Hi"), shown=[memory("Ana sings.")], context=[episode("Hey")]))
    shown = json.loads(chat.asked[0].messages[1].content)  # type: ignore[arg-type]
    for example in load_examples():
        record = example["record"]
        assert list(record) == list(shown)
        for part in ("known", "earlier", "messages"):
            for item in record[part]:
                assert list(item) == list(shown[part][0])


@pytest.mark.parametrize(
    "text",
    [
        "no head at all",
        HEAD.replace("version: 2\n", "") + "Hello {{who}}",
        HEAD.replace("2", "two") + "Hello {{who}}",
        HEAD + "Hello",
        HEAD + "Hello {{who}} and {{whom}}",
        HEAD.replace("greet", "meet") + "Hello {{who}}",
    ],
)
def test_a_prompt_that_contradicts_itself_does_not_load(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_prompt(text, expected="greet", digest="0")


def test_inputs_are_taken_as_they_are() -> None:
    prompt = parse_prompt(HEAD + "Hello {{who}}!", expected="greet", digest="0")
    assert prompt.render(who="{{who}} \\1") == "Hello {{who}} \\1!"
    for inputs in ({}, {"whom": "x"}, {"who": "x", "whom": "y"}):
        with pytest.raises(ConfigurationError):
            prompt.render(**inputs)


def test_a_missing_prompt_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no prompt 'dream'"):
        load_prompt("dream")


async def test_the_prompt_as_it_is_sent() -> None:
    """A change to what models are told shows here; after a wanted one, write the file anew (see the message)."""
    chat = ScriptedChat([{"memories": []}])
    asked = request(
        episode("I moved to Lisbon.\nIt is sunny."),
        episode("Good to hear!", role="assistant"),
        episode("Me too", name="Rui"),
        shown=[memory("Ana lives in Porto.", valid_at=episode("x").observed_at)],
        context=[episode("Hi there")],
        custom="Only what matters for travel.",
        agent="Only what it promised.",
        includes="places",
        excludes="health",
        categories={"home": "where people live", "misc": ""},
    )
    await ModelExtractor(chat).extract(asked)
    rendered = "\n\n".join(f"[{m.role}]\n{m.content}" for m in chat.asked[0].messages) + "\n"
    snapshot = Path(__file__).parent / "snapshots" / "remember.txt"
    assert rendered == snapshot.read_text("utf-8"), f"write this to {snapshot}:\n{rendered}"
