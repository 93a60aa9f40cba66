"""Embeddings of OpenAI, or of any server that speaks its protocol, through the `openai` package.

https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

import anyio
import anyio.to_thread
import numpy as np

from graphmem.abc import Embedder, check_model_request
from graphmem.embed.prefixes import prefix
from graphmem.embed.rows import checked_rows, unknown_dimensions
from graphmem.errors import ConfigurationError, InvalidInput, ModelAnswerInvalid, ModelError, ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import openai
    from numpy.typing import NDArray

__all__ = ["OpenAIEmbedder"]

_OPENAI = "https://api.openai.com/v1"
_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""https://platform.openai.com/docs/guides/embeddings"""

# The protocol's bounds are 8,192 tokens a text and 300,000 a request. A byte-pair token is a byte or more, so bounds
# in bytes hold them for every language, without a tokenizer.
_MAX_BYTES = 8191
_REQUEST_BYTES = 300_000
_REQUEST_TEXTS = 256

_CONNECT_SECONDS = 10.0
_MAX_WORDS = 300


class OpenAIEmbedder(Embedder):
    """A model behind `POST {base_url}/embeddings`.

    `base_url` defaults to `OPENAI_BASE_URL`, else OpenAI's; `api_key` to `OPENAI_API_KEY`, and may be missing at
    another address than OpenAI's. `dimensions` are asked of the model; without them, a model that is not OpenAI's
    tells its own by its first answer. `timeout` is in seconds; busy and failing servers are asked `max_retries`
    times more, waiting as they say (`Retry-After`). Of each text the first 8,191 bytes in UTF-8 count.

    Raises `ConfigurationError` for a missing key and a malformed address or key.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        dimensions: int | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
    ) -> None:
        self._model = model
        self._url = _address(base_url)
        self._key = _key(api_key, needed=self._url == _OPENAI)
        self._asked = dimensions
        self._dimensions = dimensions or (_DIMENSIONS.get(model) if self._url == _OPENAI else None)
        self._timeout = timeout
        self._max_retries = max_retries
        self._client: openai.AsyncOpenAI | None = None
        self._opening = anyio.Lock()

    @property
    def fingerprint(self) -> str:
        """`openai:MODEL:DIMENSIONS`, without the address: the same model elsewhere is the same model."""
        return f"openai:{self._model}:{self.dimensions}"

    @property
    def dimensions(self) -> int:
        """As asked, as OpenAI documents them, or as the first answer had them; `ConfigurationError` before it."""
        if self._dimensions is None:
            raise unknown_dimensions(f"openai:{self._model}")
        return self._dimensions

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text, with the prefix that the model wants for this kind; all zero for a blank text.

        Raises `ModelUnavailable` when the server cannot be reached or stays busy, `ModelAnswerInvalid` when it
        answers something else than these vectors, `ModelError` when it refuses.
        """
        before = prefix(self._model, kind)
        # The protocol refuses empty texts.
        shown = {i: _cut(before + text) for i, text in enumerate(texts) if text.strip()}
        parts = [await self._request(batch) for batch in _batches(list(shown.values()))]
        rows = np.zeros((len(texts), self.dimensions if texts else self._dimensions or 0), dtype=np.float32)
        if parts:
            rows[list(shown)] = np.concatenate(parts)
        return rows

    async def aclose(self) -> None:
        """Close the connections; may be called again, and embedding afterwards opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _request(self, texts: list[str]) -> NDArray[np.float32]:
        check_model_request(self._url)
        client = await self._open()
        import openai

        try:
            response = await client.embeddings.with_raw_response.create(
                model=self._model,
                input=texts,
                dimensions=self._asked or openai.omit,
                encoding_format="float",  # not every compatible server knows base64
                extra_headers=self._unwanted_headers(openai.omit),
            )
        except openai.APIError as exc:
            raise self._failure(exc) from None  # the driver's exception may quote the key
        rows = checked_rows(
            self._vectors(response.http_response),
            count=len(texts),
            dimensions=self._dimensions,
            provider="openai",
            model=self._model,
        )
        self._dimensions = rows.shape[1]
        return rows

    def _vectors(self, response: Any) -> list[Any]:
        """The vectors of a successful answer, in the order of the texts."""
        try:
            data = sorted(response.json()["data"], key=lambda item: item["index"])
            return [item["embedding"] for item in data]
        except (ValueError, TypeError, KeyError):
            raise ModelAnswerInvalid(
                f"What answers at {_shown(self._url)!r} speaks no embeddings protocol.",
                hint="Check the base URL: it ends where /embeddings begins, mostly in /v1.",
                answer=self._tidy(response.text),
                **self._about,
            ) from None

    async def _open(self) -> openai.AsyncOpenAI:
        async with self._opening:
            if self._client is None:
                # In a thread: importing the package takes over a second.
                self._client = await anyio.to_thread.run_sync(self._connect)
        return self._client

    def _connect(self) -> openai.AsyncOpenAI:
        import openai

        timeout = openai.Timeout(self._timeout, connect=min(self._timeout, _CONNECT_SECONDS))
        http_client = None
        if (urlsplit(self._url).hostname or "") in ("localhost", "127.0.0.1", "::1"):
            # A server on this machine is not behind the proxy that the environment may name.
            http_client = openai.DefaultAsyncHttpxClient(trust_env=False, timeout=timeout)
        return openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._url,
            timeout=timeout,
            max_retries=self._max_retries,
            http_client=http_client,
        )

    def _unwanted_headers(self, omit: Any) -> dict[str, Any]:
        """What the package would add by itself: a made-up key, and, for strangers, OpenAI's own settings."""
        names = [] if self._key else ["Authorization"]
        if self._url != _OPENAI:
            custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
            names += ["OpenAI-Organization", "OpenAI-Project"]
            names += [line.partition(":")[0].strip() for line in custom if ":" in line]
        return dict.fromkeys(names, omit)

    @property
    def _about(self) -> dict[str, Any]:
        return {"provider": "openai", "model": self._model}

    def _failure(self, exc: openai.APIError) -> ModelError:
        import openai

        what = f"The embedding model {self._model!r} at {_shown(self._url)!r}"
        if isinstance(exc, openai.APITimeoutError):
            return ModelUnavailable(
                f"{what} did not answer within {self._timeout:g} seconds.",
                hint="Raise the timeout, or try again later.",
                **self._about,
            )
        if not isinstance(exc, openai.APIStatusError):
            return ModelUnavailable(
                f"{what} cannot be reached: {self._tidy(str(exc.__cause__ or exc))}",
                hint="Check the base URL, and that a server is listening there.",
                **self._about,
            )
        status = exc.status_code
        about = {**self._about, "status": status}
        if status == 401:
            # Servers quote the key, or parts of it, in their words: they are not shown.
            return ModelError(
                f"{what} did not accept the API key (HTTP 401).", hint="Set OPENAI_API_KEY to a valid key.", **about
            )
        error = exc.body if isinstance(exc.body, dict) else {}
        words = self._tidy(str(error.get("message") or exc.body or "no explanation"))
        if (status in (408, 409, 429) or status >= 500) and error.get("code") != "insufficient_quota":
            return ModelUnavailable(
                f"{what} is not available now (HTTP {status}): {words}",
                hint="Try again later.",
                retry_after=_seconds(exc.response.headers.get("retry-after")),
                **about,
            )
        hint = {
            403: "Check that the key may use this model.",
            404: "Check the model's name, and that the base URL ends where /embeddings begins.",
            429: "The account's credit is used up; check its billing page.",
        }.get(status)
        return ModelError(f"{what} refused (HTTP {status}): {words}", hint=hint, **about)

    def _tidy(self, words: str) -> str:
        """A server's words fit for a message: on one line, bounded, without the key."""
        if self._key:
            words = words.replace(self._key, "***")
        words = " ".join(re.sub(r"(?i)\bbearer\s+\S+", "Bearer ***", words).split())
        return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}…"


def _address(base_url: str | None) -> str:
    if base_url is not None and not base_url.strip():
        raise ConfigurationError(
            "The base URL of the embedder is empty.",
            hint="Set it to where /embeddings begins, such as http://localhost:11434/v1, or leave it out for OpenAI.",
            setting="base_url",
        )
    url = (base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or _OPENAI).strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"The base URL of the embedder is not an http(s) URL: {_shown(url)!r}.",
            hint="It looks like https://host/v1, and ends where /embeddings begins.",
            setting="base_url",
        )
    return url


def _key(api_key: str | None, *, needed: bool) -> str | None:
    key = (api_key or os.environ.get("OPENAI_API_KEY", "")).strip()
    if not key:
        if needed:
            raise ConfigurationError(
                "OpenAI's embedding models need an API key.", hint="Set OPENAI_API_KEY.", setting="OPENAI_API_KEY"
            )
        return None
    if not (key.isascii() and key.isprintable() and " " not in key):
        # It could not travel in a header, and the driver would quote it in its complaint.
        raise ConfigurationError(
            "The API key of the embedder has characters that no key has.",
            hint="Check OPENAI_API_KEY for blanks, quotes and line breaks inside.",
            setting="OPENAI_API_KEY",
        )
    return key


def _shown(url: str) -> str:
    """The URL without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _cut(text: str) -> str:
    try:
        return text.encode()[:_MAX_BYTES].decode(errors="ignore")
    except UnicodeEncodeError:
        raise InvalidInput(
            "The text to embed holds a lone surrogate, which no encoding can carry.",
            hint="Decode the text again, or replace the characters U+D800 to U+DFFF.",
        ) from None


def _batches(texts: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (size + length > _REQUEST_BYTES or len(batch) == _REQUEST_TEXTS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after or ""))
    except ValueError:
        return None
