"""Exports and imports over REST."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import anyio
import httpx
import pytest
from fastapi import FastAPI

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings
from tests.api.conftest import connected, problem, remember, started

pytestmark = pytest.mark.anyio

LINES = {"content-type": "application/x-ndjson"}


def lines(*items: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


async def test_what_was_exported_is_imported_as_it_was(client: httpx.AsyncClient, tmp_path: Path) -> None:
    memory_id = await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]], metadata={"a": "ünï"})
    await client.patch(f"/memories/{memory_id}", json={"text": "Ana leads Atlas in Lisbon."})
    exported = await client.get("/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    other = LocalBackend(assemble(Settings(extractor="verbatim"), tmp_path / "other"))
    async with started(other) as app, connected(app) as second:
        answer = await second.post("/import", params={"name": "all"}, content=exported.content, headers=LINES)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["memories"], answer.json()["refused"]) == (1, [])
        for path in (f"/memories/{memory_id}", f"/memories/{memory_id}/history"):
            assert (await second.get(path)).json() == (await client.get(path)).json()
        found = (await second.post("/search", json={"query": "who leads Atlas?", "user_id": "ana"})).json()
        assert found["results"][0]["id"] == memory_id


async def test_an_export_may_be_of_one_owner(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana's kite")
    await remember(client, "Ben's kite", user="ben")
    exported = (await client.get("/export", params={"owner": "user:ben"})).text
    assert "Ben's kite" in exported
    assert "Ana's kite" not in exported


async def test_lines_of_arguments(client: httpx.AsyncClient) -> None:
    body = lines({"messages": "Ana sails."}, {"messages": "Ben rows.", "user_id": "ben"}, {"massages": "x"}) + b"{]\n\n"
    query = {"name": "chats", "defaults": json.dumps({"user_id": "ana", "infer": False})}
    answer = await client.post("/import", params=query, content=body, headers=LINES)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["memories"] == 2
    assert [each["line"] for each in report["refused"]] == [3, 4]
    assert "massages" in report["refused"][0]["reason"]
    page = (await client.get("/memories", params={"user_id": "ana"})).json()
    assert [each["memory"] for each in page["results"]] == ["Ana sails."]


async def test_a_stream_without_a_length(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for number in range(300):
            yield lines({"messages": f"Fact {number}", "user_id": "ana", "infer": False})

    answer = await client.post("/import", params={"name": "facts"}, content=body(), headers=LINES)
    assert answer.json()["memories"] == 300


async def test_bytes_that_are_no_text_are_refused_by_line(client: httpx.AsyncClient) -> None:
    good = lines({"messages": "Ana sails.", "user_id": "ana", "infer": False})
    bad = b'{"messages": "\xff\xfe", "user_id": "ana", "infer": false}\n'
    report = (await client.post("/import", params={"name": "bytes"}, content=bad + good, headers=LINES)).json()
    assert (report["memories"], [each["line"] for each in report["refused"]]) == (1, [1])


async def test_one_endless_line_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/import", params={"name": "long"}, content=b"x" * (9 * 2**20), headers=LINES)
    assert "Line 1" in problem(answer, 413, "too_large")["detail"]


async def test_an_import_needs_a_name(client: httpx.AsyncClient) -> None:
    assert problem(await client.post("/import", content=b"", headers=LINES), 422, "invalid_input")["field"] == "name"
    wrong = {"name": "x", "defaults": "[1]"}
    assert problem(await client.post("/import", params=wrong, content=b"", headers=LINES), 422, "invalid_input")


async def test_an_import_stays_in_its_project(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    exported = (await client.get("/export")).text.replace('"default"', '"foreign"')
    await client.post("/reset")
    report = (await client.post("/import", params={"name": "foreign"}, content=exported, headers=LINES)).json()
    page = (await client.get("/memories", params={"user_id": "ana"})).json()
    assert report["memories"] == len(page["results"]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        ('"user_id": "ana"', '"user_id": {}'),
        ('"text": "Ana', '"text": 5, "x": "Ana'),
        ('"text": "Ana', '"text": "\\u0000Ana'),
        ('"created_at": "2', '"created_at": "nothing2'),
        ('"partition": [', '"partition": 5, "x": ['),
        ('"id": "', '"id": 7, "x": "'),
        ('"categories": []', '"categories": 3'),
        ('"metadata": {}', '"metadata": {"a": {"b": NaN}}'),
        ('"type": "changes"', '"type": "chances"'),
        ('"type": "memory"', '"type": "memory", "memory": 1'),
    ],
)
async def test_a_damaged_export_is_refused_by_line(client: httpx.AsyncClient, damage: tuple[str, str]) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    exported = (await client.get("/export")).text
    assert damage[0] in exported
    await client.post("/reset")
    await client.post("/purge")
    body = exported.replace(*damage).encode("utf-8", "surrogatepass")
    answer = await client.post("/import", params={"name": "damaged"}, content=body, headers=LINES)
    assert answer.status_code < 500, answer.text
    page = await client.get("/memories", params={"user_id": "*"})
    assert page.status_code == 200, page.text


async def test_an_export_with_a_line_missing_loses_what_hung_on_it(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    exported = (await client.get("/export")).text.splitlines(keepends=True)
    assert len(exported) > 6
    for missing in range(1, len(exported)):
        await client.post("/reset")
        await client.post("/purge")
        body = "".join(exported[:missing] + exported[missing + 1 :])
        answer = await client.post("/import", params={"name": f"without {missing}"}, content=body, headers=LINES)
        assert answer.status_code == 200, answer.text
        report, held = answer.json(), (await client.get("/stats")).json()
        assert report["memories"] == held["memories"]
        assert report["refused"] or held["memories"] == 1 or '"memory"' in exported[missing]
        assert (await client.post("/index/verify")).json()["clean"] is True


async def test_an_export_of_another_format_is_refused(client: httpx.AsyncClient) -> None:
    body = lines({"type": "graphmem", "format": 99})
    answer = await client.post("/import", params={"name": "later"}, content=body, headers=LINES)
    assert problem(answer, 422, "invalid_input")["field"] == "format"


async def test_arguments_that_name_graphmem_are_no_export(client: httpx.AsyncClient) -> None:
    body = lines({"messages": "It remembers.", "user_id": "graphmem", "infer": False})
    report = (await client.post("/import", params={"name": "odd"}, content=body, headers=LINES)).json()
    assert report["memories"] == 1


async def test_one_file_goes_into_several_projects(backend: LocalBackend, client: httpx.AsyncClient) -> None:
    """Ids are used once in a store, so what is there already is refused, not taken twice, and not taken for done."""
    await remember(client, "Ana leads Atlas.")
    exported = (await client.get("/export")).text
    again = (await client.post("/import", params={"name": "a"}, content=exported, headers=LINES)).json()
    red = backend.for_project("red")
    report = await red.import_lines(exported.splitlines(), "a", {})
    assert (report["memories"], len(report["refused"])) == (0, 1)
    assert again["refused"] == [] or again["memories"] == 0
    assert (await client.get("/stats")).json()["memories"] == 1
    assert (await red.stats())["memories"] == 0


async def test_a_caller_that_hangs_up_ends_the_export(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = False

    async def endless(*_: object) -> AsyncIterator[str]:
        nonlocal ended
        try:
            while True:
                yield "x" * 10_000
        finally:
            ended = True

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        return {}

    async def send(message: dict[str, object]) -> None:
        assert message.get("status", 200) == 200
        if message["type"] == "http.response.body":
            raise OSError("The caller hung up.")

    monkeypatch.setattr(app.state.house.backend.engine.transfer, "export", endless)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/export",
        "raw_path": b"/export",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
    }
    with pytest.raises(Exception, match="broke off"):
        await app(scope, receive, send)
    assert ended


async def test_no_room_for_an_import(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> IO[bytes]:
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    body = lines({"messages": "Ana sails.", "user_id": "ana", "infer": False})
    answer = await client.post("/import", params={"name": "full"}, content=body, headers=LINES)
    assert problem(answer, 507, "disk_full")["hint"]
    assert (await client.get("/stats")).json()["memories"] == 0
