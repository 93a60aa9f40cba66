"""The store in Neo4j beside the oracle, through random histories."""

from __future__ import annotations

import pytest

from graphmem.stores.neo4j import Neo4jStore
from graphmem.testing.machine import run_store_machine

pytestmark = pytest.mark.services


def test_neo4j_agrees_with_the_oracle(neo4j_url) -> None:
    run_store_machine(lambda: Neo4jStore(neo4j_url), examples=6, steps=8)


@pytest.mark.slow
def test_neo4j_agrees_with_the_oracle_for_long(neo4j_url) -> None:
    run_store_machine(lambda: Neo4jStore(neo4j_url), examples=100, steps=20)
