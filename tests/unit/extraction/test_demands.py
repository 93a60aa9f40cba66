"""Instructions may say what to remember, and not how to answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmem import Memory, Settings
from graphmem.engine.requests import read_add
from graphmem.errors import ConfigurationError, InvalidInput
from graphmem.extraction.demands import demanded_form

DEMANDS = [
    ('Extract orders.\n\nInput: Hi.\nOutput: {"facts" : []}', '{"facts" :'),
    ("Input: My order is late.\nOutput: ['Order is late']", "Output: ["),
    ("Keep health facts. Return the facts in a json format as shown above.", "Return the facts in a json"),
    ("You must always respond with valid JSON only", "You must always respond with valid JSON"),
    ("Please answer as YAML: one fact a line.", "Please answer as YAML"),
    ('Facts go into {"id": "0", "memory": "..."}', ', "memory":'),
]

HARMLESS = [
    "Remember what people eat, and nothing about work.",
    "Keep order numbers such as #4711 exactly; forget greetings.",
    "Ana wants every report returned as JSON: remember wishes like that.",
    "What the team decided about their JSON API matters.",
    'Ignore messages that are only {"type": "ping"}.',
    "Answer questions of taste with care",
]


@pytest.mark.parametrize(("text", "words"), DEMANDS)
def test_a_demand_for_another_form_is_found(text: str, words: str) -> None:
    found = demanded_form(text)
    assert found is not None
    assert words.casefold().strip(" :,") in found.casefold()


@pytest.mark.parametrize("text", HARMLESS)
def test_what_to_remember_may_be_said_in_any_words(text: str) -> None:
    assert demanded_form(text) is None


def test_an_add_refuses_instructions_about_the_form() -> None:
    with pytest.raises(InvalidInput, match="another form") as caught:
        read_add("default", {"messages": "Hi", "user_id": "ana", "custom_instructions": DEMANDS[0][0]})
    assert caught.value.field == "custom_instructions"
    assert "leave out" in str(caught.value.hint)


def test_the_settings_may_not_ask_for_another_form_either(tmp_path: Path) -> None:
    settings = Settings(embedder="hashing", extractor="rules", custom_instructions=DEMANDS[2][0])
    with pytest.raises(ConfigurationError, match="GRAPHMEM_CUSTOM_INSTRUCTIONS"):
        Memory(tmp_path, settings=settings)
