"""Servers whose certificate an authority of one's own signed: refused as long as that one is not trusted here."""

from __future__ import annotations

import ssl

import grpc
import pytest
import trustme

from graphmem.errors import Unavailable
from graphmem.stores.neo4j import Neo4jStore
from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.vectors.qdrant import QdrantIndex
from tests.support.qdrant_server import QdrantServer

pytestmark = pytest.mark.anyio

KEY = "the-key-itself"


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """Trust the authority from now on."""

    def trust():
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    return trust


async def test_qdrant_over_https(authority, trusted):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    pen = Pen()
    with QdrantServer(api_key=KEY, tls=context) as server:
        with pytest.raises(
            Unavailable, match=r"certificate of the Qdrant server .*not trusted.*SSL_CERT_FILE"
        ) as caught:
            await QdrantIndex(server.url, api_key=KEY).open(FINGERPRINT)
        assert KEY not in str(caught.value)
        assert server.requests == []
        trusted()
        index = QdrantIndex(server.url, api_key=KEY)
        await index.open(FINGERPRINT)
        point = pen.point()
        await index.upsert([point])
        assert [[hit.id for hit in hits] for hits in await index.query([pen.ask(point.dense)])] == [[point.id]]
        await index.aclose()


async def test_a_certificate_of_another_host(authority, trusted):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("vectors.example.com").configure_cert(context)
    trusted()
    with QdrantServer(tls=context) as server, pytest.raises(Unavailable, match=r"not trusted \(.*mismatch.*127"):
        await QdrantIndex(server.url).open(FINGERPRINT)


async def test_qdrant_over_grpc_says_so_too(authority):
    issued = authority.issue_cert("127.0.0.1")
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    server = grpc.aio.server()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(issued.private_key_pem.bytes(), chain)]))
    await server.start()
    try:
        with pytest.raises(Unavailable, match=r"not trusted.*GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"):
            await QdrantIndex(f"https://127.0.0.1:{port}", api_key=KEY, grpc=port).open(FINGERPRINT)
    finally:
        await server.stop(None)


@pytest.mark.services
async def test_neo4j(authority, trusted, tmp_path):
    from tests.support.neo4j_local.server import NotHere, local_server

    tls = tmp_path / "tls"
    tls.mkdir()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(tls / "private.key")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tls / "public.crt", append=True)
    try:
        with local_server(tls=tls) as server:
            address = f"127.0.0.1:{server.bolt}"
            for scheme in ("bolt+s", "neo4j+s"):
                with pytest.raises(Unavailable, match="certificate has to be trusted"):
                    await Neo4jStore(f"{scheme}://{address}").open()
            with pytest.raises(Unavailable, match="cannot be reached"):
                await Neo4jStore(f"bolt://{address}").open()
            await _opens(f"bolt+ssc://{address}")
            trusted()
            for scheme in ("bolt+s", "neo4j+s"):
                await _opens(f"{scheme}://{address}")
    except NotHere as error:
        pytest.skip(f"no Neo4j of our own: {error}")


async def _opens(url):
    store = Neo4jStore(url)
    await store.open()
    assert sum((await store.tally()).values()) == 0
    await store.aclose()
