"""The index over gRPC: every call is understood by the protocol, and failures become errors of ours."""

from __future__ import annotations

import grpc
import pytest
from qdrant_client import AsyncQdrantClient
from qdrant_client import grpc as protocol

from graphmem.assemble import assemble_neo4j
from graphmem.changes import Mark
from graphmem.errors import ConfigurationError, DiskFull, Unavailable
from graphmem.filters import Leaf, Not
from graphmem.settings import Settings, read_neo4j
from graphmem.testing.points import DIMENSIONS, FINGERPRINT, Pen
from graphmem.vectors.qdrant import QdrantIndex

pytestmark = pytest.mark.anyio

NAME = "graphmem-00000000-00000000"
HIT = "10000000-0000-4000-8000-000000000000"
SECRET = "the-key-itself"


def value(held):
    kind = {str: "string_value", int: "integer_value", bool: "bool_value"}[type(held)]
    return protocol.Value(**{kind: held})


def payload(**fields):
    return {name: value(held) for name, held in fields.items()}


ANSWERS = {
    "HealthCheck": protocol.HealthCheckReply(title="qdrant", version="1.20.0"),
    "ListAliases": protocol.ListAliasesResponse(
        aliases=[protocol.AliasDescription(alias_name="graphmem", collection_name=NAME)]
    ),
    "Get": protocol.GetResponse(
        result=[
            protocol.RetrievedPoint(
                id=protocol.PointId(uuid="00000000-0000-0000-0000-000000000000"),
                payload=payload(fingerprint=f"qdrant1+{FINGERPRINT}", verified=True),
            )
        ]
    ),
    "Upsert": protocol.PointsOperationResponse(result=protocol.UpdateResult(status=protocol.Completed)),
    "QueryBatch": protocol.QueryBatchResponse(
        result=[
            protocol.BatchResult(
                result=[protocol.ScoredPoint(id=protocol.PointId(uuid=HIT), score=0.5, payload=payload(r=7))]
            )
        ]
        * 2
    ),
    "Count": protocol.CountResponse(result=protocol.CountResult(count=1)),
    "Scroll": protocol.ScrollResponse(
        result=[
            protocol.RetrievedPoint(
                id=protocol.PointId(uuid=HIT),
                payload=payload(r=7, o="memory-1"),
                vectors=protocol.VectorsOutput(
                    vectors=protocol.NamedVectorsOutput(
                        vectors={
                            "d": protocol.VectorOutput(dense=protocol.DenseVector(data=[1.0] * DIMENSIONS)),
                            "s": protocol.VectorOutput(sparse=protocol.SparseVector(indices=[3], values=[0.5])),
                        }
                    )
                ),
            )
        ]
    ),
    "Create": protocol.CollectionOperationResponse(result=True),
    "Delete": protocol.CollectionOperationResponse(result=True),
    "UpdateAliases": protocol.CollectionOperationResponse(result=True),
    "CreateFieldIndex": protocol.PointsOperationResponse(result=protocol.UpdateResult(status=protocol.Completed)),
    "List": protocol.ListCollectionsResponse(collections=[protocol.CollectionDescription(name=NAME)]),
}
ASKED = {
    "Create": protocol.CreateCollection,
    "QueryBatch": protocol.QueryBatchPoints,
    "UpdateAliases": protocol.ChangeAliases,
    "Upsert": protocol.UpsertPoints,
}


class Protocol(grpc.GenericRpcHandler):
    """A server with one answer to each call. It notes the calls, and fails where it is told to."""

    def __init__(self):
        self.calls = []
        self.keys = set()
        self.failure = None

    def service(self, details):
        name = details.method.rsplit("/", 1)[1]
        self.keys.add(dict(details.invocation_metadata).get("api-key"))

        async def answer(raw, context):
            self.calls.append((name, ASKED[name].FromString(raw) if name in ASKED else None))
            if self.failure is not None:
                await context.abort(*self.failure)
            return ANSWERS[name].SerializeToString()

        return grpc.unary_unary_rpc_method_handler(answer)

    def of(self, name):
        return [asked for each, asked in self.calls if each == name]


@pytest.fixture
async def server():
    handler, server = Protocol(), grpc.aio.server()
    server.add_generic_rpc_handlers([handler])
    handler.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield handler
    await server.stop(None)


@pytest.fixture
async def index(server):
    client = AsyncQdrantClient(
        "127.0.0.1",
        grpc_port=server.port,
        prefer_grpc=True,
        timeout=2,
        check_compatibility=False,
        headers={"api-key": SECRET},
    )
    index = QdrantIndex(client=client)
    await index.open(FINGERPRINT)
    yield index
    server.failure = None
    await index.aclose()
    await client.close()


async def test_the_url_says_that_grpc_is_to_be_used_and_where(server):
    settings = Settings(vectors=f"http://127.0.0.1:1?grpc={server.port}", vectors_api_key=SECRET)
    index = assemble_neo4j(settings, read_neo4j("bolt://127.0.0.1:1")).parts.index
    await index.open(FINGERPRINT)
    assert server.calls
    await index.aclose()


@pytest.mark.parametrize("more", ["?grpc=", "?grpc=x", "?rpc=6334", "?grpc=6334&x=1", "?grpc=1234567"])
def test_what_else_a_url_asks_for_is_refused(more):
    with pytest.raises(ConfigurationError, match="not known"):
        assemble_neo4j(Settings(vectors=f"http://127.0.0.1:1{more}"), read_neo4j("bolt://127.0.0.1:1"))


async def test_every_call_is_understood(index, server):
    pen = Pen()
    where = Not(Leaf("categories", "in", ("x", "y")))
    assert index.clean
    await index.upsert([pen.point(revision=5), pen.of({"user_id": "ana"}, revision=6)])
    await index.delete([Mark("memory", HIT, 2**62)])
    found = await index.query([pen.ask(where=where, among=(HIT,)), pen.ask(pen.sparse(), owners=("user:ana",))])
    assert [[tuple(hit) for hit in each] for each in found] == [[(HIT, 0.5, 7)]] * 2
    assert [mark async for batch in index.scan() for mark in batch] == [Mark("memory", HIT, 7)]
    assert await index.count() == 1
    write, deletion = server.of("Upsert")
    assert len(write.update_filter.should) == 2
    assert deletion.update_filter.must[0].field.range.lte == 2**62
    assert deletion.points[0].payload["r"].integer_value == 2**62
    [batch] = server.of("QueryBatch")
    assert len(batch.query_points) == 2
    assert batch.query_points[1].params.idf.corpus.must[0].field.key == "o"
    assert server.keys == {SECRET}


async def test_compacting_carries_points_over(index, server):
    await index.compact()
    [made], [switched] = server.of("Create"), server.of("UpdateAliases")
    assert made.vectors_config.params_map.map["d"].size == DIMENSIONS
    assert len(switched.actions) == 2
    written = server.of("Upsert")
    [point] = [each for one in written for each in one.points if each.id.uuid == HIT]
    assert point.payload["r"].integer_value == 7
    assert len(written) == 3  # the note, the point, the note again


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, ConfigurationError),
        (grpc.StatusCode.PERMISSION_DENIED, ConfigurationError),
        (grpc.StatusCode.INTERNAL, Unavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Unavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Unavailable),
    ],
)
async def test_failures_become_errors_of_ours(index, server, code, expected):
    server.failure = (code, "it failed")
    with pytest.raises(expected) as caught:
        await index.upsert([Pen().point()])
    assert type(caught.value) is expected
    assert SECRET not in str(caught.value)


async def test_a_full_disk_is_said_to_be_one(index, server):
    server.failure = (grpc.StatusCode.INTERNAL, "Service internal error: No space left on device")
    with pytest.raises(DiskFull):
        await index.upsert([Pen().point()])
