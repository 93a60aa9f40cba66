"""The parts that mem0's configuration may name: what each is here, or what to use in its place.

The names are those of mem0 0.1 to 2.2. docs/mem0.md tells the same to people, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["EMBEDDERS", "GRAPH_STORES", "LLMS", "OTHER", "RERANKERS", "VECTOR_STORES", "Model"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model's provider here. `base_url` is the key that holds its address.

    `path` follows an address that has none of its own: some clients want it without, the OpenAI protocol with it.
    `prefix` is dropped from the model's name, where some clients want it and the protocol does not.
    """

    provider: str
    base_url: str | None = None
    path: str = ""
    prefix: str = ""


LLMS: Mapping[str, Model] = MappingProxyType(
    {
        "anthropic": Model("anthropic", "anthropic_base_url", "/v1"),
        "azure_openai": Model("azure"),
        "azure_openai_structured": Model("azure"),
        "deepseek": Model("deepseek", "deepseek_base_url"),
        "gemini": Model("gemini", prefix="models/"),
        "groq": Model("groq"),
        "litellm": Model("litellm"),
        "lmstudio": Model("lmstudio", "lmstudio_base_url"),
        "mistral": Model("mistral"),
        "ollama": Model("ollama", "ollama_base_url", "/v1"),
        "openai": Model("openai", "openai_base_url"),
        "openai_structured": Model("openai", "openai_base_url"),
        "openrouter": Model("openrouter", "openrouter_base_url"),
        "scripted": Model("scripted"),
        "together": Model("together"),
        "vllm": Model("vllm", "vllm_base_url"),
        "xai": Model("xai", "xai_base_url"),
    }
)
"""Language models that are there, by mem0's names for them. `scripted` is graphmem's own, for tests."""

EMBEDDERS: Mapping[str, Model] = MappingProxyType(
    {
        "azure_openai": Model("azure"),
        "fastembed": Model("fastembed"),
        "gemini": Model("gemini", prefix="models/"),
        "huggingface": Model("sentence-transformers", "huggingface_base_url"),
        "lmstudio": Model("lmstudio", "lmstudio_base_url"),
        "ollama": Model("ollama", "ollama_base_url", "/v1"),
        "openai": Model("openai", "openai_base_url"),
        "together": Model("together", "together_base_url"),
    }
)
"""Embedding models that are there."""

RERANKERS: Mapping[str, str] = MappingProxyType(
    {"huggingface": "BAAI/bge-reranker-base", "sentence_transformer": "cross-encoder/ms-marco-MiniLM-L-6-v2"}
)
"""Rerankers that are there, both of them cross-encoders in process, with the model that mem0 takes by default."""

GRAPH_STORES = frozenset({"neo4j"})
VECTOR_STORES = frozenset({"qdrant"})

_FOLDER = "Leave vector_store out: the index lies in the memory's own folder"
_SERVER = (
    f"{_FOLDER}. Where several processes share the memory, use qdrant with the url of a Qdrant server, and neo4j as "
    "graph_store"
)
_NEO4J = "Use neo4j, or leave graph_store out: relations are kept either way"
_GATEWAY = "Use openai with the openai_base_url of anything that speaks its protocol"
_CROSS = "Use sentence_transformer or huggingface: a cross-encoder in process"

OTHER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "vector_store": {
            **dict.fromkeys(("chroma", "faiss"), _FOLDER),
            **dict.fromkeys(
                (
                    "azure_ai_search", "azure_mysql", "baidu", "cassandra", "databricks", "elasticsearch", "langchain",
                    "milvus", "mongodb", "neptune", "opensearch", "oracledb", "pgvector", "pinecone", "redis",
                    "s3_vectors", "supabase", "turbopuffer", "upstash_vector", "valkey", "vertex_ai_vector_search",
                    "weaviate",
                ),
                _SERVER,
            ),
        },
        "graph_store": {
            "kuzu": "Leave graph_store out: the graph lies in the memory's own folder",
            **dict.fromkeys(("apache_age", "memgraph", "neptune", "neptunedb"), _NEO4J),
        },
        "llm": {
            "aws_bedrock": "Use litellm with the model bedrock/MODEL",
            "langchain": _GATEWAY,
            "minimax": _GATEWAY,
            "sarvam": _GATEWAY,
        },
        "embedder": {
            "aws_bedrock": f"{_GATEWAY}, such as LiteLLM's proxy",
            "langchain": _GATEWAY,
            "vertexai": "Use gemini",
        },
        "reranker": {
            **dict.fromkeys(("cohere", "zero_entropy"), _CROSS),
            "llm_reranker": f"{_CROSS}. No model is asked at query time",
        },
    }
)  # fmt: skip
"""By section and name: parts that mem0 has and graphmem has not, and what to do instead."""
