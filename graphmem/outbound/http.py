"""Asking and telling addresses that callers named: `fetch` reads what is there, `post` delivers.

Each connection goes to an address that was judged (see `addresses`), under the name that was asked for: `Host` and TLS
are as if the name had been resolved on the way. No proxy of the environment, no cookies, no keys go along.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache

import anyio
import httpx

from graphmem._version import __version__
from graphmem.errors import InvalidInput, TooLarge, Unavailable
from graphmem.outbound.addresses import Destination, destinations

__all__ = ["Fetched", "fetch", "post"]

REDIRECTS = 3
"""How often `fetch` goes on to where it is sent; each place is judged anew."""

_MOVED = (301, 302, 303, 307, 308)
_AGENT = f"graphmem/{__version__}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at an address. `media_type` is lower case and bare, empty if the server said none."""

    content: bytes
    media_type: str


async def fetch(
    url: str, *, max_bytes: int, timeout: float, allow_private: bool = False, field: str = "url"
) -> Fetched:
    """Read what is at `url`, at most `max_bytes` of it, within `timeout` seconds in all.

    Raises `InvalidInput` naming `field` for an address that is refused, and where there is nothing to read; `TooLarge`
    for more than `max_bytes`; `Unavailable` where it cannot be reached, or fails, now.
    """
    with _within(timeout, url):
        for _ in range(REDIRECTS + 1):
            places = await destinations(url, allow_private=allow_private, field=field)
            async with _answered("GET", places, {"Accept-Encoding": "identity"}) as answer:
                if answer.status_code not in _MOVED or "location" not in answer.headers:
                    _check(answer, places[0], field)
                    content = await _content(answer, max_bytes, field)
                    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                    return Fetched(content, kind)
                url = str(places[0].url.join(answer.headers["location"]))
    raise InvalidInput(f"{field!r} leads on and on: it redirects more than {REDIRECTS} times.", field=field)


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout: float, allow_private: bool = False
) -> int:
    """Send `body` to `url` and return the status of the answer, which is not read. Redirects are not followed.

    Raises `InvalidInput` for an address that is refused, `Unavailable` where nobody answers within `timeout` seconds.
    """
    with _within(timeout, url):
        places = await destinations(url, allow_private=allow_private)
        async with _answered("POST", places, headers, body) as answer:
            return answer.status_code


@contextmanager
def _within(seconds: float, url: str) -> Iterator[None]:
    """What does not come in time, or breaks on the way, is `Unavailable`."""
    try:
        with anyio.fail_after(seconds):
            yield
    except TimeoutError:
        raise Unavailable(f"{_host(url)} did not answer within {seconds:g} seconds.", hint="Try again later.") from None
    except httpx.HTTPError as error:
        raise Unavailable(
            f"{_host(url)} cannot be reached: {type(error).__name__}.", hint="Check the address, and that it is up."
        ) from None


def _host(url: str) -> str:
    """Who was asked. Not for what: addresses may hold secrets."""
    return repr(httpx.URL(url).host[:200])


@asynccontextmanager
async def _answered(
    method: str, places: list[Destination], headers: Mapping[str, str], body: bytes | None = None
) -> AsyncIterator[httpx.Response]:
    """The answer of the first address that can be connected to, its body not read yet."""
    async with httpx.AsyncClient(verify=_trusted(), trust_env=False, timeout=None) as client:  # noqa: S113 (all of it is timed)
        for place in places:
            url = place.url
            request = client.build_request(
                method,
                url.copy_with(host=str(place.address)),
                headers={"User-Agent": _AGENT, **headers, "Host": url.netloc.decode("ascii")},
                content=body,
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx.ConnectError:
                if place is not places[-1]:
                    continue
                raise
            try:
                yield answer
            finally:
                await answer.aclose()
            return


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust: certifi's authorities, or those that SSL_CERT_FILE names. Made once: it takes a while."""
    return httpx.create_ssl_context()


def _check(answer: httpx.Response, place: Destination, field: str) -> None:
    """Raise unless the answer is what was asked for."""
    status = answer.status_code
    if status == 429 or status >= 500:
        raise Unavailable(f"{place.url.host!r} answered {status}.", hint="Try again later.", status=status)
    if status != 200:
        raise InvalidInput(
            f"{field!r} cannot be read: {place.url.host!r} answered {status}.",
            hint="Check that the address can be read without signing in.",
            field=field,
            status=status,
        )
    if answer.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        # What unpacks to a thousand times its size is not looked into.
        raise InvalidInput(f"{field!r} is sent packed, though it was asked for plain.", field=field)


async def _content(answer: httpx.Response, most: int, field: str) -> bytes:
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(field, most)
    gathered = bytearray()
    async for piece in answer.aiter_raw():
        gathered += piece
        if len(gathered) > most:
            raise _too_large(field, most)
    return bytes(gathered)


def _too_large(field: str, most: int) -> TooLarge:
    return TooLarge(
        f"{field!r} leads to more than {most} bytes.", hint="Give a smaller document.", field=field, limit=most
    )
