"""Where a real Neo4j with APOC is found for tests: an address, a container, or jars from Maven; in this order."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

import pytest

__all__ = ["needs_neo4j", "neo4j_url"]

IMAGE = "neo4j:5.26-community"


@contextlib.contextmanager
def needs_neo4j() -> Iterator[str]:
    """The address of a server that needs no password. Skips, with the reason, where none can be had."""
    if url := os.environ.get("GRAPHMEM_TEST_NEO4J"):
        yield url
    elif _docker():
        with _container() as url:
            yield url
    else:
        from tests.support.neo4j_local.server import NotHere, jars, local_server

        try:
            jars()
        except NotHere as error:
            pytest.skip(f"no Neo4j: GRAPHMEM_TEST_NEO4J is not set, Docker does not run, and {error}")
        with local_server() as server:
            yield server.url


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """One server for all tests of a process."""
    with needs_neo4j() as url:
        yield url


def _docker() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextlib.contextmanager
def _container() -> Iterator[str]:
    """Only run where Docker is."""
    containers = pytest.importorskip("testcontainers.neo4j", reason="testcontainers is not installed")
    container = containers.Neo4jContainer(IMAGE).with_env("NEO4J_AUTH", "none").with_env("NEO4J_PLUGINS", '["apoc"]')
    with container:
        yield container.get_connection_url()
