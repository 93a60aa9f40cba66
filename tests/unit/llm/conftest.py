"""What the tests of chat models share: a server to ask and a clean environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphmem.llm import OpenAIChat, known_providers
from tests.support.chat_server import ChatServer
from tests.unit.llm.samples import KEY, Pauses


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in known_providers().values():
        for name in (*provider.key_env, *provider.base_url_env):
            monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_VERSION", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def chat(server: ChatServer, pauses: Pauses) -> OpenAIChat:
    return OpenAIChat("test-model", api_key=KEY, base_url=server.base_url, sleep=pauses)
