"""The model behind the tutorials: it answers what it was prepared for, and nothing that it was not properly asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.pages import DOCS
from tests.docs.stand_in import MODELS, StandIn, standing_in
from tests.support.chat_server import ChatServer

RECORD = json.dumps({"user": "Ana", "known": [{"number": 4, "text": "Ana lives in Porto."}], "messages": []})


def asked(answers: list[dict[str, Any]], *contents: str) -> list[httpx.Response]:
    """What the stand-in says to questions, each a message."""
    with ChatServer() as server, httpx.Client(trust_env=False) as client:
        StandIn({"instead_of": "openai", "answers": answers}, server)
        url = f"{server.base_url}/chat/completions"
        return [client.post(url, json={"messages": [{"role": "user", "content": each}]}) for each in contents]


def said(response: httpx.Response) -> Any:
    return response.json()["choices"][0]["message"]


def test_it_answers_in_order_and_no_further() -> None:
    first, second, third = asked([{"says": "One"}, {"says": "Two"}], "a", "b", "c")
    assert [said(first)["content"], said(second)["content"], third.status_code] == ["One", "Two", 400]


@pytest.mark.parametrize("condition", [{"was_shown": ["figs"]}, {"was_not_shown": ["tea"]}])
def test_a_page_that_shows_it_something_else_fails(condition: dict[str, Any]) -> None:
    [answer] = asked([{**condition, "says": "Fine"}], "I like tea")
    assert answer.status_code == 400
    assert "the page" in answer.json()["error"]["message"]


def test_memories_replace_only_what_was_shown() -> None:
    moved = {"text": "Ana lives in Faro.", "relations": [["user", "lives in", "Faro"]]}
    [answer] = asked([{"memories": [{**moved, "supersedes": "Ana lives in Porto."}]}], RECORD)
    [memory] = json.loads(said(answer)["content"])["memories"]
    assert (memory["verdict"], memory["targets"]) == ("supersedes", [4])
    assert [each["name"] for each in memory["entities"]] == ["user", "Faro"]
    [answer] = asked([{"memories": [{**moved, "supersedes": "Ana lives in Braga."}]}], RECORD)
    assert answer.status_code == 400


def test_a_tool_may_be_given_an_id_that_was_found() -> None:
    found = json.dumps({"memories": [{"id": "7", "text": "Ana has a cat."}]})
    [answer] = asked([{"calls": [{"tool": "forget", "with": {"memory_id": "ID OF: Ana has a cat.", "n": 1}}]}], found)
    [call] = said(answer)["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"memory_id": "7", "n": 1}


def test_every_script_has_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {page.stem for page in (DOCS / "tutorials").glob("*.md")}
    assert {script.stem for script in MODELS.glob("*.json")} == pages
    with standing_in(Path("concepts.md"), monkeypatch) as model:
        assert model is None


def test_the_address_of_ollama_becomes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with standing_in(Path("local.md"), monkeypatch) as model:
        assert model is not None
        assert model.placed("http://localhost:11434/v1") == f"http://{model.address}/v1"
