"""What all tests share: one event loop kind, no models from elsewhere, no settings from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from graphmem.abc import model_requests
from tests.support.neo4j import empty_neo4j, neo4j_of_our_own, neo4j_url

__all__ = ["empty_neo4j", "neo4j_of_our_own", "neo4j_url"]

pytest.register_assert_rewrite("graphmem.testing")

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("default", max_examples=50, derandomize=True, deadline=None, suppress_health_check=_SLOW)
# For rings beside the main one, in which what holds in general has been shown.
settings.register_profile("brief", settings.get_profile("default"), max_examples=10)
settings.register_profile("thorough", max_examples=1_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

for _name in [name for name in os.environ if name.startswith(("GRAPHMEM_", "OPENAI_"))]:
    if not _name.startswith("GRAPHMEM_TEST_") and _name != "GRAPHMEM_DATA":
        del os.environ[_name]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _no_models_from_elsewhere() -> Iterator[None]:
    with model_requests(allowed=False):
        yield
