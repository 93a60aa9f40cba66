"""Everything the environment may say, read in this one place.

Names are `GRAPHMEM_` and the field's name in capitals: `GRAPHMEM_LLM=groq:llama-3.3-70b-versatile`. `graphmem doctor`
explains each and tries it; docs/settings.md lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphmem.errors import ConfigurationError

__all__ = ["NEO4J_SCHEMES", "Neo4jAddress", "Settings", "load_settings", "read_neo4j", "shown"]

NEO4J_SCHEMES = tuple(f"{kind}{tls}://" for kind in ("neo4j", "bolt") for tls in ("", "+s", "+ssc"))
"""How the address of a Neo4j begins."""


class Settings(BaseSettings):
    """The choices of one process. Unset ones have the defaults of a bare machine: no server, no key, no download."""

    model_config = SettingsConfigDict(env_prefix="GRAPHMEM_", extra="forbid", frozen=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("graphmem")),
        description="The folder of the embedded store, where no location is given.",
    )
    store: str | None = Field(
        default=None,
        repr=False,
        description=(
            "Where memories are: a folder, `neo4j://user:password@host:7687`, or http(s)://… of a graphmem server. "
            "Default: `home`."
        ),
    )
    vectors: str = Field(
        default="edge",
        repr=False,
        description=(
            "The vector index: `edge`, embedded, for one process at a time; or http(s)://… of a Qdrant server, with "
            "`?grpc=6334` at its end to use gRPC."
        ),
    )
    vectors_api_key: SecretStr | None = Field(default=None, description="The Qdrant server's key.")
    api_key: SecretStr | None = Field(default=None, description="The key sent to a graphmem server.")
    project: str = Field(default="default", description="The tenant that commands and libraries work in.", min_length=1)

    embedder: str = Field(
        default="bundled",
        description=(
            "What makes vectors: `bundled`, `openai:MODEL[@URL]`, `fastembed:MODEL`, `sentence-transformers:MODEL`. "
            "Another one needs `graphmem index rebuild`."
        ),
    )
    embedder_api_key: SecretStr | None = Field(
        default=None, description="The embedding service's key, if not OPENAI_API_KEY."
    )
    embedder_dimensions: int | None = Field(
        default=None, description="Length of vectors, where the model lets one choose.", gt=0
    )
    language: str = Field(
        default="english", description="Language whose word endings the keyword arm drops; `none` drops none."
    )

    reranker: str | None = Field(
        default=None,
        description="What orders the best hits anew for `rerank`: `cross-encoder[:MODEL]`. Default: nothing.",
    )

    extractor: Literal["auto", "openai", "rules", "verbatim"] = Field(
        default="auto",
        description=(
            "What draws memories from messages: `openai` (a model), `rules` (English patterns, no model), `verbatim` "
            "(texts as they are); `auto` is `openai` where a model is configured, else `rules`."
        ),
    )
    llm: str | None = Field(
        default=None, description="The model, `provider:model[@URL]`; `graphmem doctor` lists providers."
    )
    llm_api_key: SecretStr | None = Field(
        default=None, description="The model's key, if not the provider's own variable."
    )
    llm_timeout: float = Field(default=60.0, description="Seconds that one model call may take.", gt=0)
    custom_instructions: str | None = Field(default=None, description="Instructions to the model for every add.")
    predicates: Path | None = Field(
        default=None,
        description="A JSON file of your own relations: which are functional, opposite, or say the same as another.",
    )
    episodes: Literal["sourced", "all", "none"] = Field(
        default="sourced",
        description="Messages kept: those a memory came from and the run's last ten, all, or none.",
    )

    durability: Literal["full", "normal"] = Field(
        default="full", description="`full`: an answered write survives a power cut; `normal`: it survives a crash."
    )
    free_space_mb: int = Field(
        default=64, description="Megabytes of disk that must stay free; below that, writes are refused.", ge=0
    )

    host: str = Field(
        default="127.0.0.1", description="Address that `graphmem serve` listens at; others need an API key."
    )
    port: int = Field(
        default=8000, description="Port that `graphmem serve` listens at; 0 takes a free one.", ge=0, le=65535
    )
    allow_private_urls: bool = Field(
        default=False,
        description="Whether URLs that callers name (webhooks, documents) may lead to private addresses.",
    )
    max_body_mb: int = Field(default=8, description="Megabytes that a request may have.", gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the server logs."
    )


@dataclass(frozen=True, slots=True)
class Neo4jAddress:
    """Where a Neo4j is, and who asks. `url` and `shown` are without the password."""

    url: str
    user: str | None
    password: str | None = field(repr=False)
    database: str

    @property
    def shown(self) -> str:
        """The server and the database, for people."""
        return f"{self.url}/{self.database}"


def read_neo4j(location: str) -> Neo4jAddress:
    """`neo4j://user:password@host:7687/database` taken apart; all but the host may be missing.

    `neo4j` asks a cluster's routing table, `bolt` one server; `+s` is TLS, `+ssc` TLS with a certificate nobody else
    signed. Raises `ConfigurationError`, which repeats no password.
    """
    parts = urlsplit(location)
    try:
        host, port = parts.hostname, parts.port or 7687
    except ValueError:
        host = None
    if not host or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{shown(location)!r} is no address of a Neo4j.",
            hint="Write it like neo4j://user:password@host:7687, with %40 for an @ in the password.",
            setting="GRAPHMEM_STORE",
        )
    shown_host = f"[{host}]" if ":" in host else host
    return Neo4jAddress(
        url=f"{parts.scheme}://{shown_host}:{port}",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=parts.path.strip("/") or "neo4j",
    )


def shown(location: str) -> str:
    """A location without the secrets in it."""
    return re.sub(r"//[^/@]*(?:@[^/@]*)*@", "//", location)


def load_settings(**given: Any) -> Settings:
    """The settings of the environment, and what is `given` in their place.

    Raises `ConfigurationError` naming the variable that is wrong.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "GRAPHMEM_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(
            f"The setting {name} cannot be used: {first['msg']}.",
            hint="`graphmem doctor` explains every setting.",
            setting=name,
        ) from None
