"""Whatever a caller hands over becomes episodes, or an error that names the place."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from graphmem.errors import InvalidInput, TooLarge
from graphmem.extraction import IllustratedEpisode, episodes_of, sees_parts
from graphmem.extraction.model import ModelExtractor
from graphmem.extraction.verbatim import VerbatimExtractor
from graphmem.llm import ScriptedChat
from graphmem.models import Episode
from tests.unit.extraction.conftest import SAID, SCOPE

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


def read(messages: object, *, sees: bool = False) -> tuple[Episode, ...]:
    return episodes_of(messages, scope=SCOPE, observed_at=SAID, created_at=SAID, sees=sees)


def contents(messages: object, *, sees: bool = False) -> list[tuple[str, str | None, str]]:
    return [(e.role, e.name, e.content) for e in read(messages, sees=sees)]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ("I live in Lisbon ", [("user", None, "I live in Lisbon")]),
        ({"role": "user", "content": "Hi"}, [("user", None, "Hi")]),
        ({"content": "Hi"}, [("user", None, "Hi")]),
        (
            [{"role": "user", "content": "Hi", "name": "Ana"}, {"role": "assistant", "content": "Hello"}, "And?"],
            [("user", "Ana", "Hi"), ("assistant", None, "Hello"), ("user", None, "And?")],
        ),
        ([{"role": "system", "content": "Be brief."}, {"content": "Hi"}], [("user", None, "Hi")]),
        (
            [{"role": "assistant", "content": None, "tool_calls": [{}]}, {"role": "tool", "content": "4 °C"}],
            [("tool", None, "4 °C")],
        ),
        ({"content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}, [("user", None, "one\ntwo")]),
        ({"content": {"type": "input_text", "text": "one"}}, [("user", None, "one")]),
        ({"content": [{"type": "text", "text": "my cat"}, IMAGE]}, [("user", None, "my cat")]),
        ("🎉🎉", [("user", None, "🎉🎉")]),
        ("مرحبا بالعالم", [("user", None, "مرحبا بالعالم")]),
    ],
)
def test_reads(messages: object, expected: list[tuple[str, str | None, str]]) -> None:
    assert contents(messages) == expected


def test_episodes_carry_scope_and_times() -> None:
    (episode,) = read("Hi")
    assert (episode.scope, episode.observed_at, episode.created_at) == (SCOPE, SAID, SAID)


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        (None, "messages"),
        (7, "messages"),
        (b"bytes", "messages"),
        ([], "messages"),
        ("", "messages"),
        (" \u200b\n", "messages"),
        ("nul \0 here", "messages"),
        ("half \ud83d", "messages"),
        ([7], "messages[0]"),
        (["ok", {"role": "king", "content": "x"}], "messages[1].role"),
        ({"role": ["user"], "content": "x"}, "messages[0].role"),
        ({"role": "user"}, "messages[0].content"),
        ({"content": ""}, "messages[0].content"),
        ({"content": []}, "messages[0].content"),
        ({"content": "x", "name": 7}, "messages[0].name"),
        ({"content": "x", "name": " "}, "messages[0].name"),
        ({"content": [{"type": "text", "text": 7}]}, "messages[0].content[0].text"),
        ({"content": [{"type": "text", "text": "a\0"}]}, "messages[0].content"),
        ({"content": [{"no": "type"}]}, "messages[0].content[0]"),
        ({"content": [{"type": "hologram"}]}, "messages[0].content[0].type"),
        (
            {"content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]},
            "messages[0].content[0].image_url",
        ),
        ({"content": [{"type": "image_url"}]}, "messages[0].content[0].image_url"),
        ({"content": [IMAGE]}, "messages[0].content"),
        ({"content": [{"type": "file", "file": {}}]}, "messages[0].content[0]"),
        ({"content": [{"type": "file", "file": "x"}]}, "messages[0].content[0]"),
        ({"content": [{"type": "file", "file": {"file_data": "data:text/plain;base64,%%"}}]}, "messages[0].content[0]"),
        ([{"role": "system", "content": "Only instructions."}], "messages"),
    ],
)
def test_refuses_and_names_the_place(messages: object, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(messages)
    assert caught.value.field == field


def test_bounds() -> None:
    assert len(read("x" * 2**20)[0].content) == 2**20
    with pytest.raises(TooLarge, match="1048577 characters"):
        read("x" * (2**20 + 1))
    with pytest.raises(TooLarge, match="1001 messages"):
        read(["x"] * 1001)
    with pytest.raises(TooLarge, match="inline"):
        read({"content": [{"type": "image_url", "image_url": "data:image/png;base64," + "A" * 20_000_000}]}, sees=True)


def test_an_image_without_words_needs_a_model() -> None:
    with pytest.raises(InvalidInput, match="no model is there") as caught:
        read({"content": [IMAGE]})
    assert "text part" in str(caught.value.hint)
    (episode,) = read({"content": [IMAGE]}, sees=True)
    assert isinstance(episode, IllustratedEpisode)
    assert (episode.content, episode.parts) == ("[image]", (IMAGE,))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
         {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
         {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
        ({"type": "input_file", "file_id": "file-1"}, {"type": "file", "file": {"file_id": "file-1"}}),
    ],
)  # fmt: skip
def test_other_parts_ride_along_for_a_model(part: dict[str, Any], expected: dict[str, Any]) -> None:
    (episode,) = read({"content": [{"type": "text", "text": "look"}, part]}, sees=True)
    assert isinstance(episode, IllustratedEpisode)
    assert (episode.content, episode.parts) == ("look", (expected,))


@pytest.mark.parametrize(
    "data",
    ["data:text/markdown;base64," + base64.b64encode("# Olá".encode()).decode(), "data:text/plain,%23%20Ol%C3%A1"],
)
def test_a_text_file_is_text(data: str) -> None:
    assert contents({"content": [{"type": "file", "file": {"file_data": data}}]}) == [("user", None, "# Olá")]


def test_who_sees() -> None:
    assert sees_parts(ModelExtractor(ScriptedChat([])))
    assert not sees_parts(VerbatimExtractor())
