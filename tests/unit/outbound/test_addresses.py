"""Where callers may send this machine: to addresses of the open internet, however they are spelt."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from graphmem.errors import InvalidInput, TooLarge, Unavailable
from graphmem.outbound import check_url, destinations, is_public

pytestmark = pytest.mark.anyio

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::5db8:d822", "2002:5db8:d822::1"]
PRIVATE = [
    "127.0.0.1",
    "127.255.0.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # shared by carriers
    "169.254.169.254",  # where clouds tell machines their secrets
    "172.16.0.1",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "192.88.99.1",
    "168.63.129.16",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # compatible
    "::ffff:127.0.0.1",  # mapped
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # through a translator
    "64:ff9b:1::1",
    "2002:7f00:1::",  # 6to4
    "2002:c0a8:101::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_all_else_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


def hosted(address: str) -> str:
    return f"http://[{address}]:8080/hook" if ":" in address else f"http://{address}:8080/hook"


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="not on the open internet") as caught:
        await check_url(hosted(address), field="url")
    assert caught.value.field == "url"
    assert "GRAPHMEM_ALLOW_PRIVATE_URLS" in (caught.value.hint or "")


@pytest.mark.parametrize("address", [*PUBLIC, "127.0.0.1", "::1", "169.254.169.254"])
async def test_an_operator_may_allow_it(address: str) -> None:
    [found] = await destinations(hosted(address), allow_private=True)
    assert found.address == ip_address(address)
    assert found.url.port == 8080


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",  # 127.0.0.1 as one number
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST:9/x",
        "http://[::ffff:7f00:1]/",
        "http://①②⑦.⓪.⓪.①/",
    ],
)
async def test_spellings_of_this_machine_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        await destinations(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "http"),
        ("example.com", "http"),
        ("/path", "http"),
        ("ftp://example.com/", "http"),
        ("file:///etc/passwd", "http"),
        ("gopher://example.com/", "http"),
        ("http://", "http"),
        ("https:///path", "http"),
        ("http://user:secret@example.com/", "user name"),
        ("http://user@example.com/", "user name"),
        ("http://a b/", "not a URL"),
        ("http://example.com:99999999/", "not a URL"),
        ("http://[::1/", "not a URL"),
        ("http://exa\x00mple.com/", "not a URL"),
        (7, "must be text"),
    ],
)
async def test_what_is_no_plain_address_is_refused(url: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        await check_url(url, field="hook")
    assert caught.value.field == "hook"
    assert "secret" not in str(caught.value)


async def test_a_url_has_a_length() -> None:
    with pytest.raises(TooLarge):
        await check_url("https://example.com/" + "x" * 3_000)


def names(monkeypatch: pytest.MonkeyPatch, **table: list[str]) -> list[str]:
    """Let these names mean these addresses; what was looked up comes into the list."""
    asked: list[str] = []

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in table[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


async def test_every_address_of_a_name_has_to_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, good=["93.184.216.34", "1.1.1.1", "1.1.1.1"], mixed=["93.184.216.34", "10.0.0.1"])
    assert [str(each.address) for each in await destinations("http://good/")] == ["93.184.216.34", "1.1.1.1"]
    with pytest.raises(InvalidInput, match="mixed"):
        await destinations("http://mixed/")
    assert asked == ["good", "mixed"]  # each once: what a name means a moment later does not count


async def test_a_name_that_is_not_known_now_may_be_later(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch)
    await check_url("https://hook.example/")
    with pytest.raises(Unavailable, match=r"hook\.example"):
        await destinations("https://hook.example/")
