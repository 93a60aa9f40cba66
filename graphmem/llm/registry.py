"""From the name of a model to the model: what the setting `GRAPHMEM_LLM` may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphmem.errors import ConfigurationError
from graphmem.llm.providers import find_provider

if TYPE_CHECKING:
    from graphmem.abc import ChatModel

__all__ = ["make_chat"]

_SPEC = re.compile(r"(?P<provider>[^:@\s]+)(?::(?P<model>.*?))?(?:@(?P<url>https?://\S+))?")


def make_chat(
    spec: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float = 60.0,
    max_retries: int = 2,
    max_output_tokens: int | None = None,
) -> ChatModel:
    """The chat model that `spec` names.

    `PROVIDER:MODEL`, as in `openai:gpt-4.1-mini`, `groq:llama-3.3-70b-versatile`, `ollama:llama3.1:8b`;
    `PROVIDER:MODEL@URL` for a server of your own, as in `openai:my-model@http://localhost:1234/v1`;
    `litellm:MODEL` for what litellm knows; `scripted:FILE.json` for prepared answers. A provider with a
    default model may stand alone: `openai`.

    `api_key` and `base_url` default to the provider's environment variables and address; a given `base_url`
    wins over the one in `spec`. `timeout` is in seconds, per call; `max_output_tokens` None leaves the
    answer's length to the provider. Opens no connection and loads no driver but litellm.

    Raises ConfigurationError for a name that is not understood, an unknown provider (it lists the known
    ones) and a missing key (it names the variable), MissingExtra when litellm is not installed.
    """
    kind, model, url = _parse(spec)
    if kind == "scripted":
        from graphmem.llm.scripted import ScriptedChat

        return ScriptedChat.from_file(model)
    if kind == "litellm":
        from graphmem.llm.litellm import LiteLLMChat

        return LiteLLMChat(
            model,
            api_key=api_key,
            base_url=base_url or url,
            timeout=timeout,
            max_retries=max_retries,
            max_output_tokens=max_output_tokens,
        )
    from graphmem.llm.openai import OpenAIChat

    return OpenAIChat(
        model,
        provider=kind,
        api_key=api_key,
        base_url=base_url or url,
        timeout=timeout,
        max_retries=max_retries,
        max_output_tokens=max_output_tokens,
    )


def _parse(spec: str) -> tuple[str, str, str | None]:
    found = _SPEC.fullmatch(spec.strip())
    if found is None:
        raise ConfigurationError(
            f"Not the name of a model: {spec!r}.",
            hint="It looks like PROVIDER:MODEL or PROVIDER:MODEL@URL, for example openai:gpt-4.1-mini.",
            setting="llm",
        )
    kind = found["provider"].lower()
    model = (found["model"] or "").strip()
    if kind not in ("scripted", "litellm"):
        model = model or find_provider(kind).default_model or ""
    if not model:
        raise ConfigurationError(
            f"{spec!r} names no model.", hint=f"Write it after a colon: {kind}:MODEL.", setting="llm"
        )
    return kind, model, found["url"]
