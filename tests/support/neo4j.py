"""Where a real Neo4j with APOC is found for tests: an address, a container, or jars from Maven; in this order."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.neo4j_local.server import Server

__all__ = ["empty", "empty_neo4j", "neo4j_of_our_own", "neo4j_url"]

IMAGE = "neo4j:5.26-community"


@pytest.fixture(scope="session")
def neo4j_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of one server for all tests of a process, one that needs no password.

    Skips, with the reason, where none can be had. Tests keep to projects of their own there.
    """
    if url := os.environ.get("GRAPHMEM_TEST_NEO4J"):
        yield url
    elif _docker():
        with _container() as url:
            yield url
    else:
        yield request.getfixturevalue("neo4j_of_our_own").url


@pytest.fixture(scope="session")
def neo4j_of_our_own() -> Iterator[Server]:
    """One that may be emptied, killed and started again, for all such tests of a process."""
    from tests.support.neo4j_local.server import NotHere, local_server

    try:
        with local_server() as server:
            yield server
    except NotHere as error:
        pytest.skip(f"no Neo4j of our own: {error}")


@pytest.fixture
def empty_neo4j(neo4j_of_our_own: Server) -> Server:
    """The same, with nothing in it."""
    empty(neo4j_of_our_own)
    return neo4j_of_our_own


def empty(server: Server) -> None:
    """Remove everything, also from what the planner knows of it."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(server.url) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS").consume()
        session.run("CALL db.resampleOutdatedIndexes()").consume()


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
