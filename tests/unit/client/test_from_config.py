"""mem0's configuration as graphmem's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphmem import AsyncMemory, Memory
from graphmem.client.foreign import EMBEDDERS, LLMS, OTHER
from graphmem.client.from_config import settings_of
from graphmem.errors import ConfigurationError, GraphmemError, NotSupported

NEO4J: dict[str, Any] = {
    "provider": "neo4j",
    "config": {"url": "neo4j+s://db.example:7687", "username": "neo4j", "password": "p@ss/1", "database": "notes"},
}


def config_of(section: str, provider: str, **config: Any) -> dict[str, Any]:
    return {section: {"provider": provider, "config": config}}


def secret(value: Any) -> str | None:
    return value and value.get_secret_value()


# -- where memories are


def test_nothing_said_is_what_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_STORE", str(tmp_path / "mem"))
    monkeypatch.setenv("GRAPHMEM_LLM_TIMEOUT", "7")
    settings = settings_of({"version": "v1.1", "history_db_path": "/tmp/history.db", "llm": None})
    assert (settings.store, settings.llm, settings.llm_timeout) == (str(tmp_path / "mem"), None, 7.0)


def test_a_neo4j_and_a_qdrant_server_are_store_and_index() -> None:
    settings = settings_of(
        {
            "graph_store": NEO4J,
            **config_of("vector_store", "qdrant", host="vectors.example", port=6333, embedding_model_dims=1536),
        }
    )
    assert settings.store == "neo4j+s://neo4j:p%40ss%2F1@db.example:7687/notes"
    assert (settings.vectors, settings.vectors_api_key) == ("http://vectors.example:6333", None)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"url": "https://cloud.example:6333", "api_key": "k", "path": "/tmp/qdrant"}, "https://cloud.example:6333"),
        ({"host": "vectors", "api_key": "k"}, "https://vectors:6333"),
        ({"host": "vectors", "port": "6300", "api_key": "k", "https": False}, "http://vectors:6300"),
        ({"host": "vectors", "https": True}, "https://vectors:6333"),
    ],
)
def test_a_qdrant_server_by_url_or_host(given: dict[str, Any], url: str) -> None:
    settings = settings_of({"graph_store": NEO4J, **config_of("vector_store", "qdrant", **given)})
    assert settings.vectors == url
    assert secret(settings.vectors_api_key) == given.get("api_key")


def test_a_qdrant_server_goes_with_the_neo4j_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_STORE", "bolt://db.example")
    assert settings_of(config_of("vector_store", "qdrant", url="http://v:6333")).store == "bolt://db.example"


def test_a_qdrant_server_without_a_neo4j_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no 'graph_store'") as caught:
        settings_of(config_of("vector_store", "qdrant", url="http://v:6333"))
    assert "path" in str(caught.value.hint)


def test_a_path_is_a_folder_beside_it(tmp_path: Path) -> None:
    settings = settings_of(config_of("vector_store", "qdrant", path=f"{tmp_path}/qdrant/", on_disk=True))
    assert (settings.vectors, settings.store) == ("edge", f"{tmp_path}/qdrant-graphmem")
    both = settings_of({"graph_store": NEO4J, **config_of("vector_store", "qdrant", path="/data/qdrant")})
    assert str(both.store).startswith("neo4j+s://")
    assert str(both.home) == "/data/qdrant-graphmem", "where the copy of the index lies"


def test_another_collection_is_another_project() -> None:
    assert settings_of(config_of("vector_store", "qdrant", collection_name="notes")).project == "notes"
    assert settings_of(config_of("vector_store", "qdrant", collection_name="mem0")).project == "default"


def test_a_graph_store_that_is_only_named_keeps_nothing() -> None:
    assert settings_of({"graph_store": {"provider": "neo4j"}}).store is None


def test_a_neo4js_address_may_say_it_all() -> None:
    url = "bolt://ana:words@db.example:7687/notes"
    assert settings_of(config_of("graph_store", "neo4j", url=url)).store == url
    other = config_of("graph_store", "neo4j", url=url, username="bob", database="other")
    assert settings_of(other).store == "bolt://bob:@db.example:7687/other"
    assert settings_of(config_of("graph_store", "neo4j", url="bolt://db.example")).store == "bolt://db.example/"


@pytest.mark.anyio
async def test_a_memory_of_servers_is_put_together_without_asking_them() -> None:
    config = {"graph_store": NEO4J, **config_of("vector_store", "qdrant", url="https://vectors.example:6333")}
    memory = AsyncMemory.from_config({**config, **config_of("embedder", "ollama", model="nomic-embed-text")})
    await memory.aclose()


@pytest.mark.parametrize("url", [None, "http://db.example", "memgraph://x"])
def test_a_neo4j_needs_its_address(url: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"graph_store\.config\.url") as caught:
        settings_of(config_of("graph_store", "neo4j", url=url, username="neo4j", password="secret-words"))
    assert "secret-words" not in str(caught.value)


def test_a_broken_address_shows_no_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(config_of("graph_store", "neo4j", url="neo4j://host:many", username="a", password="secret-words"))
    assert "secret-words" not in str(caught.value)


# -- models


@pytest.mark.parametrize(
    ("provider", "config", "llm"),
    [
        ("openai", {"model": "gpt-4.1-mini"}, "openai:gpt-4.1-mini"),
        ("openai", {}, "openai"),
        ("openai", {"model": "m", "openai_base_url": "http://gw/v1/"}, "openai:m@http://gw/v1"),
        (
            "openai",
            {"model": "a/b", "openrouter_base_url": "https://r.example/v1"},
            "openrouter:a/b@https://r.example/v1",
        ),
        ("openai_structured", {"model": "gpt-4o"}, "openai:gpt-4o"),
        ("azure_openai", {"model": "gpt-4o"}, "azure:gpt-4o"),
        (
            "azure_openai",
            {
                "model": "x",
                "azure_kwargs": {"azure_deployment": "d", "azure_endpoint": "https://a.example/", "api_version": "v"},
            },
            "azure:d@https://a.example",
        ),
        ("ollama", {"model": "llama3.1:8b"}, "ollama:llama3.1:8b"),
        ("ollama", {"model": "q", "ollama_base_url": "http://gpu:11434"}, "ollama:q@http://gpu:11434/v1"),
        ("anthropic", {"model": "c", "anthropic_base_url": "https://a.example/"}, "anthropic:c@https://a.example/v1"),
        ("groq", {"model": "g"}, "groq:g"),
        ("together", {"model": "t"}, "together:t"),
        ("deepseek", {"model": "d", "deepseek_base_url": "https://d.example"}, "deepseek:d@https://d.example"),
        ("mistral", {"model": "m"}, "mistral:m"),
        ("xai", {"model": "grok"}, "xai:grok"),
        ("gemini", {"model": "models/gemini-2.5-flash", "vertexai": False}, "gemini:gemini-2.5-flash"),
        ("lmstudio", {"model": "l", "lmstudio_base_url": "http://pc:1234/v1"}, "lmstudio:l@http://pc:1234/v1"),
        ("vllm", {"model": "v", "vllm_base_url": "http://pc:8000/v1"}, "vllm:v@http://pc:8000/v1"),
        ("litellm", {"model": "bedrock/claude"}, "litellm:bedrock/claude"),
    ],
)
def test_a_model_by_its_providers_name(provider: str, config: dict[str, Any], llm: str) -> None:
    tuned = {"temperature": 0.2, "max_tokens": 2000, "top_p": 1.0, "enable_vision": True}
    assert settings_of(config_of("llm", provider, **config, **tuned)).llm == llm


def test_a_models_key_replaces_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_LLM_API_KEY", "of another model")
    assert secret(settings_of(config_of("llm", "groq", model="g", api_key="mine")).llm_api_key) == "mine"
    assert settings_of(config_of("llm", "groq", model="g")).llm_api_key is None
    azure = {"api_key": "azures"}
    assert secret(settings_of(config_of("llm", "azure_openai", model="g", azure_kwargs=azure)).llm_api_key) == "azures"


def test_a_model_of_the_graph_alone_is_the_model() -> None:
    graph = {**NEO4J, "llm": {"provider": "openai", "config": {"model": "small"}}, "threshold": 0.7}
    assert settings_of({"graph_store": graph}).llm == "openai:small"
    assert settings_of({"graph_store": graph, **config_of("llm", "openai", model="large")}).llm == "openai:large"


@pytest.mark.parametrize(
    ("provider", "config", "embedder", "key"),
    [
        ("openai", {"model": "text-embedding-3-large", "embedding_dims": 256}, "openai:text-embedding-3-large", None),
        ("openai", {}, "openai", None),
        ("openai", {"model": "m", "openai_base_url": "http://e/v1", "api_key": "k"}, "openai:m@http://e/v1", "k"),
        ("ollama", {"model": "nomic:latest"}, "openai:nomic:latest@http://localhost:11434/v1", "ollama"),
        ("ollama", {"model": "n", "ollama_base_url": "http://gpu:11434"}, "openai:n@http://gpu:11434/v1", "ollama"),
        ("lmstudio", {"model": "n", "embedding_dims": 768}, "openai:n@http://localhost:1234/v1", "lm-studio"),
        ("together", {"model": "n", "api_key": "k"}, "openai:n@https://api.together.ai/v1", "k"),
        (
            "gemini",
            {"model": "models/gemini-embedding-001", "api_key": "k"},
            "openai:gemini-embedding-001@https://generativelanguage.googleapis.com/v1beta/openai",
            "k",
        ),
        (
            "azure_openai",
            {
                "model": "x",
                "azure_kwargs": {"azure_deployment": "d", "azure_endpoint": "https://a.example", "api_key": "k"},
            },
            "openai:d@https://a.example/openai/v1",
            "k",
        ),
        (
            "azure_openai",
            {"model": "x", "azure_kwargs": {"azure_endpoint": "https://a.example/openai/v1/", "api_key": "k"}},
            "openai:x@https://a.example/openai/v1",
            "k",
        ),
        ("huggingface", {"model": "mini", "model_kwargs": {}}, "sentence-transformers:mini", None),
        ("huggingface", {}, "sentence-transformers", None),
        ("huggingface", {"huggingface_base_url": "http://tei:8080/v1"}, "openai:tei@http://tei:8080/v1", "hf"),
        ("fastembed", {"model": "thenlper/gte-large"}, "fastembed:thenlper/gte-large", None),
    ],
)
def test_an_embedder_by_its_providers_name(
    provider: str, config: dict[str, Any], embedder: str, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHMEM_EMBEDDER_API_KEY", "of another embedder")
    settings = settings_of(config_of("embedder", provider, **config))
    assert (settings.embedder, secret(settings.embedder_api_key)) == (embedder, key)


def test_dimensions_are_asked_where_they_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_EMBEDDER_DIMENSIONS", "99")
    chosen = settings_of(config_of("embedder", "openai", model="m", embedding_dims="256"))
    gemini = settings_of(config_of("embedder", "gemini", model="m", api_key="k", output_dimensionality=768))
    local = settings_of(config_of("embedder", "ollama", model="m", embedding_dims=512))
    assert [each.embedder_dimensions for each in (chosen, gemini, local)] == [256, 768, None]


def test_an_embedder_elsewhere_is_not_sent_openais_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("TOGETHER_API_KEY", "together-key")
    assert secret(settings_of(config_of("embedder", "together", model="m")).embedder_api_key) == "together-key"
    monkeypatch.delenv("TOGETHER_API_KEY")
    with pytest.raises(ConfigurationError, match="TOGETHER_API_KEY"):
        settings_of(config_of("embedder", "together", model="m"))


def test_an_embedder_without_a_model_is_said() -> None:
    with pytest.raises(ConfigurationError, match=r"embedder\.config\.model"):
        settings_of(config_of("embedder", "ollama"))


def test_every_model_has_a_provider_here() -> None:
    for name in LLMS:
        assert settings_of(config_of("llm", name, model="m")).llm
    for name in EMBEDDERS:
        azure = {"azure_kwargs": {"azure_endpoint": "https://a.example"}} if name == "azure_openai" else {}
        assert settings_of(config_of("embedder", name, model="m", api_key="k", **azure)).embedder


def test_a_reranker_in_process() -> None:
    asked = {
        "reranker": {"provider": "huggingface", "config": {"provider": "huggingface", "top_k": 5, "device": "cpu"}}
    }
    assert settings_of(asked).reranker == "cross-encoder:BAAI/bge-reranker-base"
    named = config_of("reranker", "sentence_transformer", model="cross-encoder/other")
    assert settings_of(named).reranker == "cross-encoder:cross-encoder/other"


# -- words to the model


def test_instructions_of_both_generations_reach_the_model() -> None:
    settings = settings_of(
        {
            "custom_instructions": "Remember orders.",
            "custom_fact_extraction_prompt": "Forget greetings.",
            "graph_store": {**NEO4J, "custom_prompt": "Only people and places."},
        }
    )
    assert settings.custom_instructions == (
        "Remember orders.\n\nForget greetings.\n\nAbout entities and relations: Only people and places."
    )


@pytest.mark.parametrize("name", ["custom_fact_extraction_prompt", "custom_instructions", "custom_prompt"])
def test_a_prompt_that_wants_another_answer_is_refused(name: str) -> None:
    prompt = 'Extract orders only.\nInput: Hi.\nOutput: {"facts": []}\nReturn them as JSON.'
    with pytest.raises(ConfigurationError, match=name) as caught:
        settings_of({name: prompt})
    assert caught.value.setting == name
    assert "leave out" in str(caught.value.hint)


def test_an_update_prompt_is_refused() -> None:
    with pytest.raises(NotSupported, match="custom_update_memory_prompt"):
        settings_of({"custom_update_memory_prompt": "Compare the facts."})


# -- what is not there


@pytest.mark.parametrize(("section", "provider"), [(s, p) for s, parts in OTHER.items() for p in parts])
def test_a_part_that_is_not_there_is_named_with_what_to_use(section: str, provider: str) -> None:
    with pytest.raises(NotSupported, match=provider) as caught:
        settings_of({section: {"provider": provider, "config": {"anything": 1}}})
    assert caught.value.setting == f"{section}.provider"
    assert caught.value.hint == f"{OTHER[section][provider]}."


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"colour": "red"}, "colour"),
        (config_of("vector_store", "qdrant", shards=3), r"vector_store\.config\.shards"),
        ({"llm": {"provider": "openai", "model": "x"}}, r"llm\.model"),
        (config_of("llm", "ollama", model="m", openai_base_url="http://x"), r"llm\.config\.openai_base_url"),
        (config_of("llm", "papagei"), "papagei"),
        (config_of("llm", "openai", model=7), r"llm\.config\.model"),
        ({"llm": "openai"}, "'llm' has to be a dict"),
        (config_of("vector_store", "qdrant", host="v", port="many"), r"vector_store\.config\.port"),
        ({"graph_store": {**NEO4J, "shards": 1}}, r"graph_store\.shards"),
        (config_of("embedder", "azure_openai", azure_kwargs={"region": "x"}), r"azure_kwargs\.region"),
    ],
)
def test_what_cannot_be_understood_is_named(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        settings_of(config)


@pytest.mark.parametrize(
    "config",
    [
        config_of("vector_store", "qdrant", client=object()),
        config_of("llm", "openai", model="m", models=["a", "b"]),
        config_of("llm", "openai", model="m", response_callback=print),
        config_of("llm", "openai", model="m", http_client_proxies={"https": "http://p"}),
        config_of("llm", "gemini", model="m", vertexai=True),
        config_of("embedder", "huggingface", model="m", model_kwargs={"device": "cuda"}),
        config_of("llm", "azure_openai", model="m", azure_kwargs={"default_headers": {"x": "y"}}),
        {"version": "v1.0"},
    ],
)
def test_what_would_be_missed_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(NotSupported) as caught:
        settings_of(config)
    assert caught.value.hint


def test_it_has_to_be_a_dict() -> None:
    with pytest.raises(ConfigurationError, match="has to be a dict"):
        settings_of("config.yaml")  # type: ignore[arg-type]


def test_a_wrong_setting_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_PORT", "many")
    with pytest.raises(GraphmemError, match="GRAPHMEM_PORT"):
        settings_of({})


# -- a memory of it


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A configuration whose model answers from a script, and whose index needs no download."""
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "hashing")
    fact = {
        "text": "Ana likes hiking.", "attributed_to": "user", "messages": [1], "categories": [],
        "valid_at": None, "invalid_at": None, "verdict": "new", "targets": [],
        "entities": [], "relations": [],
    }  # fmt: skip
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"": {"memories": [fact], "refused": []}}))
    return {
        **config_of("vector_store", "qdrant", path=str(tmp_path / "qdrant")),
        **config_of("llm", "scripted", model=str(script)),
        "custom_instructions": "Remember sports.",
    }


def test_a_memory_is_made_of_it(scripted: dict[str, Any], tmp_path: Path) -> None:
    with Memory.from_config(config_dict=scripted) as memory:
        added = memory.add("I like hiking.", user_id="ana")
        assert [each["memory"] for each in added["results"]] == ["Ana likes hiking."]
    assert (tmp_path / "qdrant-graphmem").is_dir()
    assert not (tmp_path / "qdrant").exists()


@pytest.mark.anyio
async def test_an_async_one_may_be_awaited(scripted: dict[str, Any]) -> None:
    memory = await AsyncMemory.from_config(scripted)
    assert (await memory.add("I like hiking.", user_id="ana"))["results"]
    await memory.aclose()
    async with AsyncMemory.from_config(scripted) as again:
        assert len((await again.get_all(user_id="ana"))["results"]) == 1
