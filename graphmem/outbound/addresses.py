"""Where a URL leads, and whether callers may send this machine there.

Whoever can make a server ask an address of their choice asks from inside its network: other machines' ports, the
cloud's metadata. So only addresses of the open internet are asked. A name is resolved once, every address it has is
judged, and the connection goes to one of those, not to whatever the name means a moment later (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import anyio
import httpx

from graphmem.errors import InvalidInput, TooLarge, Unavailable

__all__ = ["Destination", "check_url", "destinations", "is_public"]

MAX_URL = 2_048
"""Characters in a URL."""

RESOLVING = 5.0
"""Seconds that resolving a name may take."""

Address = IPv4Address | IPv6Address

_HOST = re.compile(rb"[\w.:-]+", re.ASCII)

_NAT64 = ip_network("64:ff9b::/96")
"""Addresses that a translator takes for the IPv4 address in their last 32 bits: RFC 6052, section 2.1."""

_REFUSED = (
    ip_network("64:ff9b:1::/48"),  # translation inside a network: RFC 8215
    ip_network("192.88.99.0/24"),  # relays of 6to4, withdrawn: RFC 7526
    ip_network("168.63.129.16/32"),  # answers machines in Azure with what concerns them alone
)
"""What Python takes for global, and is not to be asked."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL, and the address that is asked for it."""

    url: httpx.URL
    address: Address


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet, and so is every other that it stands for."""
    if any(address.version == each.version and address in each for each in _REFUSED):
        return False
    if isinstance(address, IPv6Address):
        if (inner := _inside(address)) is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address carries: mapped, of 6to4, of a translator, or (old) compatible."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    number = int(address)
    if address in _NAT64 or (number >> 32 == 0 and number > 1):
        return IPv4Address(number & 0xFFFFFFFF)
    return None


async def check_url(url: str, *, allow_private: bool = False, field: str = "url") -> None:
    """Refuse a URL that will not be asked later, as far as that can be known now.

    Raises `InvalidInput` (or `TooLarge`), naming `field`. A name that cannot be resolved now is not refused: it is
    judged when it is used.
    """
    parsed = _parsed(url, field)
    try:
        await destinations(str(parsed), allow_private=allow_private, field=field)
    except Unavailable:
        return


async def destinations(url: str, *, allow_private: bool = False, field: str = "url") -> list[Destination]:
    """The addresses at which `url` may be asked, in the order in which to try them.

    Raises `InvalidInput` for what is no plain http(s) URL, and, unless `allow_private`, where any of its addresses is
    not of the open internet; `Unavailable` if the name cannot be resolved.
    """
    parsed = _parsed(url, field)
    found = await _resolved(parsed, field)
    if not allow_private and not all(map(is_public, found)):
        raise InvalidInput(
            f"{field!r} leads to {parsed.host[:200]!r}, which is not on the open internet: it is not asked from here.",
            hint="Give a public address; an operator may allow others with GRAPHMEM_ALLOW_PRIVATE_URLS=true.",
            field=field,
        )
    return [Destination(parsed, address) for address in found]


def _parsed(url: str, field: str) -> httpx.URL:
    if not isinstance(url, str):
        raise InvalidInput(f"{field!r} must be text, not {type(url).__name__}.", field=field)
    if len(url) > MAX_URL:
        raise TooLarge(
            f"{field!r} has {len(url)} characters, more than the {MAX_URL} allowed.",
            field=field,
            limit=MAX_URL,
            actual=len(url),
        )
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _no_url(field) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InvalidInput(
            f"{field!r} is not an http(s) URL.", hint="It looks like https://example.com/path.", field=field
        )
    if not _HOST.fullmatch(parsed.raw_host) or not 0 < (parsed.port or 80) < 2**16:
        raise _no_url(field)
    if parsed.userinfo:
        raise InvalidInput(
            f"{field!r} holds a user name or password, which would end up in logs.",
            hint="Put what authenticates you into the path or query, or check the signature.",
            field=field,
        )
    return parsed


def _no_url(field: str) -> InvalidInput:
    return InvalidInput(f"{field!r} is not a URL.", hint="It looks like https://example.com/path.", field=field)


async def _resolved(url: httpx.URL, field: str) -> Sequence[Address]:
    """All addresses of the URL's host. Also of `127.1`, `0x7f000001` and the like, as any client would read them."""
    host = url.raw_host.decode("ascii").strip("[]")
    try:
        return [ip_address(host.partition("%")[0])]
    except ValueError:
        pass
    try:
        with anyio.fail_after(RESOLVING):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise Unavailable(
            f"The name {host[:200]!r} cannot be resolved.",
            hint="Check its spelling, and this machine's DNS.",
            field=field,
        ) from None
    return list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
