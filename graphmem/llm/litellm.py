"""The chat model behind `litellm`, for providers without an OpenAI-compatible endpoint (extra `litellm`).

litellm translates the chat-completions protocol: https://docs.litellm.ai/docs/completion/input
"""

from __future__ import annotations

import os
from typing import Any

import anyio

from graphmem.errors import MissingExtra
from graphmem.llm.completions import CompletionsChat, Sleep
from graphmem.llm.dialect import Dialect
from graphmem.llm.failures import Failure, Target, failure_of_body
from graphmem.llm.providers import shown_url

__all__ = ["LiteLLMChat"]

_CODES = {
    "ContentPolicyViolationError": "content_filter",
    "ContextWindowExceededError": "context_length_exceeded",
}


class LiteLLMChat(CompletionsChat):
    """A model named as litellm names it: `bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0`.

    Keys and addresses are read by litellm from its own environment variables unless given.
    Raises MissingExtra when litellm is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        max_output_tokens: int | None = None,
        temperature: float | None = 0.0,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._litellm = _import_litellm()
        self._url = base_url
        vendor = model.partition("/")[0]
        super().__init__(
            name=f"litellm:{model}",
            target=Target(
                label="litellm",
                model=model,
                url=shown_url(base_url) if base_url else f"litellm://{vendor}",
                key_env=(f"{vendor.upper()}_API_KEY",),
            ),
            dialect=Dialect(token_fields=("max_tokens",), temperature=temperature, max_output_tokens=max_output_tokens),
            secret=api_key,
            timeout=timeout,
            max_retries=max_retries,
            sleep=sleep,
        )

    async def _call(self, request: dict[str, Any]) -> object:
        import openai

        options = {"api_key": self._secret, "base_url": self._url}
        try:
            response = await self._litellm.acompletion(
                model=self._target.model,
                timeout=self._timeout,
                num_retries=0,
                max_retries=0,
                **request,
                **{key: value for key, value in options.items() if value is not None},
            )
        except openai.APIError as exc:  # the root of litellm's own errors
            return self._failure(exc)
        body: dict[str, Any] = response.model_dump(warnings=False)
        for choice in body["choices"]:
            # Fields that not every vendor has travel in a bag of their own.
            choice["message"].update(choice["message"].get("provider_specific_fields") or {})
        return body

    def _failure(self, exc: Any) -> Failure:
        """litellm keeps a response's words and headers only, and says by class what the code said."""
        if type(exc).__name__ == "Timeout":
            return Failure(kind="timeout", text="")
        error = {"message": exc.message, "code": _CODES.get(type(exc).__name__)}
        headers = getattr(exc, "litellm_response_headers", None)
        return failure_of_body(error, status=exc.status_code, headers=headers, secret=self._secret)


def _import_litellm() -> Any:
    # Otherwise importing it fetches a table of prices from the internet.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        import litellm
    except ImportError:
        raise MissingExtra(
            "Models of litellm need the package 'litellm', which is not installed.",
            hint="Install it: pip install 'graphmem[litellm]'.",
            extra="litellm",
        ) from None
    litellm.telemetry = False
    litellm.suppress_debug_info = True  # it prints advice to stdout
    return litellm
