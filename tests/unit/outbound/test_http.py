"""Asking and telling addresses that callers named, over real sockets."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from graphmem.errors import InvalidInput, TooLarge, Unavailable
from graphmem.outbound import addresses, fetch, http, post
from tests.support.receiver import Answer, Receiver

pytestmark = pytest.mark.anyio

HERE: dict[str, Any] = {"timeout": 20.0, "allow_private": True}


async def test_what_is_there_comes_with_its_kind() -> None:
    answer = Answer(headers={"Content-Type": "Text/Markdown; charset=utf-8"}, pieces=(b"# Ana", b" sails"))
    with Receiver(answer) as server:
        found = await fetch(server.url, max_bytes=100, **HERE)
    assert (found.content, found.media_type) == (b"# Ana sails", "text/markdown")
    [got] = server.got
    assert got.method == "GET"
    assert got.headers["host"] == f"127.0.0.1:{server.port}"
    assert got.headers["accept-encoding"] == "identity"
    assert got.headers["user-agent"].startswith("graphmem/")


async def test_the_status_of_what_was_sent() -> None:
    with Receiver(Answer(202), Answer(302, {"Location": "http://127.0.0.1:1/"}), Answer(500)) as server:
        told = [await post(server.url, b'{"a":1}', {"X-Own": "yes"}, **HERE) for _ in range(3)]
    assert told == [202, 302, 500]  # a redirect is not followed
    assert {(got.method, got.path, got.body, got.headers["x-own"]) for got in server.got} == {
        ("POST", "/hook", b'{"a":1}', "yes")
    }


async def test_without_leave_nothing_here_is_asked() -> None:
    with Receiver() as server:
        with pytest.raises(InvalidInput, match="not on the open internet"):
            await fetch(server.url, max_bytes=100, timeout=20.0)
        with pytest.raises(InvalidInput, match="not on the open internet"):
            await post(server.url, b"", {}, timeout=20.0)
    assert server.got == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(headers={"Content-Length": "101"}, pieces=(b"x" * 101,)),
        Answer(pieces=(b"x" * 60, b"x" * 60)),
    ],
    ids=["announced", "unannounced"],
)
async def test_no_more_is_read_than_was_asked_for(answer: Answer) -> None:
    with Receiver(answer) as server, pytest.raises(TooLarge) as caught:
        await fetch(server.url, max_bytes=100, field="document", **HERE)
    assert (caught.value.field, caught.value.limit) == ("document", 100)


async def test_just_as_much_is_read() -> None:
    with Receiver(Answer(pieces=(b"x" * 100,))) as server:
        assert len((await fetch(server.url, max_bytes=100, **HERE)).content) == 100


async def test_what_is_packed_is_not_unpacked() -> None:
    packed = gzip.compress(b"x" * 100_000)
    with (
        Receiver(Answer(headers={"Content-Encoding": "gzip"}, pieces=(packed,))) as server,
        pytest.raises(InvalidInput, match="packed"),
    ):
        await fetch(server.url, max_bytes=1_000, **HERE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, InvalidInput), (401, InvalidInput), (204, InvalidInput), (429, Unavailable), (503, Unavailable)],
)
async def test_a_refusal_says_whose_fault_it_is(status: int, kind: type[Exception]) -> None:
    with Receiver(Answer(status)) as server, pytest.raises(kind, match=str(status)):
        await fetch(server.url, max_bytes=100, **HERE)


async def test_redirects_are_followed_three_times() -> None:
    there = [Answer(status, {"Location": "/next?n=1"}) for status in (301, 302, 307)]
    with Receiver(*there, Answer(pieces=(b"at last",))) as server:
        assert (await fetch(server.url, max_bytes=100, **HERE)).content == b"at last"
    assert [got.path for got in server.got] == ["/hook", "/next?n=1", "/next?n=1", "/next?n=1"]
    with Receiver(Answer(308, {"Location": "/round"})) as server, pytest.raises(InvalidInput, match="on and on"):
        await fetch(server.url, max_bytes=100, **HERE)
    assert len(server.got) == 4


@pytest.mark.parametrize("place", ["http://[half/", "ftp://example.com/", "http://ana:secret@example.com/"])
async def test_a_redirect_has_to_lead_somewhere(place: str) -> None:
    with Receiver(Answer(302, {"Location": place})) as server, pytest.raises(InvalidInput):
        await fetch(server.url, max_bytes=100, **HERE)


async def test_what_speaks_no_http_is_unavailable() -> None:
    with (
        Receiver(Answer(302, {"Location": "http://here:port/"})) as server,
        pytest.raises(Unavailable, match="RemoteProtocolError"),
    ):
        await fetch(server.url, max_bytes=100, **HERE)


async def test_a_redirect_leads_to_nothing_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if 127.0.0.2 were on the open internet; it answers that the rest is at 127.0.0.1."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == ip_address("127.0.0.2"))
    with Receiver(Answer(pieces=(b"secret",))) as inside, Receiver(_sent_to(inside), host="127.0.0.2") as outside:
        with pytest.raises(InvalidInput, match="not on the open internet"):
            await fetch(outside.url, max_bytes=100, timeout=20.0)
        assert (len(outside.got), inside.got) == (1, [])


def _sent_to(place: Receiver) -> Answer:
    return Answer(302, {"Location": place.url})


async def test_a_server_that_says_nothing_is_left() -> None:
    with Receiver(Answer(hangs=True)) as server:
        with pytest.raises(Unavailable, match=r"within 0\.2 seconds"):
            await fetch(server.url, max_bytes=100, timeout=0.2, allow_private=True)
        with pytest.raises(Unavailable, match=r"within 0\.2 seconds"):
            await post(server.url, b"", {}, timeout=0.2, allow_private=True)


async def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/secret-path"
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            await post(url, b"", {}, **HERE)
    assert "secret-path" not in str(caught.value)


def means(monkeypatch: pytest.MonkeyPatch, host: str, *found: str) -> list[str]:
    """Let a name mean these addresses."""
    asked: list[str] = []

    def getaddrinfo(name: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(name)
        assert name == host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


async def test_the_address_that_was_judged_is_asked_under_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver(Answer(204)) as server:
        # Nobody listens at the first address: the next one is tried.
        asked = means(monkeypatch, "hook.example", "127.0.0.3", "127.0.0.1")
        assert await post(f"http://hook.example:{server.port}/a?b=c", b"x", {}, **HERE) == 204
    assert asked == ["hook.example"]
    assert (server.got[0].path, server.got[0].headers["host"]) == ("/a?b=c", f"hook.example:{server.port}")


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Receiver(Answer(204)) as server:
        assert await post(server.url, b"x", {}, **HERE) == 204


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's TLS for the name hook.example, trusted here."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=hook.example", "-addext", "subjectAltName=DNS:hook.example"]
    made = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run([openssl, *made, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    http._trusted.cache_clear()
    yield context
    http._trusted.cache_clear()


async def test_tls_is_that_of_the_name(certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    certified.sni_callback = lambda _, name, __: told.append(name)
    with Receiver(Answer(204), tls=certified) as server:
        means(monkeypatch, "hook.example", "127.0.0.1")
        assert await post(f"https://hook.example:{server.port}/", b"x", {}, **HERE) == 204
    assert told == ["hook.example"]


async def test_a_certificate_of_somebody_else_is_not_taken(
    certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(Answer(204), tls=certified) as server:
        means(monkeypatch, "other.example", "127.0.0.1")
        with pytest.raises(Unavailable, match="cannot be reached"):
            await post(f"https://other.example:{server.port}/", b"x", {}, **HERE)
    assert server.got == []
