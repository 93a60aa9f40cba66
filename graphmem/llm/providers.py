"""The known providers of chat models: where they listen and how they want to be asked.

The facts are data (`providers.json`), taken from each provider's own documentation of its OpenAI-compatible
endpoint. Adding a provider is adding an entry there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from graphmem.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Provider", "Structured", "find_provider", "known_providers", "shown_url"]

Structured = Literal["json_schema", "json_object", "none"]
"""How an answer can be bound to a shape: by schema, to JSON of any shape, or by words alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider of an OpenAI-compatible chat-completions endpoint.

    `name` is what a model is named with (`groq:llama-3.3-70b`), `label` what people call it. `base_url` ends
    where `/chat/completions` begins; None means that everyone has their own. `base_url_env` and `key_env`
    are environment variables, the first that is set wins. `structured` is the strictest form it takes;
    `max_tokens_field` the request field that bounds the answer.
    """

    name: str
    label: str
    base_url: str | None
    key_env: tuple[str, ...]
    needs_key: bool
    structured: Structured
    max_tokens_field: str
    base_url_env: tuple[str, ...] = ()
    default_model: str | None = None

    def address(self, base_url: str | None) -> str:
        """The base URL to use: the one given, else the environment's, else the provider's own.

        Raises ConfigurationError when there is none, or when it is no http(s) URL.
        """
        url = base_url or _first_set(self.base_url_env) or self.base_url
        if not url:
            names = " or ".join(self.base_url_env)
            raise ConfigurationError(
                f"{self.label} has no address: everyone has their own.",
                hint=f"Set {names}, or write the URL after the model: {self.name}:MODEL@https://...",
                setting=self.base_url_env[0],
            )
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                f"The base URL of {self.label} is not an http(s) URL: {shown_url(url)!r}.",
                hint="It looks like https://host/v1, and ends where /chat/completions begins.",
                setting="base_url",
            )
        return url.rstrip("/")

    def key(self, api_key: str | None, *, own_address: bool) -> str | None:
        """The API key to use: the one given, else the environment's; None where none is needed.

        A server at an address of the user's own may well need no key, so only the provider's own address
        insists on one. Raises ConfigurationError that names the variable to set.
        """
        key = (api_key or "").strip() or _first_set(self.key_env)
        if key is None and self.needs_key and not own_address:
            raise ConfigurationError(
                f"{self.label} needs an API key.",
                hint=f"Set {' or '.join(self.key_env)}.",
                setting=self.key_env[0],
            )
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            # It could not travel in a header, and the driver would quote it in its complaint.
            raise ConfigurationError(
                f"The API key of {self.label} has characters that no key has.",
                hint=f"Check {' or '.join(self.key_env)} for blanks, quotes and line breaks inside.",
                setting=self.key_env[0],
            )
        return key


@cache
def known_providers() -> Mapping[str, Provider]:
    """All known providers by name."""
    data = json.loads(files("graphmem.llm").joinpath("providers.json").read_text("utf-8"))
    return MappingProxyType({name: _provider(name, entry) for name, entry in data.items()})


def find_provider(name: str) -> Provider:
    """The provider of that name; raises ConfigurationError that lists the known ones."""
    try:
        return known_providers()[name]
    except KeyError:
        known = ", ".join([*sorted(known_providers()), "litellm", "scripted"])
        raise ConfigurationError(
            f"Unknown model provider: {name!r}.",
            hint=f"Known: {known}. Anything OpenAI-compatible works as openai:MODEL@https://host/v1.",
            setting="llm",
        ) from None


def shown_url(url: str) -> str:
    """The URL as it may be shown: without user, password, query or fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _provider(name: str, entry: Mapping[str, object]) -> Provider:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Provider(name=name, **{**entry, **lists})  # type: ignore[arg-type]


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)
