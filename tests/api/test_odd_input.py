"""Odd input through REST that is nobody's fault: kept as it is, and found again."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import remember

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "text",
    [
        "🎉🚀👩‍👩‍👧",
        "x " * 100_000,
        "مرحبا بالعالم",
        "东京在日本。安娜住在里斯本。",
        "a\u202eb\u2066c",
        "'; DROP TABLE memories; --",
        '`}) DETACH DELETE n // "',
        "{{7*7}} ${jndi:ldap://x} %s %n",
        "line\r\nline\ttab\x7f\x1b[31m",
        "\U0010ffff\u0301\u0301\u0301",
    ],
    ids=["emoji", "long", "arabic", "chinese", "bidi", "sql", "cypher", "templates", "controls", "odd"],
)
async def test_odd_texts_are_kept_as_they_are(shared: httpx.AsyncClient, text: str) -> None:
    memory_id = await remember(shared, text, user="ana's `id`", metadata={"a'b\"c.d$": text[:50]})
    found = (await shared.get(f"/memories/{memory_id}")).json()
    assert found["memory"] == text.strip()
    assert found["metadata"] == {"a'b\"c.d$": text[:50]}
    assert (await shared.post("/search", json={"query": text[:5_000], "user_id": "ana's `id`"})).status_code == 200


@pytest.mark.parametrize("value", [2**53 + 1, -(2**63), 2**63 - 1, 1e308, 5e-324, -0.0, True, None, [], {}, ""])
async def test_metadata_comes_back_as_it_went(shared: httpx.AsyncClient, value: Any) -> None:
    memory_id = await remember(shared, "x", metadata={"value": value})
    found = (await shared.get(f"/memories/{memory_id}")).json()["metadata"]["value"]
    assert json.dumps(found) == json.dumps(value)


async def test_a_date_at_the_end_of_time(shared: httpx.AsyncClient) -> None:
    memory_id = await remember(shared, "x", timestamp="9999-12-31T23:59:59Z", expiration_date="9999-12-31")
    assert (await shared.get(f"/memories/{memory_id}")).json()["observed_at"].startswith("9999-12-31")
    question = {"query": "x", "user_id": "ana", "as_of": "9999-12-31T23:59:59.999999Z"}
    late = await shared.post("/search", json=question)
    assert late.status_code == 200
