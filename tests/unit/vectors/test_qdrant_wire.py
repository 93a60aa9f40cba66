"""What goes over the wire to a Qdrant server, and what comes of its answers."""

from __future__ import annotations

import asyncio
import copy
import socket
from dataclasses import replace

import pytest

from graphmem.changes import Mark
from graphmem.errors import ConfigurationError, DiskFull, EmbedderChanged, Unavailable
from graphmem.filters import Leaf
from graphmem.testing.points import DIMENSIONS, FINGERPRINT, Pen
from graphmem.vectors.qdrant import QdrantIndex, language
from tests.support.qdrant_server import QdrantServer, Reply

pytestmark = pytest.mark.anyio

OTHER = "another:embedder:32+terms:1"
SECRET = "the-key-itself"
INSECURE = "ignore:Api key is used with an insecure connection:UserWarning"


@pytest.fixture
def server():
    with QdrantServer() as server:
        yield server


@pytest.fixture
async def open_another(server):
    made = []

    async def another(**options):
        made.append(QdrantIndex(server.url, **options))
        await made[-1].open(FINGERPRINT)
        return made[-1]

    yield another
    for index in made:
        await index.aclose()


@pytest.fixture
async def index(open_another):
    return await open_another()


@pytest.fixture
def pen():
    return Pen()


async def held(index):
    return {mark.id: mark.revision async for batch in index.scan() for mark in batch}


async def batches(*several):
    for points in several:
        yield points


# -- requests


async def test_one_call_is_one_request(index, server, pen):
    points = [pen.point(kind) for kind in ("memory", "relation", "entity")]
    await index.upsert(points)
    server.requests.clear()
    queries = [pen.ask(asked, kind=each.kind) for each in points for asked in (each.dense, each.sparse)]
    queries.append(pen.ask(owners=()))
    found = await index.query(queries)
    assert server.lines == ["POST /collections/{}/points/query/batch"]
    assert [[hit.id for hit in each] for each in found] == [[each.id] for each in points for _ in range(2)] + [[]]


async def test_requests_share_a_connection_and_answers_are_not_compressed(index, server, pen):
    """A real server sends compressed ones in pieces, each of which waits until the one before is acknowledged."""
    await index.upsert(pen.points(3))
    server.requests.clear()
    for _ in range(5):
        await index.query([pen.ask()])
    assert len(server.requests) == 5
    assert {request.headers["accept-encoding"] for request in server.requests} == {"identity"}
    assert len({request.port for request in server.requests}) == 1


async def test_what_is_asked_is_sent_as_it_is(index, server, pen):
    """The client's own copies are left out; what was asked for is not changed by that."""
    asked = pen.ask(among=tuple(point.id for point in pen.points(30)))
    sent = language.request(asked, corpus=True)
    before = sent.model_dump()
    copied = copy.deepcopy(sent)
    assert copied.filter is sent.filter
    copied.query = None
    assert sent.model_dump() == before


async def test_what_cannot_be_answered_is_not_asked(index, server, pen):
    await index.upsert([pen.point()])
    server.requests.clear()
    assert await index.query([pen.ask(owners=()), pen.ask(among=()), pen.ask(limit=0)]) == [[], [], []]
    assert await index.query([]) == []
    assert server.lines == []


async def test_a_write_is_one_request_on_a_condition(index, server, pen):
    await index.upsert(pen.points(3))
    server.requests.clear()
    await index.upsert(pen.points(5, revision=7) + pen.points(5, revision=8))
    await index.delete([Mark("memory", pen.point().id, 9)])
    assert server.lines == ["PUT /collections/{}/points"] * 2
    assert all(request.body["update_filter"] for request in server.requests)
    assert server.requests[1].body["points"][0]["vector"] == {}


async def test_the_first_write_makes_collection_indexes_note_and_alias(index, server, pen):
    server.requests.clear()
    await index.upsert(pen.points(2))
    assert server.lines == [
        "GET /aliases",
        "PUT /collections/{}",
        *["PUT /collections/{}/index"] * 3,
        "PUT /collections/{}/points",
        "POST /collections/aliases",
        "PUT /collections/{}/points",
    ]
    [name] = server.collections
    assert server.aliases == {"graphmem": name}
    assert name.startswith("graphmem-")
    layout = server.requests[1].body
    assert layout["vectors"]["d"] == {"size": DIMENSIONS, "distance": "Cosine"}
    assert layout["sparse_vectors"]["s"] == {"modifier": "idf"}
    fields = {request.body["field_name"]: request.body["field_schema"] for request in server.requests[2:5]}
    assert fields["o"]["is_tenant"] is True
    assert (fields["t"]["type"], fields["r"]["type"]) == ("keyword", "integer")


async def test_no_text_reaches_the_server(index, server, pen):
    document = {"user_id": "marta", "categories": ("heart disease",), "metadata": {"city": "Porto"}}
    await index.upsert([pen.of(document)])
    await index.query([pen.ask(owners=("user:marta",), where=Leaf("categories", "eq", "heart disease"))])
    [name] = server.collections
    [point] = [each for each in server.points(name) if "o" in each.payload]
    assert set(point.payload) == {"r", "o", "t"}
    said = repr([request.body for request in server.requests])
    for word in ("marta", "heart", "disease", "Porto", "city", pen.project):
        assert word not in said


@pytest.mark.parametrize(("version", "weighed"), [("1.18.2", False), ("1.19.0", True)])
async def test_terms_are_weighed_by_partition_where_the_server_can(pen, version, weighed):
    with QdrantServer(version=version) as server:
        index = QdrantIndex(server.url)
        await index.open(FINGERPRINT)
        await index.upsert([pen.point()])
        await index.query([pen.ask(pen.sparse(), owners=("user:ana",))])
        [search] = server.requests[-1].body["searches"]
        corpus = {"must": [search["filter"]["must"][0]]}
        assert (search["params"].get("idf") == {"corpus": corpus}) == weighed
        await index.aclose()


async def test_opening_asks_version_alias_and_note(index, server, open_another, pen):
    await index.upsert([pen.point()])
    server.requests.clear()
    await open_another()
    assert server.lines == ["GET /", "GET /aliases", "POST /collections/{}/points"]


async def test_the_alias_moves_in_one_request(index, server, pen):
    await index.upsert(pen.points(3))
    [old] = server.collections
    server.requests.clear()
    await index.rebuild(FINGERPRINT, batches(pen.points(2)))
    [new] = server.collections
    assert new != old
    assert server.aliases == {"graphmem": new}
    [switch] = [request for request in server.requests if request.line == "POST /collections/aliases"]
    assert [list(action) for action in switch.body["actions"]] == [["delete_alias"], ["create_alias"]]


async def test_a_fresh_copy_sweeps_what_a_crash_left(index, server, open_another, pen):
    await index.upsert(pen.points(3))
    neighbour = await open_another(prefix="graphmem-2")
    await neighbour.upsert(pen.points(1))
    left = f"graphmem-{'0a' * 4}-{'b1' * 4}"
    server._client.create_collection(left, {})
    server._client.create_collection("graphmem-of-somebody", {})
    await index.compact()
    assert left not in server.collections
    assert server.collections == {*server.aliases.values(), "graphmem-of-somebody"}
    assert await neighbour.count() == 1


async def test_prefixes_are_separate(index, open_another, pen):
    neighbour = await open_another(prefix="other")
    mine, theirs = pen.point(), pen.point()
    await index.upsert([mine])
    await neighbour.upsert([theirs])
    assert (set(await held(index)), set(await held(neighbour))) == ({mine.id}, {theirs.id})


async def test_tombstones_go_with_a_fresh_copy(index, server, pen):
    points = pen.points(4)
    await index.upsert(points)
    await index.delete([Mark("memory", each.id, 1) for each in points[:3]])
    assert len(server.points(server.aliases["graphmem"])) == 5
    await index.compact()
    assert len(server.points(server.aliases["graphmem"])) == 2  # what is left and the note


# -- several at once


async def test_two_that_write_first_make_one_collection(server, open_another, pen):
    indexes = [await open_another() for _ in range(4)]
    groups = [pen.points(3) for _ in indexes]
    await asyncio.gather(*(index.upsert(group) for index, group in zip(indexes, groups, strict=True)))
    expected = {point.id for group in groups for point in group}
    for index in indexes:
        assert set(await held(index)) == expected
    assert len(server.collections) == 1


async def test_somebody_was_faster_with_collection_and_alias(index, server, pen):
    """Servers may call it an error; it is none."""

    def before(request):
        if request.line in ("PUT /collections/{}", "POST /collections/aliases"):
            server.before = lambda request: None
            server.answer(request)
            server.before = before if request.method == "PUT" else server.before
            server.refuse(Reply(status=409, body={"status": {"error": "Wrong input: already exists!"}}))

    server.before = before
    point = pen.point()
    await index.upsert([point])
    assert set(await held(index)) == {point.id}
    assert sum(line == "POST /collections/aliases" for line in server.lines) == 2


@pytest.mark.parametrize("late", [3, 5, 6])
async def test_a_late_writer_replaces_nothing_newer(index, open_another, pen, late):
    other = await open_another()
    point = pen.point(revision=5)
    gone = pen.point(revision=5)
    await index.upsert([replace(point, revision=6), gone])
    await index.delete([Mark("memory", gone.id, 6)])
    await other.upsert([replace(point, revision=late), replace(gone, revision=late)])
    assert await held(index) == {point.id: 6}


async def test_a_deletion_before_there_is_a_collection_counts(index, open_another, pen):
    point, other = pen.point(revision=5), pen.point()
    await index.delete([Mark("memory", point.id, 6)])
    writer = await open_another()
    await writer.upsert([point])
    assert set(await held(index)) == {point.id}
    await index.upsert([other])
    assert set(await held(writer)) == {other.id}


async def test_a_first_write_at_the_revision_of_a_deletion_before_it(index, pen):
    point, other = pen.point(revision=6), pen.point()
    await index.delete([Mark("memory", point.id, 6)])
    await index.upsert([point, other])
    assert set(await held(index)) == {other.id}


@pytest.mark.parametrize("way", ["rebuild", "compact"])
async def test_what_others_write_meanwhile_is_taken_over(index, server, open_another, pen, way):
    """New points, new revisions and deletions of another process, which then goes on in the new collection."""
    other = await open_another()
    points, more, later = pen.points(10), pen.points(3), pen.point()
    await index.upsert(points)
    done = []

    async def meanwhile():
        await other.upsert([*more, replace(points[0], revision=2)])
        await other.delete([Mark("memory", points[1].id, 2)])

    async def read():
        yield points
        await meanwhile()

    if way == "rebuild":
        await index.rebuild(FINGERPRINT, read())
    else:
        loop = asyncio.get_running_loop()

        def before(request):
            if request.line == "PUT /collections/{}" and not done:
                done.append(asyncio.run_coroutine_threadsafe(meanwhile(), loop).result(10))

        server.before = before
        await index.compact()
        assert done
    expected = {each.id: 1 for each in (*points[2:], *more)} | {points[0].id: 2}
    assert await held(index) == expected
    await other.upsert([later, points[1]])  # the tombstone came along, too
    assert await held(index) == await held(other) == expected | {later.id: 1}
    assert len(server.collections) == 1


async def test_another_embedder_elsewhere_is_noticed(index, open_another, pen):
    """Whoever goes on with the old one is told, and what it wrote meanwhile leaves the new one to be verified."""
    other = await open_another()
    await index.upsert(pen.points(3))

    async def read():
        yield pen.points(2)
        await other.upsert([pen.point()])

    await index.rebuild(OTHER, read())
    assert not index.clean
    assert await index.count() == 2
    for call in (other.count(), other.query([pen.ask()]), other.upsert([pen.point()])):
        with pytest.raises(EmbedderChanged, match="graphmem index rebuild"):
            await call


async def test_a_rebuild_that_fails_leaves_no_collection(index, server, pen):
    await index.upsert(pen.points(3))
    before = server.collections

    async def broken():
        yield pen.points(2)
        assert len(server.collections) == 2
        raise RuntimeError("the embedder is gone")

    with pytest.raises(RuntimeError, match="the embedder is gone"):
        await index.rebuild(FINGERPRINT, broken())
    assert server.collections == before


async def test_a_rebuild_replaces_what_cannot_be_read(index, server, pen):
    await index.upsert(pen.points(3))
    broken = Reply(status=500, body={"status": {"error": "Service internal error: segment is broken"}})

    def before(request):
        if request.line == "POST /collections/{}/points/scroll" and len(server.collections) == 1:
            server.refuse(broken)

    server.before = before
    with pytest.raises(Unavailable, match="segment is broken"):
        await held(index)
    new = pen.points(2)
    await index.rebuild(FINGERPRINT, batches(new))
    assert not index.clean
    server.before = lambda request: None
    assert set(await held(index)) == {point.id for point in new}
    assert len(server.collections) == 1


async def test_clean_once_somebody_compared(index, server, open_another, pen):
    points = pen.points(2)
    await index.upsert(points)
    assert not index.clean
    await index.aclose()
    second = await open_another()
    assert not second.clean
    await held(second)
    await second.aclose()
    third = await open_another()
    assert third.clean
    await third.rebuild(FINGERPRINT, batches(points))
    assert third.clean
    await third.aclose()
    assert (await open_another()).clean


# -- failures


async def test_a_collection_that_vanished_is_no_empty_answer(index, server, pen):
    await index.upsert(pen.points(3))
    server._client.delete_collection(server.aliases["graphmem"])
    for call in (index.query([pen.ask()]), index.count(), index.upsert(pen.points(1)), held(index)):
        with pytest.raises(Unavailable, match="graphmem index rebuild"):
            await call


@pytest.mark.filterwarnings(INSECURE)
async def test_the_key_goes_with_every_request_and_into_no_message(pen):
    with QdrantServer(api_key=SECRET) as server:
        index = QdrantIndex(server.url, api_key=SECRET)
        await index.open(FINGERPRINT)
        await index.upsert(pen.points(2))
        await index.compact()
        await index.aclose()
        assert {request.headers.get("api-key") for request in server.requests} == {SECRET}
        wrong = QdrantIndex(server.url, api_key=f"not-{SECRET}")
        with pytest.raises(ConfigurationError) as caught:
            await wrong.open(FINGERPRINT)
        assert SECRET not in str(caught.value)
        assert caught.value.setting == "GRAPHMEM_VECTORS_API_KEY"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(status=401, body="Must provide an API key"), ConfigurationError),
        (Reply(status=403, body={"status": {"error": "Forbidden"}}), ConfigurationError),
        (Reply(status=200, body="<html>Welcome to nginx!</html>"), ConfigurationError),
        (Reply(status=500, body={"status": {"error": "Service internal error: it broke"}}), Unavailable),
        (Reply(status=503, body=""), Unavailable),
        (Reply(status=400, body={"status": {"error": "Wrong input"}}), Unavailable),
        (Reply(status=429, body={"status": {"error": "slow"}}, headers={"Retry-After": "7"}), Unavailable),
        (Reply(status=507, body={"status": {"error": "full"}}), DiskFull),
        (Reply(status=500, body={"status": {"error": "No space left on device: WAL buffer"}}), DiskFull),
    ],
)
async def test_refusals_become_errors_of_ours(index, server, pen, reply, expected):
    """The error exactly, and nothing is lost: the next write works."""
    await index.upsert(pen.points(1))
    point = pen.point()
    server.refuse(reply)
    with pytest.raises(expected) as caught:
        await index.upsert([point])
    assert type(caught.value) is expected
    assert caught.value.details.get("retry_after") == (7 if reply.status == 429 else None)
    await index.upsert([point])
    assert await index.count() == 2


async def test_a_server_that_does_not_answer(server, open_another, pen):
    index = await open_another(timeout=0.5)
    await index.upsert([pen.point()])
    server.refuse(Reply(hangs=True))
    with pytest.raises(Unavailable, match="in time"):
        await index.query([pen.ask()])
    assert len((await index.query([pen.ask()]))[0]) == 1


@pytest.mark.parametrize("grpc", [False, True], ids=["rest", "grpc"])
async def test_nobody_there(grpc):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = taken.getsockname()[1]
        index = QdrantIndex(f"http://somebody:{SECRET}@127.0.0.1:{port}", grpc=port if grpc else None, timeout=1)
        with pytest.raises(Unavailable) as caught:
            await index.open(FINGERPRINT)
        assert SECRET not in str(caught.value)
        with pytest.raises(Unavailable, match="not open"):
            await index.count()


async def test_a_wrong_path_is_no_empty_index(server, pen):
    index = QdrantIndex(f"{server.url}/elsewhere")
    with pytest.raises(Unavailable, match="URL"):
        await index.open(FINGERPRINT)


@pytest.mark.parametrize("url", ["ftp://localhost:6333", "localhost:6333", "http://local host", "http://[::1", ""])
async def test_a_url_that_is_none(url):
    with pytest.raises(ConfigurationError):
        await QdrantIndex(url).open(FINGERPRINT)


async def test_neither_url_nor_client():
    with pytest.raises(ConfigurationError):
        QdrantIndex()


async def test_an_old_server_is_said_to_be_one(pen, caplog):
    with QdrantServer(version="1.15.4") as server:
        index = QdrantIndex(server.url)
        await index.open(FINGERPRINT)
        assert "1.15.4" in caplog.text
        await index.upsert([pen.point(revision=5)])
        server.requests.clear()
        await index.upsert([pen.point(revision=5)])
        assert server.lines == ["POST /collections/{}/points", "PUT /collections/{}/points"]
        await index.aclose()
