"""The quick starts of every version of their API, typed into a shell."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.served import Served
from tests.support.programs import program

pytestmark = pytest.mark.clients

Curl = Callable[..., Any]

SAID = '{"messages": [{"role": "user", "content": "I live in Porto. I like cheese."}], "user_id": "ana"}'


@pytest.fixture
def curl(server: Served) -> Curl:
    """Runs a command line as it stands in their documentation, in a project of its own; the JSON it prints."""
    curl, key = program("curl"), server.new_key()

    def run(line: str, status: int = 200, json_header: bool = True) -> Any:
        words = shlex.split(line.replace("https://api.mem0.ai", server.url).replace("$MEM0_API_KEY", key))
        headers = ["-H", "Content-Type: application/json"] if json_header else []
        ended = subprocess.run(
            [curl, "--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}", *headers, *words[1:]],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        body, _, code = ended.stdout.rpartition("\n")
        assert int(code) == status, body
        return json.loads(body)

    return run


AUTH = '-H "Authorization: Token $MEM0_API_KEY"'


def test_version_1(curl: Curl) -> None:
    added = curl(f"curl -X POST https://api.mem0.ai/v1/memories/ {AUTH} -d '{SAID}'")
    assert [item["event"] for item in added] == ["ADD", "ADD"]
    listed = curl(f'curl -X GET "https://api.mem0.ai/v1/memories/?user_id=ana" {AUTH}', json_header=False)
    assert {each["id"] for each in listed} == {item["id"] for item in added}
    found = curl(
        f"""curl -X POST https://api.mem0.ai/v1/memories/search/ {AUTH}
        -d '{{"query": "What do they like?", "user_id": "ana"}}'"""
    )
    assert "cheese" in found[0]["memory"]
    kept = found[0]["id"]
    assert curl(f"curl https://api.mem0.ai/v1/memories/{kept}/ {AUTH}")["memory"] == found[0]["memory"]
    curl(f"""curl -X PUT https://api.mem0.ai/v1/memories/{kept}/ {AUTH} -d '{{"text": "Ana likes tea"}}'""")
    told = curl(f"curl https://api.mem0.ai/v1/memories/{kept}/history/ {AUTH}")
    assert [each["event"] for each in told] == ["ADD", "UPDATE"]
    curl(f"curl -X DELETE https://api.mem0.ai/v1/memories/{kept}/ {AUTH}")
    curl(f"curl https://api.mem0.ai/v1/memories/{kept}/ {AUTH}", status=404)
    curl(f'curl -X DELETE "https://api.mem0.ai/v1/memories/?user_id=ana" {AUTH}')
    assert curl(f'curl "https://api.mem0.ai/v1/memories/?user_id=ana" {AUTH}') == []


def test_version_1_1_says_what_became_of_the_graph(curl: Curl) -> None:
    said = SAID[:-1] + ', "output_format": "v1.1", "enable_graph": true}'
    added = curl(f"curl -X POST https://api.mem0.ai/v1/memories/ {AUTH} -d '{said}'")
    assert len(added["results"]) == 2
    triples = [triple for triples in added["relations"]["added_entities"] for triple in triples]
    assert {(each["relationship"], each["target"]) for each in triples} == {("LIVES_IN", "Porto"), ("LIKES", "cheese")}


def test_version_2(curl: Curl) -> None:
    added = curl(f'curl -X POST https://api.mem0.ai/v1/memories/ {AUTH} -d \'{SAID[:-1]}, "version": "v2"}}\'')
    filters = '{"OR": [{"user_id": "ana"}, {"agent_id": "bot"}]}'
    found = curl(
        f"""curl -X POST https://api.mem0.ai/v2/memories/search/ {AUTH}
        -d '{{"query": "Where do they live?", "filters": {filters}}}'"""
    )
    assert "Porto" in found[0]["memory"]
    listed = curl(f"""curl -X POST https://api.mem0.ai/v2/memories/ {AUTH} -d '{{"filters": {filters}}}'""")
    assert {each["id"] for each in listed} == {item["id"] for item in added}
    page = curl(
        f"""curl -X POST "https://api.mem0.ai/v2/memories/?page=2&page_size=1" {AUTH} -d '{{"filters": {filters}}}'"""
    )
    assert (page["count"], len(page["results"]), page["next"]) == (2, 1, None)
    assert page["previous"].startswith("http://127.0.0.1")
    first = curl(f"""curl -X POST "{page["previous"]}" {AUTH} -d '{{"filters": {filters}}}'""")
    assert {first["results"][0]["id"], page["results"][0]["id"]} == {item["id"] for item in added}


def test_version_3(curl: Curl) -> None:
    queued = curl(f"curl --request POST --url https://api.mem0.ai/v3/memories/add/ {AUTH} --data '{SAID}'")
    assert queued["status"] == "PENDING"
    while (event := curl(f"curl https://api.mem0.ai/v1/event/{queued['event_id']}/ {AUTH}"))["status"] != "SUCCEEDED":
        assert event["status"] in ("PENDING", "RUNNING")
    assert len(event["results"]) == 2
    assert queued["event_id"] in {each["id"] for each in curl(f"curl https://api.mem0.ai/v1/events/ {AUTH}")["results"]}
    filters = '{"user_id": "ana"}'
    found = curl(
        f"""curl -X POST https://api.mem0.ai/v3/memories/search/ {AUTH}
        -d '{{"query": "Where do they live?", "filters": {filters}}}'"""
    )
    assert "Porto" in found["results"][0]["memory"]
    listed = curl(f"""curl -X POST https://api.mem0.ai/v3/memories/ {AUTH} -d '{{"filters": {filters}}}'""")
    assert (listed["count"], len(listed["results"]), listed["next"]) == (2, 2, None)


def test_what_is_wrong_is_said_in_json(curl: Curl) -> None:
    told = curl(f"curl -X POST https://api.mem0.ai/v3/memories/search/ {AUTH} -d '{{'", status=400)
    assert isinstance(told["detail"], str)
    told = curl("""curl https://api.mem0.ai/v1/ping/ -H "Authorization: Token wrong" """, status=401)
    assert isinstance(told["detail"], str)
    told = curl(f"curl https://api.mem0.ai/v1/memories/no-uuid/ {AUTH}", status=400)
    assert told["error"] == "memory_id should be a valid UUID"
    told = curl(f"curl https://api.mem0.ai/v9/memories/ {AUTH}", status=404)
    assert isinstance(told["detail"], str)
    told = curl(f"curl -X PATCH https://api.mem0.ai/v1/memories/ {AUTH}", status=405)
    assert isinstance(told["detail"], str)
