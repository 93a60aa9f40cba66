"""Memories through their clients: kept, read by a model, found, changed, put away."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.connected import Connected
from tests.clients.spelling import Client, only, results
from tests.unit.extraction.test_documents import pdf

pytestmark = pytest.mark.clients


def test_what_is_kept_as_it_stands(client: Client, user: str) -> None:
    metadata = {"source": "crm", "camelKey": {"snake_key": [1, None, "é"]}}
    kept = client.note("Ana rows on the Douro", user_id=user, run_id="spring", metadata=metadata)
    memory = client.get(kept)
    assert memory["id"] == kept
    assert memory["memory"] == "Ana rows on the Douro"
    assert memory["metadata"] == metadata
    assert (memory["user_id"], memory["run_id"], memory["session_id"]) == (user, "spring", "spring")
    assert (memory["agent_id"], memory["app_id"]) == (None, None)
    made = datetime.fromisoformat(memory["created_at"])
    assert abs((datetime.now(UTC) - made).total_seconds()) < 600
    assert datetime.fromisoformat(memory["updated_at"]) >= made

    [listed] = results(client.get_all({"user_id": user}))
    assert {name: listed[name] for name in ("id", "memory", "metadata")} == {
        name: memory[name] for name in ("id", "memory", "metadata")
    }
    [hit] = results(client.search("who rows?", {"user_id": user}))
    assert hit["id"] == kept
    assert 0 < hit["score"] <= 1


def test_a_conversation_is_read_by_the_model(client: Client, user: str) -> None:
    said = "Hello! I live in Porto. My sister is Marta."
    items = client.remember(
        [{"role": "user", "content": said}, {"role": "assistant", "content": "How nice."}], user_id=user
    )
    assert [item["event"] for item in items] == ["ADD", "ADD"]
    assert {item["memory"] for item in items} == client.texts(user_id=user)
    assert all(item["data"]["memory"] == item["memory"] for item in items)
    assert "lives in Porto" in client.found("where do they live?", user_id=user)[0]


def test_what_is_known_comes_with_its_graph(client: Client, user: str) -> None:
    client.say("I live in Porto. I work at Acme.", user_id=user)
    found = client.search("where do they work?", {"user_id": user}, enable_graph=True, output_format="v1.1")
    relations = {(each["relationship"], each["target"], each["target_type"]): each for each in found["relations"]}
    stated = relations["WORKS_AT", "Acme", "Organization"]
    assert stated["destination"] == "Acme"
    assert stated["source_type"] == "Person"


def test_an_add_answers_as_its_version_does(client: Client, user: str) -> None:
    answer = client.add([{"role": "user", "content": "I live in Porto."}], user_id=user)
    queued = answer if "event_id" in answer else results(answer)[0]
    if client.queues:
        assert queued["status"] == "PENDING"
        [item] = client.event(queued["event_id"])["results"]
    else:
        [item] = results(answer)
    assert item["event"] == "ADD"
    assert client.get(item["id"])["memory"] == item["memory"]


@only("1.0.11", "2.4.6")
def test_an_add_may_be_waited_for_or_not(client: Client, user: str) -> None:
    [item] = results(client.add([{"role": "user", "content": "I live in Porto."}], user_id=user, async_mode=False))
    assert item["event"] == "ADD"
    queued = results(client.add([{"role": "user", "content": "I work at Acme."}], user_id=user, async_mode=True))[0]
    assert queued["status"] == "PENDING"
    client.event(queued["event_id"])
    assert len(client.texts(user_id=user)) == 2


@only("3.3.1")
def test_a_memory_in_camel_case(client: Client, user: str) -> None:
    kept = client.note("Ana rows", user_id=user, metadata={"snake_key": 1})
    memory = Connected.call(client, "get", kept)  # as the client gives it
    assert (memory["userId"], memory["metadata"]) == (user, {"snake_key": 1})
    assert {"createdAt", "updatedAt", "categories", "runId", "sessionId", "expirationDate"} <= memory.keys()


@only("0.1.118", "2.4.6")
def test_the_first_version_answers_with_lists(client: Client, user: str) -> None:
    if client.driver.kind.version == "0.1.118":
        client.call("add", "I live in Porto.", user_id=user)  # it sends a bare string
    else:
        client.say("I live in Porto.", user_id=user)
    [hit] = client.call("search", "where do they live?", user_id=user)
    [listed] = client.call("get_all", user_id=user)
    assert hit["id"] == listed["id"]
    paged = client.call("get_all", user_id=user, page=1, page_size=5)
    assert (paged["count"], [each["id"] for each in paged["results"]]) == (1, [hit["id"]])


@only("0.1.118", "2.4.6")
def test_the_second_version_does_too(client: Client, user: str) -> None:
    client.note("Ana rows", user_id=user)
    for answer in (client.search("who rows?", {"user_id": user}), client.get_all({"user_id": user})):
        assert isinstance(answer, list)
        assert [each["memory"] for each in answer] == ["Ana rows"]


def test_parts_of_memories(client: Client, user: str) -> None:
    kept = client.note("Ana rows", user_id=user, metadata={"a": 1})
    [hit] = results(client.search("who rows?", {"user_id": user}, fields=["memory", "metadata"]))
    assert hit == {"id": kept, "memory": "Ana rows", "metadata": {"a": 1}}


@only("0.1.118", "1.0.11", "2.2.1")
def test_an_add_whose_filters_say_for_whom(client: Client, user: str) -> None:
    assert client.get(client.note("Ana rows", filters={"user_id": user}))["user_id"] == user


def test_what_takes_the_place_of_something_else(client: Client, user: str) -> None:
    [before] = client.say("I live in Porto.", user_id=user)
    [item] = client.say("I moved to Lisbon.", user_id=user)
    assert item["event"] == "UPDATE"
    assert item["old_memory"] == before["memory"]
    [text] = client.texts(user_id=user)
    assert "Lisbon" in text
    told = client.history(item["id"])
    assert [each["new_memory"] for each in told if each["new_memory"]] == [before["memory"], item["memory"]]


def test_an_update_shows_in_the_history(client: Client, user: str) -> None:
    kept = client.note("Ana rows", user_id=user, metadata={"kept": True})
    client.update(kept, text="Ana rows on Sundays")
    client.update(kept, metadata={"checked": True})
    memory = client.get(kept)
    assert (memory["memory"], memory["metadata"]) == ("Ana rows on Sundays", {"checked": True})
    assert client.found("who rows?", user_id=user) == ["Ana rows on Sundays"]
    first, second, *_ = client.history(kept)
    assert (first["event"], first["old_memory"], first["new_memory"]) == ("ADD", None, "Ana rows")
    assert (second["event"], second["old_memory"], second["new_memory"]) == (
        "UPDATE",
        "Ana rows",
        "Ana rows on Sundays",
    )
    assert first["memory_id"] == second["memory_id"] == kept


@only("2.2.1", "3.3.1")
def test_what_has_expired_is_hidden_until_it_has_not(client: Client, user: str) -> None:
    kept = client.note("Ana rows", user_id=user)
    client.update(kept, expiration_date="2020-01-31")
    assert client.texts(user_id=user) == set()
    assert client.found("who rows?", user_id=user) == []
    assert client.get(kept)["expiration_date"].startswith("2020-01-31")
    shown = client.get_all({"user_id": user}, show_expired=True)
    assert [each["memory"] for each in results(shown)] == ["Ana rows"]
    client.update(kept, expiration_date=None)
    assert client.texts(user_id=user) == {"Ana rows"}


def test_what_was_deleted_is_gone(client: Client, user: str) -> None:
    kept = client.note("Ana rows", user_id=user)
    assert "delete" in client.delete(kept)["message"].lower()
    assert client.texts(user_id=user) == set()
    assert client.found("who rows?", user_id=user) == []
    for again in (client.get, client.delete):
        with client.refused(404, "MemoryNotFoundError"):
            again(kept)


def test_all_of_one_user_is_deleted(client: Client, user: str) -> None:
    other = f"{user}-too"
    for each in (user, other):
        client.note("Ana rows", user_id=each)
        client.note("Ana sings", user_id=each, run_id="spring")
    assert client.delete_all(user_id=user)["message"]
    assert (client.texts(user_id=user), len(client.texts(user_id=other))) == (set(), 2)
    client.delete_all(user_id=other, run_id="spring")
    assert client.texts(user_id=other) == {"Ana rows"}


def test_everything_is_deleted_only_where_that_is_said(fresh: Client, user: str) -> None:
    fresh.note("Ana rows", user_id=user)
    fresh.note("The bot sings", agent_id="bot")
    with fresh.refused(400, "ValidationError"):
        fresh.delete_all()
    fresh.delete_all(user_id="*")
    assert (fresh.texts(user_id=user), fresh.texts(agent_id="bot")) == (set(), {"The bot sings"})


@only("2.2.1")
def test_a_deletion_by_filters(client: Client, user: str) -> None:
    """Its typed options send the filters as Python prints them."""
    client.note("Ana rows", user_id=user)
    client.note("Ana sings", user_id=user, run_id="spring")
    client.call("delete_all", filters={"AND": [{"user_id": user}, {"run_id": "spring"}]})
    assert client.texts(user_id=user) == {"Ana rows"}


@only("3.3.1")
def test_filters_that_did_not_arrive_delete_nothing(client: Client, user: str) -> None:
    client.note("Ana rows", user_id=user)
    with client.refused(400, "ValidationError"):
        client.delete_all(user_id=user, filters={"run_id": "spring"})  # sent as [object Object]
    assert client.texts(user_id=user) == {"Ana rows"}


@only("2.2.1", "3.3.1")
def test_what_it_took_the_place_of_comes_back_or_goes_along(client: Client, user: str) -> None:
    for options, left in (({}, 1), ({"delete_linked": True}, 0)):
        client.delete_all(user_id=user)
        client.say("I live in Porto.", user_id=user)
        [item] = client.say("I moved to Lisbon.", user_id=user)
        told = client.delete(item["id"], **options)
        assert told.get("cascade_count") == (1 if options else None)
        assert len(client.texts(user_id=user)) == left


def test_batches(client: Client, user: str) -> None:
    ids = [client.note(text, user_id=user) for text in ("Ana rows", "Ana sings", "Ana reads")]
    told = client.batch_update({ids[0]: "Ana rows on Sundays", ids[1]: "Ana sings on Mondays"})
    assert "2" in told["message"]
    assert client.texts(user_id=user) == {"Ana rows on Sundays", "Ana sings on Mondays", "Ana reads"}
    told = client.batch_delete(ids[:2])
    assert "2" in told["message"]
    assert client.texts(user_id=user) == {"Ana reads"}


def test_pages(client: Client, user: str) -> None:
    notes = {client.note(f"Ana reads book {number}", user_id=user) for number in range(5)}
    seen: list[str] = []
    for number, size in ((1, 2), (2, 2), (3, 1)):
        page: dict[str, Any] = client.get_all({"user_id": user}, page=number, page_size=2)
        assert (page["count"], len(page["results"])) == (5, size)
        assert (page["previous"] is None, page["next"] is None) == (number == 1, number == 3)
        seen += [each["id"] for each in page["results"]]
    assert set(seen) == notes
    with client.refused(404, "MemoryNotFoundError"):
        client.get_all({"user_id": user}, page=4, page_size=2)


def test_whose_memory_it_is(client: Client, user: str) -> None:
    agent, app, run = (f"{kind}-{uuid4().hex}" for kind in ("agent", "app", "run"))
    client.note("Ana rows", user_id=user, run_id=run)
    client.note("The bot is polite", agent_id=agent)
    client.note("The shop opens at nine", app_id=app)
    assert client.texts(user_id=user) == client.texts(run_id=run) == {"Ana rows"}
    assert client.texts(agent_id=agent) == {"The bot is polite"}
    assert client.texts(app_id=app) == {"The shop opens at nine"}


def test_when_it_was_said(client: Client, user: str) -> None:
    said = datetime(2023, 5, 7, 12, tzinfo=UTC)
    kept = client.note("Ana rows", user_id=user, timestamp=int(said.timestamp()))
    assert datetime.fromisoformat(client.get(kept)["created_at"]) == said


def test_words_reach_the_model(client: Client, user: str) -> None:
    client.say("I live in Porto.", user_id=user, custom_instructions="Keep what is said of places.")
    asked = client.server.model.requests[-1].body["messages"]
    assert "Keep what is said of places." in asked[0]["content"]


def test_what_is_excluded_is_not_kept(client: Client, user: str) -> None:
    assert client.say("I like cheese. My diagnosis is gout.", user_id=user, excludes="any diagnosis") == []
    assert client.texts(user_id=user) == set()


def test_categories_are_the_ones_offered(client: Client, user: str) -> None:
    offered = [{"food": "What they eat and drink"}, {"sports": "What they play"}]
    items = client.say("I like cheese. I play chess.", user_id=user, custom_categories=offered)
    filed = {item["memory"].split()[-1]: client.get(item["id"])["categories"] for item in items}
    assert filed == {"cheese.": ["food"], "chess.": ["sports"]}
    found = results(client.get_all({"AND": [{"user_id": user}, {"categories": {"in": ["sports"]}}]}))
    assert ["chess" in each["memory"] for each in found] == [True]


def test_a_picture_is_shown_to_the_model(client: Client, user: str) -> None:
    url = "https://pictures.example/cheese.png"
    picture = {"role": "user", "content": {"type": "image_url", "image_url": {"url": url}}}
    client.remember([{"role": "user", "content": "I like cheese."}, picture], user_id=user)
    assert url in str(client.server.model.requests[-1].body["messages"])
    [text] = client.texts(user_id=user)
    assert "cheese" in text


@only("2.2.1")
def test_options_may_be_objects_of_theirs(client: Client, user: str) -> None:
    mine, said = {"user_id": user}, [{"role": "user", "content": "Ana rows"}]
    client.typed("add", "AddMemoryOptions", said, filters=mine, infer=False, metadata={"a": 1})
    [listed] = results(client.typed("get_all", "GetAllMemoryOptions", filters=mine, page_size=10, latest_only=True))
    assert (listed["memory"], listed["metadata"]) == ("Ana rows", {"a": 1})
    asked = {"filters": mine, "top_k": 3, "keyword_search": True}
    [hit] = results(client.typed("search", "SearchMemoryOptions", "who rows?", **asked))
    assert hit["id"] == listed["id"]
    client.typed("update", "UpdateMemoryOptions", listed["id"], text="Ana sails")
    assert client.texts(user_id=user) == {"Ana sails"}
    client.typed("delete_all", "DeleteAllMemoryOptions", filters=mine)
    assert client.texts(user_id=user) == set()


def test_a_schema_is_filled_from_what_an_add_brings(client: Client, user: str) -> None:
    schema = {"type": "object", "properties": {"employer": {"type": "string", "description": "Where they work"}}}
    [item] = client.say("I work at Acme.", user_id=user, structured_data_schema=schema)
    assert client.get(item["id"])["metadata"]["structured_data"] == {"employer": "Acme"}


@pytest.mark.parametrize(
    ("document_kind", "document"),
    [("pdf_url", pdf("I live in Porto.")), ("mdx_url", b"import Map from './map'\n\n# Home\n\nI live in **Porto**.\n")],
)
def test_a_document_is_read(client: Client, user: str, document_kind: str, document: bytes) -> None:
    part = {"type": document_kind, document_kind: {"url": b64encode(document).decode()}}
    client.remember([{"role": "user", "content": part}], user_id=user)
    [text] = client.texts(user_id=user)
    assert "Porto" in text


@pytest.mark.parametrize("bad", ["gibberish", "1", "00000000-0000-0000-0000-00000000000x"])
def test_what_is_no_id(client: Client, bad: str) -> None:
    for ask in (client.get, client.delete, client.history):
        with client.refused(400, "ValidationError"):
            ask(bad)
    with client.refused(400, "ValidationError"):
        client.update(bad, text="x")


def test_an_id_of_nothing(client: Client) -> None:
    nothing = str(uuid4())
    for ask in (client.get, client.delete, client.history):
        with client.refused(404, "MemoryNotFoundError"):
            ask(nothing)
    with client.refused(404, "MemoryNotFoundError"):
        client.update(nothing, text="x")


def test_nobodys_memory(client: Client) -> None:
    with client.refused(400, "ValidationError"):
        client.add([{"role": "user", "content": "I live in Porto."}])
    with client.refused(400, "ValidationError"):
        client.get_all({"AND": "nonsense"})
