"""From a name to a model: providers, addresses, keys."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graphmem.errors import ConfigurationError, MissingExtra
from graphmem.llm import OpenAIChat, ScriptedChat, find_provider, known_providers, make_chat
from tests.unit.llm.samples import KEY

PROVIDERS = [
    *("anthropic", "azure", "deepseek", "gemini", "groq", "lmstudio", "mistral"),
    *("ollama", "openai", "openrouter", "together", "vllm", "xai"),
]


def test_the_providers() -> None:
    assert sorted(known_providers()) == PROVIDERS


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_entry_is_complete(name: str) -> None:
    provider = find_provider(name)
    assert provider.name == name
    assert provider.key_env
    assert provider.structured in ("json_schema", "json_object", "none")
    assert provider.max_tokens_field in ("max_tokens", "max_completion_tokens")
    assert provider.base_url or provider.base_url_env
    if provider.base_url:
        parts = urlsplit(provider.base_url)
        local = parts.hostname == "localhost"
        assert parts.scheme == ("http" if local else "https")
        assert provider.needs_key is not local


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != "azure"])
def test_every_provider_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = find_provider(name)
    monkeypatch.setenv(provider.key_env[-1], KEY)
    chat = make_chat(f"{name}:some/model:8b")
    assert isinstance(chat, OpenAIChat)
    assert chat.name == f"{name}:some/model:8b"
    assert repr(chat) == f"OpenAIChat('{name}:some/model:8b', url={provider.base_url!r})"


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name not in ("azure", "openai")])
def test_a_missing_key_names_its_variable(name: str) -> None:
    provider = find_provider(name)
    if not provider.needs_key:
        assert make_chat(f"{name}:m").name == f"{name}:m"
        return
    with pytest.raises(ConfigurationError, match=f"{provider.label} needs an API key") as caught:
        make_chat(f"{name}:m")
    assert caught.value.hint == f"Set {' or '.join(provider.key_env)}."


def test_the_default_model() -> None:
    assert make_chat("openai", api_key=KEY).name == "openai:gpt-4.1-mini"
    with pytest.raises(ConfigurationError, match="names no model"):
        make_chat("groq", api_key=KEY)
    with pytest.raises(ConfigurationError, match="names no model"):
        make_chat("scripted:")


@pytest.mark.parametrize(
    ("spec", "name", "url"),
    [
        ("openai:my-model@http://localhost:1234/v1", "openai:my-model", "http://localhost:1234/v1"),
        ("OpenAI:my-model@http://localhost:1234/v1/", "openai:my-model", "http://localhost:1234/v1"),
        ("vllm:@cf/meta/llama@https://ai.example/v1", "vllm:@cf/meta/llama", "https://ai.example/v1"),
        ("ollama:llama3.1:8b@http://10.0.0.2:11434/v1", "ollama:llama3.1:8b", "http://10.0.0.2:11434/v1"),
        (" azure:dep@https://x.openai.azure.com", "azure:dep", "https://x.openai.azure.com"),
        ("openai@http://localhost:1234/v1", "openai:gpt-4.1-mini", "http://localhost:1234/v1"),
    ],
)
def test_an_address_in_the_name(spec: str, name: str, url: str) -> None:
    chat = make_chat(spec, api_key=KEY)
    assert repr(chat) == f"OpenAIChat({name!r}, url={url!r})"


def test_where_the_address_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gateway.example/v1")
    assert "gateway.example" in repr(make_chat("openai:m"))
    assert "spec.example" in repr(make_chat("openai:m@http://spec.example/v1"))
    spec = "openai:m@http://spec.example/v1"
    assert "given.example" in repr(make_chat(spec, base_url="http://given.example/v1"))


@pytest.mark.parametrize("spec", ["nobody:model", "gpt-4.1-mini"])
def test_an_unknown_provider_lists_the_known(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="Unknown model provider") as caught:
        make_chat(spec)
    assert all(name in str(caught.value.hint) for name in (*PROVIDERS, "litellm", "scripted"))


@pytest.mark.parametrize("spec", ["", ":model", "   ", "openai:a\nb"])
def test_what_is_no_name(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="Not the name of a model"):
        make_chat(spec)


@pytest.mark.parametrize("url", ["localhost:1234", "ftp://host/v1", "http://"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not an http"):
        make_chat("openai:m", api_key=KEY, base_url=url)


def test_azure_needs_an_address_and_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="no address") as caught:
        make_chat("azure:dep", api_key=KEY)
    assert "AZURE_OPENAI_ENDPOINT" in str(caught.value.hint)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com")
    with pytest.raises(ConfigurationError, match="needs an API key"):
        make_chat("azure:dep")


@pytest.mark.parametrize("key", ["sk-a b", "sk-a\nb", "sk-“quoted”", "sk-\x7f"])
def test_a_malformed_key_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="characters that no key has") as caught:
        make_chat("openai:m", api_key=key)
    assert key not in str(caught.value) + repr(caught.value.details)


def test_a_key_with_a_line_break_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    assert make_chat("openai:m").name == "openai:m"


def test_scripted(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(["one"]), "utf-8")
    chat = make_chat(f"scripted:{path}")
    assert isinstance(chat, ScriptedChat)
    assert chat.name == "scripted:answers.json"


def test_litellm_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(MissingExtra, match="litellm") as caught:
        make_chat("litellm:bedrock/some-model")
    assert "graphmem[litellm]" in str(caught.value.hint)


def test_no_driver_is_loaded_before_the_first_question() -> None:
    code = (
        "import sys, graphmem.llm as llm; llm.make_chat('openai:m', api_key='k');"
        "print([m for m in ('openai', 'litellm', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
