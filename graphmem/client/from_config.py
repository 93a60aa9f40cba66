"""mem0's configuration read as graphmem's settings: what its `Memory.from_config` takes, `settings_of` understands.

Both generations are understood: 1.0 and before (`graph_store`, `custom_fact_extraction_prompt`) and 2 (where
`custom_instructions` stands for the prompts). Whatever a key asks for is done, means nothing here, or is refused by
its name: a part that was asked for is never left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import quote, urlsplit

from graphmem.client.foreign import EMBEDDERS, GRAPH_STORES, LLMS, OTHER, RERANKERS, VECTOR_STORES, Model
from graphmem.errors import ConfigurationError, NotSupported
from graphmem.extraction.demands import HINT, demanded_form
from graphmem.llm.providers import find_provider
from graphmem.settings import NEO4J_SCHEMES, Settings, load_settings, read_neo4j

__all__ = ["settings_of"]

_SECTIONS = ("vector_store", "graph_store", "llm", "embedder", "reranker")
_PROMPTS = ("custom_instructions", "custom_fact_extraction_prompt", "custom_prompt")
_INDIFFERENT = {
    "": {"history_db_path", "version", "enable_graph"},
    "vector_store": {"embedding_model_dims", "on_disk"},
    "graph_store": {"base_label"},
    "llm": {
        "temperature", "max_tokens", "top_p", "top_k", "enable_vision", "vision_details", "reasoning_effort",
        "is_reasoning_model", "enable_sampling_parameters", "lmstudio_response_format", "route", "site_url",
        "app_name", "store",
    },
    "embedder": {"memory_add_embedding_type", "memory_search_embedding_type", "memory_update_embedding_type"},
    "reranker": {"device", "batch_size", "show_progress_bar", "max_length", "normalize", "top_k"},
}  # fmt: skip
"""Keys that ask for nothing that could be missed, by section."""

_REFUSED = {
    "": {
        "custom_update_memory_prompt": (
            "What a new memory does to old ones is decided by rules and by the verdicts of the one model call, not by "
            "a second prompt: leave it out, and say in custom_instructions what matters."
        )
    },
    "vector_store": {"client": "Give the server's url instead."},
    "llm": {
        "models": "Name one model; a gateway such as LiteLLM's proxy can fall back to others.",
        "http_client_proxies": "Set HTTPS_PROXY in the environment.",
        "response_callback": "What a call cost is told in the answer of add, under usage.",
        "vertexai": "Use gemini with an API key, or litellm with the model vertex_ai/MODEL.",
        "project": "Use gemini with an API key, or litellm with the model vertex_ai/MODEL.",
        "location": "Use gemini with an API key, or litellm with the model vertex_ai/MODEL.",
    },
    "embedder": {
        "http_client_proxies": "Set HTTPS_PROXY in the environment.",
        "model_kwargs": "The model is loaded as it comes; choose another one by its name, or a folder.",
    },
    "azure_kwargs": {"default_headers": "No request carries headers of its own: let a gateway add them."},
}
"""Keys that ask for something that would be missed, and what to do instead."""

_AZURE = {"azure_deployment", "azure_endpoint", "api_key"}
_LOCAL_KEYS = {"ollama": "ollama", "lmstudio": "lm-studio"}
"""Servers of one's own that ask for no key are sent this one, so that they are not sent the key of somebody else."""


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The settings that a configuration of mem0 stands for; what it does not say is as the environment says.

    Raises `ConfigurationError` for what cannot be understood (`setting` is the way to it, such as `llm.config.model`)
    and `NotSupported` for parts that are not there, with what to use in their place. No message repeats a value that
    may be a secret.
    """
    given = _Section(config, "")
    sections = {name: given.section(name) for name in _SECTIONS}
    prompts = {name: given.text(name) for name in _PROMPTS}
    if given.value("version") == "v1.0":
        raise NotSupported(
            "'version' is v1.0, whose answers are bare lists.",
            hint='Leave it out, and read the list under "results".',
            setting="version",
        )
    given.finish()
    graph = sections["graph_store"]
    places = _places(sections["vector_store"], graph)
    if graph is not None:
        prompts["graph_store.custom_prompt"] = graph.text("custom_prompt")
        # One call draws memories and relations: a model of the graph's own only counts where it is the only one.
        own = graph.section("llm")
        sections["llm"] = sections["llm"] or own
        graph.finish({"threshold"})
    return load_settings(
        **places,
        **_llm(sections["llm"]),
        **_embedder(sections["embedder"]),
        **_reranker(sections["reranker"]),
        **_instructions(prompts),
    )


class _Section:
    """A part of the configuration, being read. `where` is the way to it; unset and None are the same."""

    def __init__(self, given: Any, where: str, kind: str = "") -> None:
        if not isinstance(given, Mapping):
            raise ConfigurationError(
                f"{where or 'The configuration'!r} has to be a dict, not a {type(given).__name__}.", setting=where
            )
        self._given = {name: value for name, value in given.items() if value is not None}
        self._read: set[str] = set()
        self._where = where
        self.kind = kind

    def path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def value(self, name: str) -> Any:
        self._read.add(name)
        return self._given.get(name)

    def text(self, name: str) -> str | None:
        value = self.value(name)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"{self.path(name)!r} has to be text, not a {type(value).__name__}.", setting=self.path(name)
            )
        return value or None

    def number(self, name: str) -> int | None:
        value = self.value(name)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError):
            raise ConfigurationError(f"{self.path(name)!r} has to be a number.", setting=self.path(name)) from None

    def section(self, name: str, kind: str | None = None) -> _Section | None:
        """The part called `name`, None if it is not there; `kind` says whose keys it has, if not its name does."""
        value = self.value(name)
        return None if value is None else _Section(value, self.path(name), name if kind is None else kind)

    def provider(self, known: AbstractSet[str], default: str) -> str:
        """The provider it names, which has to be a known one."""
        name = self.text("provider") or default
        if name in known:
            return name
        instead = OTHER[self.kind].get(name)
        if instead is None:
            raise ConfigurationError(
                f"{self.path('provider')!r} is {name!r}, which is not known.",
                hint=f"Known: {', '.join(sorted(known))}.",
                setting=self.path("provider"),
            )
        raise NotSupported(f"{self.kind} {name!r} is not supported.", hint=f"{instead}.", setting=self.path("provider"))

    def config(self) -> _Section:
        """What the part's provider is told."""
        return self.section("config", self.kind) or _Section({}, self.path("config"), self.kind)

    def finish(self, indifferent: AbstractSet[str] = frozenset()) -> None:
        """Refuse what asks for something else than was read."""
        left = self._given.keys() - self._read - indifferent - _INDIFFERENT.get(self.kind, set())
        refused = _REFUSED.get(self.kind, {})
        for name in sorted(left & refused.keys()):
            if not self._given[name]:
                left.discard(name)  # switched off
                continue
            raise NotSupported(f"{self.path(name)!r} is not supported.", hint=refused[name], setting=self.path(name))
        if left:
            names = sorted(map(str, left))
            raise ConfigurationError(
                f"The configuration has keys that are not known: {', '.join(map(self.path, names))}.",
                hint="docs/mem0.md lists those that are.",
                setting=self.path(names[0]),
            )


# -- where memories are


def _places(vectors: _Section | None, graph: _Section | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if graph is not None and (store := _neo4j(graph)):
        found["store"] = store
    if vectors is None:
        return found
    vectors.provider(VECTOR_STORES, "qdrant")
    config = vectors.config()
    url, folder = _qdrant_url(config), config.text("path")
    key, name = config.text("api_key"), config.text("collection_name")
    config.finish()
    vectors.finish()
    if name and name != "mem0":
        # Memories of two collections were never mixed; here it is projects that are apart.
        found["project"] = name
    if url:
        found |= {"vectors": url, "vectors_api_key": key}
        _check_pair(found.get("store") or load_settings().store)
    elif folder:
        # Beside that folder, not in it: mem0 up to 1.0 empties it whenever it opens it.
        beside = f"{folder.rstrip('/')}-graphmem"
        found |= {"vectors": "edge", "home": beside, "store": found.get("store") or beside}
    return found


def _check_pair(store: str | None) -> None:
    if not (store or "").startswith(NEO4J_SCHEMES):
        raise ConfigurationError(
            "'vector_store' is a Qdrant server, and there is no 'graph_store'. Here Qdrant holds the index alone, and "
            "the memories are in Neo4j.",
            hint="Add a graph_store of provider neo4j (or set GRAPHMEM_STORE). For a memory in one folder, which needs "
            "no server, leave vector_store out or give it a 'path'.",
            setting="graph_store",
        )


def _qdrant_url(config: _Section) -> str | None:
    url, host, port = config.text("url"), config.text("host"), config.number("port")
    secure = config.value("https")
    if url or not host:
        return url
    if secure is None:
        # As Qdrant's client has it: a key goes over TLS.
        secure = bool(config.text("api_key"))
    return f"http{'s' if secure else ''}://{host}:{port or 6333}"


def _neo4j(graph: _Section) -> str | None:
    graph.provider(GRAPH_STORES, "neo4j")
    config = graph.section("config", "graph_store")
    if config is None:
        return None  # mem0 keeps no graph then
    url, user, password = config.text("url"), config.text("username"), config.text("password")
    database = config.text("database")
    config.finish()
    if not url or not url.startswith(NEO4J_SCHEMES):
        raise ConfigurationError(
            f"{config.path('url')!r} is missing, or no address of a Neo4j.",
            hint="It looks like neo4j://localhost:7687.",
            setting=config.path("url"),
        )
    parts = urlsplit(url)
    own, _, server = parts.netloc.rpartition("@")
    who = ":".join(quote(each, safe="") for each in (user, password or "")) if user else own
    store = f"{parts.scheme}://{f'{who}@' if who else ''}{server}/{database or parts.path.strip('/')}"
    read_neo4j(store)
    return store


# -- models


def _llm(section: _Section | None) -> dict[str, Any]:
    if section is None:
        return {}
    model = LLMS[section.provider(LLMS.keys(), "openai")]
    config = section.config()
    if model.provider == "openai" and config.text("openrouter_base_url"):
        model = LLMS["openrouter"]
    name, url, key = _named(config, model)
    config.finish()
    section.finish()
    return {"llm": _spec(model.provider, name, url), "llm_api_key": key}


def _embedder(section: _Section | None) -> dict[str, Any]:
    if section is None:
        return {}
    asked = section.provider(EMBEDDERS.keys(), "openai")
    model = EMBEDDERS[asked]
    config = section.config()
    name, url, key = _named(config, model)
    dimensions = config.number("embedding_dims")
    if asked == "gemini":
        dimensions = dimensions or config.number("output_dimensionality")
    config.finish()
    section.finish()
    in_process = model.provider in ("fastembed", "sentence-transformers") and url is None
    if in_process:
        return {"embedder": _spec(model.provider, name, None), "embedder_api_key": None, "embedder_dimensions": None}
    if name is None and asked not in ("openai", "huggingface"):
        raise ConfigurationError(
            f"{config.path('model')!r} is missing.", hint="Name the embedding model.", setting=config.path("model")
        )
    if asked not in ("openai", "huggingface"):
        # All of them have an address that speaks OpenAI's protocol.
        provider = find_provider(model.provider)
        url = provider.address(url)
        key = key or _LOCAL_KEYS.get(asked) or provider.key(None, own_address=False)
    if asked == "azure_openai" and not (url or "").endswith("/v1"):
        url = f"{url}/openai/v1"  # Azure's address that speaks the plain protocol
    return {
        "embedder": _spec("openai", name or ("tei" if asked == "huggingface" else None), url),
        "embedder_api_key": key or ("hf" if asked == "huggingface" else None),
        "embedder_dimensions": dimensions if asked in ("openai", "azure_openai", "gemini") else None,
    }


def _named(config: _Section, model: Model) -> tuple[str | None, str | None, str | None]:
    """The model's name, address and key."""
    name, key = config.text("model"), config.text("api_key")
    url = config.text(model.base_url) if model.base_url else None
    if model.provider == "azure" and (azure := config.section("azure_kwargs", "azure_kwargs")):
        read = {each: azure.text(each) for each in _AZURE}
        name, url, key = read["azure_deployment"] or name, read["azure_endpoint"], read["api_key"] or key
        azure.finish({"api_version"})
    if url and model.path and not urlsplit(url).path.strip("/"):
        url = url.rstrip("/") + model.path
    return (name.removeprefix(model.prefix) if name else None), url, key


def _spec(provider: str, name: str | None, url: str | None) -> str:
    return provider + (f":{name}" if name else "") + (f"@{url.rstrip('/')}" if url else "")


def _reranker(section: _Section | None) -> dict[str, Any]:
    if section is None:
        return {}
    model = RERANKERS[section.provider(RERANKERS.keys(), "cohere")]
    config = section.config()
    name = config.text("model") or model
    config.finish({"provider"})
    section.finish()
    return {"reranker": f"cross-encoder:{name}"}


# -- words to the model


def _instructions(prompts: Mapping[str, str | None]) -> dict[str, Any]:
    said = {name: text for name, text in prompts.items() if text}
    for name, text in said.items():
        if words := demanded_form(text):
            raise ConfigurationError(
                f"{name!r} asks for an answer of another form: {words!r}.", hint=HINT, setting=name
            )
    about_graph = said.pop("graph_store.custom_prompt", None)
    texts = list(dict.fromkeys(said.values()))
    if about_graph:
        texts.append(f"About entities and relations: {about_graph}")
    return {"custom_instructions": "\n\n".join(texts)} if texts else {}
