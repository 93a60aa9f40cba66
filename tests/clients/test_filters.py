"""Their dialect of filters, as their clients send it."""

from __future__ import annotations

import pytest

from tests.clients.spelling import Client, only, results

pytestmark = pytest.mark.clients


@pytest.fixture
def notes(client: Client, user: str) -> str:
    client.note("Ana rows", user_id=user, metadata={"topic": "sport", "rank": 1})
    client.note("Ana sings", user_id=user, metadata={"topic": "music", "rank": 2}, run_id="spring")
    client.note("Bo rows", user_id=f"{user}-bo", metadata={"topic": "sport"})
    return user


def test_and_or_not(client: Client, notes: str) -> None:
    both = {"OR": [{"user_id": notes}, {"user_id": f"{notes}-bo"}]}
    assert client.texts(both) == {"Ana rows", "Ana sings", "Bo rows"}
    assert client.texts({"AND": [both, {"metadata": {"topic": "sport"}}]}) == {"Ana rows", "Bo rows"}
    assert client.texts({"AND": [{"user_id": notes}, {"NOT": [{"metadata": {"topic": "sport"}}]}]}) == {"Ana sings"}
    assert client.texts({"user_id": notes, "OR": [{"run_id": "spring"}, {"metadata": {"rank": 1}}]}) == {
        "Ana rows",
        "Ana sings",
    }


def test_values(client: Client, notes: str) -> None:
    mine = {"user_id": notes}
    assert client.texts({"AND": [mine, {"run_id": "*"}]}) == {"Ana sings"}
    assert client.texts({"AND": [mine, {"metadata": {"topic": {"in": ["music", "art"]}}}]}) == {"Ana sings"}
    assert client.texts({"AND": [mine, {"metadata": {"topic": {"ne": "music"}}}]}) == {"Ana rows"}
    assert client.texts({"AND": [mine, {"metadata": {"rank": {"gte": 2}}}]}) == {"Ana sings"}
    assert client.texts({"AND": [mine, {"keywords": {"icontains": "ROWS"}}]}) == {"Ana rows"}
    assert client.texts({"user_id": {"in": [notes, f"{notes}-bo"]}}) == {"Ana rows", "Ana sings", "Bo rows"}


def test_dates(client: Client, notes: str) -> None:
    mine = {"user_id": notes}
    client.note("Ana slept", user_id=notes, timestamp=1_600_000_000)
    assert client.texts({"AND": [mine, {"created_at": {"lt": "2021-01-01"}}]}) == {"Ana slept"}
    assert "Ana slept" not in client.texts({"AND": [mine, {"created_at": {"gte": "2021-01-01"}}]})


def test_searches_take_them_too(client: Client, notes: str) -> None:
    filters = {"AND": [{"user_id": notes}, {"metadata": {"topic": "music"}}]}
    assert [hit["memory"] for hit in results(client.search("what does Ana do?", filters))] == ["Ana sings"]
    assert len(results(client.search("what does Ana do?", {"user_id": notes}, top_k=1))) == 1


@only("3.3.1")
def test_ids_in_camel_case(client: Client, notes: str) -> None:
    assert client.texts({"userId": notes}) == {"Ana rows", "Ana sings"}
    assert client.texts({"AND": [{"userId": notes}, {"runId": "spring"}]}) == {"Ana sings"}
