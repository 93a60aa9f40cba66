"""The chat model behind any OpenAI-compatible endpoint, through the `openai` package.

Chat completions with strict structured outputs:
https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from graphmem.errors import InvalidInput
from graphmem.llm.completions import CompletionsChat, Sleep
from graphmem.llm.dialect import Dialect
from graphmem.llm.failures import Target, failure_of_exception
from graphmem.llm.providers import find_provider, shown_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["OpenAIChat"]

_CONNECT_SECONDS = 10.0
_AZURE_API_VERSION = "2024-10-21"
"""The first generally available version of Azure OpenAI with structured outputs."""


class OpenAIChat(CompletionsChat):
    """A model of OpenAI, or of any provider that speaks its chat-completions protocol.

    `provider` is a name in `providers.json`; key and base URL default to the provider's environment variables
    and address. On Azure the model is the name of the deployment and `OPENAI_API_VERSION` is respected.
    `max_output_tokens` bounds the answer (None: the provider's own limit); a `temperature` of None is not
    sent. `timeout` in seconds, per call; `sleep` waits between retries.

    Raises ConfigurationError for an unknown provider and a missing or malformed key or address.
    """

    def __init__(
        self,
        model: str,
        *,
        provider: str = "openai",
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        max_output_tokens: int | None = None,
        temperature: float | None = 0.0,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        known = find_provider(provider)
        url = known.address(base_url)
        own_address = known.base_url is not None and url != known.base_url
        key = known.key(api_key, own_address=own_address)
        super().__init__(
            name=f"{provider}:{model}",
            target=Target(label=known.label, model=model, url=shown_url(url), key_env=known.key_env),
            dialect=Dialect.of(known, temperature=temperature, max_output_tokens=max_output_tokens),
            secret=key,
            timeout=timeout,
            max_retries=max_retries,
            sleep=sleep,
        )
        self._provider = known
        self._url = url
        self._client: AsyncOpenAI | None = None
        self._opening = anyio.Lock()

    async def aclose(self) -> None:
        """Close the connections; may be called again, and asking afterwards opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _ready(self) -> None:
        await self._open()

    async def _call(self, request: dict[str, Any]) -> object:
        client = await self._open()
        import openai

        create = client.chat.completions.with_raw_response.create
        try:
            response = await create(
                model=self._target.model, extra_headers=self._headers_to_omit(openai.Omit()), **request
            )
        except openai.APIError as exc:
            return failure_of_exception(exc, secret=self._secret)
        except UnicodeEncodeError:
            raise InvalidInput(
                "The text for the model holds a lone surrogate, which no encoding can carry.",
                hint="Decode the text again, or replace the characters U+D800 to U+DFFF.",
            ) from None
        try:
            return response.http_response.json()
        except ValueError:
            return response.http_response.text

    async def _open(self) -> AsyncOpenAI:
        async with self._opening:
            if self._client is None:
                # In a thread: importing the package takes over a second.
                self._client = await anyio.to_thread.run_sync(self._connect)
        return self._client

    def _connect(self) -> AsyncOpenAI:
        import openai

        timeout = openai.Timeout(self._timeout, connect=min(self._timeout, _CONNECT_SECONDS))
        options: dict[str, Any] = {
            "api_key": self._secret or "none",
            "max_retries": 0,
            "timeout": timeout,
        }
        if _is_loopback(self._url):
            # A server on this machine is not behind the proxy that the environment may name.
            options["http_client"] = openai.DefaultAsyncHttpxClient(trust_env=False, timeout=timeout)
        # Azure's "v1" addresses speak the plain protocol, its older ones have deployments and versions.
        if self._provider.name == "azure" and not self._url.endswith("/v1"):
            version = os.environ.get("OPENAI_API_VERSION") or _AZURE_API_VERSION
            return openai.AsyncAzureOpenAI(azure_endpoint=self._url, api_version=version, **options)
        return openai.AsyncOpenAI(base_url=self._url, **options)

    def _headers_to_omit(self, omit: Any) -> dict[str, Any]:
        """What the package would add by itself and must not.

        It reads the environment for OpenAI's organisation, project and custom headers: they may be secrets,
        and are nobody else's business. Without a key no header claims one.
        """
        names = [] if self._secret else ["Authorization"]
        if self._provider.name not in ("openai", "azure"):
            custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
            names += ["OpenAI-Organization", "OpenAI-Project"]
            names += [line.partition(":")[0].strip() for line in custom if ":" in line]
        return dict.fromkeys(names, omit)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
