"""Filled documents, profiles and summaries of a real memory: embedded store and index, the bundled embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.engine import exports as exports_module
from graphmem.engine.requests import read_view
from graphmem.errors import InvalidInput, NotSupported
from graphmem.extraction.model import ModelExtractor
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings

pytestmark = pytest.mark.anyio

CONVERSATION = [
    "My name is Ana Silva.",
    "I work as a data engineer at Acme.",
    "I live in Porto.",
    "My sister Marta works at Critical Software.",
    "I love jazz, and I like green tea.",
    "I'm allergic to peanuts.",
    "I have a dog named Rex.",
    "I moved from Porto to Lisbon in April.",
    "My favorite color is green.",
]


@pytest.fixture
async def ana(memory: LocalBackend) -> LocalBackend:
    for number, text in enumerate(CONVERSATION):
        await memory.add({"messages": text, "user_id": "ana", "timestamp": f"2026-05-{number + 1:02}"})
    await memory.add({"messages": "I work at Initech.", "user_id": "bob"})
    return memory


class Sister(BaseModel):
    name: str
    employer: str | None = None


class Person(BaseModel):
    """A person, as an application would like to have it."""

    full_name: str
    company: str | None = None
    job_title: str | None = Field(None, description="What the person does for a living")
    city: str | None = None
    sister: Sister | None = None
    likes: list[str] = []
    allergies: list[str] = []
    pets: list[str] = []
    favorite_color: str | None = None
    blood_type: str | None = None
    notes: str | None = Field(None, max_length=80)


async def test_a_pydantic_model_is_filled_from_what_was_said(ana: LocalBackend) -> None:
    answer = await ana.fill({"schema": Person.model_json_schema(), "user_id": "ana"})
    person = Person.model_validate(answer["document"])
    assert person.model_dump(exclude={"notes"}) == {
        "full_name": "Ana Silva",
        "company": "Acme",
        "job_title": "data engineer",
        "city": "Lisbon",
        "sister": {"name": "Marta", "employer": "Critical Software"},
        "likes": ["green tea", "jazz"],
        "allergies": ["peanuts"],
        "pets": ["Rex"],
        "favorite_color": "green",
        "blood_type": None,
    }
    assert person.notes
    assert len(person.notes) <= 80
    assert answer["missing"] == []
    assert answer["memories"] >= 8
    assert answer["usage"]["llm_calls"] == 0
    assert "message" not in answer


async def test_dates_in_words_and_denials_are_understood(memory: LocalBackend) -> None:
    triples = [("Ana", "has birthday", "7 May 1992"), ("Ana", "does not like", "coffee"), ("Ana", "likes", "tea")]
    triples += [("Ana", "has deadline", "2026-07-01"), ("Ana", "has hire date", "some time in May 2020")]
    for triple in triples:
        await memory.add({"messages": " ".join(triple), "user_id": "ana", "infer": False, "relations": [triple]})
    date = {"type": "string", "format": "date"}
    truth = {"type": "boolean"}
    properties = {"birthday": date, "deadline": date, "hire_date": date, "likes_coffee": truth, "likes_tea": truth}
    answer = await memory.fill({"schema": {"type": "object", "properties": properties}, "user_id": "ana"})
    assert answer["document"] == {
        "birthday": "1992-05-07",
        "deadline": "2026-07-01",
        "likes_coffee": False,
        "likes_tea": True,
    }


async def test_it_is_filled_as_of_a_moment(ana: LocalBackend) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    then = await ana.fill({"schema": schema, "user_id": "ana", "as_of": "2026-03-15T00:00:00Z"})
    assert then["document"].get("city") in (None, "Porto")
    assert (await ana.fill({"schema": schema, "user_id": "ana"}))["document"] == {"city": "Lisbon"}


TOLD = {
    "is allergic to": "peanuts",
    "has email": "ana@example.com",
    "is married to": "Tom",
    "has favorite color": "green",
    "visited": "Japan",
    "works at": "Acme",
    "lives in": "Lisbon",
    "likes": "tea",
    "has dog": "Rex",
    "has sister": "Marta",
    "speaks": "Greek",
    "owns": "a boat",
    "is": "vegetarian",
    "studies at": "Harvard",
}
ASKED_IN_OTHER_WORDS = {
    "allergicReactions": "peanuts",
    "email_contact": "ana@example.com",
    "marital_partner": "Tom",
    "visited_lands": "Japan",
}
NOT_TOLD = [
    *("dog_allergy", "favorite_food", "favorite_movie", "hair_color", "communication_style", "political_views"),
    *("learning_style", "subscription_tier", "last_login_day", "paymaster", "years_experience", "current_mood"),
    *("budget", "religion", "bank_account", "blood_type", "shoe_size", "spaceship", "zip_code", "timezone", "gadget"),
]


async def test_likeness_helps_and_does_no_harm(memory: LocalBackend) -> None:
    """With the bundled embedder; its numbers are told at `ALIKE`."""
    for label, target in TOLD.items():
        triple = ("Ana", label, target)
        await memory.add({"messages": f"Ana {label} {target}", "user_id": "ana", "infer": False, "relations": [triple]})
    properties = {name: {"type": "string"} for name in (*ASKED_IN_OTHER_WORDS, *NOT_TOLD)}
    answer = await memory.fill({"schema": {"type": "object", "properties": properties}, "user_id": "ana"})
    found = {name: value for name, value in answer["document"].items() if name in NOT_TOLD}
    assert found == {}
    right = [name for name, value in ASKED_IN_OTHER_WORDS.items() if answer["document"].get(name) == value]
    assert len(right) >= 3, answer["document"]


async def test_a_profile_and_a_summary(ana: LocalBackend) -> None:
    profile = await ana.profile({"user_id": "ana"})
    assert profile["name"] == "Ana Silva"
    assert profile["facts"]["works at"] == ["Acme"]
    assert profile["facts"]["lives in"] == ["Lisbon"]
    assert profile["first_seen"] == "2026-05-01T00:00:00+00:00"
    summary = await ana.summary({"user_id": "ana"})
    assert "Ana Silva works" in summary["summary"]
    assert "lives in Lisbon" in summary["summary"]
    assert "Initech" not in summary["summary"]
    assert len(summary["summary"]) <= 800


async def test_who_is_nobody_has_an_empty_profile(memory: LocalBackend) -> None:
    assert (await memory.profile({"user_id": "zoe"}))["memories"] == 0
    assert (await memory.summary({"user_id": "zoe"}))["summary"] == ""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    answer = await memory.fill({"schema": schema, "user_id": "zoe"})
    assert (answer["document"], answer["missing"]) == ({"name": ""}, ["name"])


async def test_several_users_and_agents_may_be_asked_of(ana: LocalBackend) -> None:
    both = {"OR": [{"user_id": "ana"}, {"user_id": "bob"}]}
    schema = {"type": "object", "properties": {"companies": {"type": "array", "items": {"type": "string"}}}}
    answer = await ana.fill({"schema": schema, "filters": both})
    assert set(answer["document"]["companies"]) == {"Acme", "Initech"}
    assert (await ana.profile({"filters": both}))["name"] is None
    relation = ("bot", "USES", "a calendar")
    await ana.add({"messages": "The bot uses a calendar.", "agent_id": "bot", "infer": False, "relations": [relation]})
    assert (await ana.profile({"agent_id": "bot"}))["facts"] == {"uses": ["a calendar"]}
    assert (await ana.profile({"user_id": "*"}))["name"] is None


@pytest.mark.parametrize(
    ("method", "arguments", "field"),
    [
        ("fill", {"user_id": "ana"}, "schema"),
        ("fill", {"schema": [], "user_id": "ana"}, "schema"),
        ("fill", {"schema": {}, "user_id": "ana", "shape": 1}, "shape"),
        ("fill", {"schema": {}}, "user_id"),
        ("fill", {"schema": {}, "user_id": "ana", "instructions": 7}, "instructions"),
        ("profile", {"user_id": "ana", "schema": {}}, "schema"),
        ("profile", {}, "user_id"),
        ("summary", {"user_id": "ana", "length": 7}, "length"),
    ],
)
async def test_bad_arguments_are_named(
    memory: LocalBackend, method: str, arguments: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await getattr(memory, method)(arguments)
    assert caught.value.field == field


@pytest.mark.parametrize("method", ["fill", "summary"])
async def test_instructions_need_a_model(memory: LocalBackend, method: str) -> None:
    schema = {"schema": {}} if method == "fill" else {}
    with pytest.raises(NotSupported, match="model"):
        await getattr(memory, method)({"user_id": "ana", "instructions": "Be brief.", **schema})


async def test_more_than_is_read_is_said(ana: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports_module, "MAX_MEMORIES", 4)
    monkeypatch.setattr(exports_module, "PAGE", 2)
    answer = await ana.fill({"schema": {}, "user_id": "ana"})
    assert answer["memories"] == 4
    assert "more" in answer["message"]
    assert "more" in (await ana.summary({"user_id": "ana"}))["message"]
    monkeypatch.setattr(exports_module, "MAX_MEMORIES", 1_000)
    monkeypatch.setattr(exports_module, "MAX_AROUND", 2)
    assert "more" in (await ana.fill({"schema": {}, "user_id": "ana"}))["message"]


# -- with a model


@pytest.fixture
async def asked(place: Path) -> AsyncIterator[tuple[LocalBackend, ScriptedChat]]:
    """A memory of one sentence, whose exports ask a script."""
    parts = assemble(Settings(extractor="rules"), place / "memory").parts
    chat = ScriptedChat([])
    backend = LocalBackend(Engine(replace(parts, chat=chat)))
    await backend.open()
    await backend.add({"messages": "I live in Lisbon.", "user_id": "ana"})
    yield backend, chat
    await backend.aclose()


def script(chat: ScriptedChat, *answers: Any) -> None:
    chat._script = list(answers)
    chat.asked.clear()


async def test_a_model_fills_and_tells_where_there_is_one(asked: tuple[LocalBackend, ScriptedChat]) -> None:
    backend, chat = asked
    script(chat, {"city": "Lisboa", "email": None}, {"summary": "She lives in Lisbon."})
    schema = {"type": "object", "properties": {"city": {"type": "string"}, "email": {"type": "string"}}}
    answer = await backend.fill({"schema": schema, "user_id": "ana", "instructions": "In Portuguese."})
    assert answer["document"] == {"city": "Lisboa"}
    assert answer["usage"]["llm_calls"] == 1
    assert "In Portuguese." in chat.asked[0].text
    assert "Ana lives in Lisbon." in chat.asked[0].text
    assert (await backend.summary({"user_id": "ana"}))["summary"] == "She lives in Lisbon."
    # Nothing remembered is nothing to ask about.
    assert (await backend.fill({"schema": schema, "user_id": "zoe"}))["usage"]["llm_calls"] == 0
    assert (await backend.summary({"user_id": "zoe"}))["summary"] == ""


async def test_a_profile_by_a_schema_is_what_fill_makes_of_it(asked: tuple[LocalBackend, ScriptedChat]) -> None:
    backend, chat = asked
    script(chat, {"city": "Lisbon"})
    view = read_view("default", {"user_id": "ana"})
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    found = await backend.engine.exports.profile(view, schema=schema, instructions="x")
    assert found == {"city": "Lisbon"}


def test_the_model_of_the_settings_is_the_one_asked(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text("[]")
    with_model = assemble(Settings(llm=f"scripted:{script}"), tmp_path / "a").parts
    assert isinstance(with_model.extractor, ModelExtractor)
    assert with_model.chat is not None
    for extractor in ("rules", "verbatim"):
        parts = assemble(Settings(llm=f"scripted:{script}", extractor=extractor), tmp_path / "b").parts
        assert parts.chat is None
    assert assemble(Settings(), tmp_path / "c").parts.chat is None
