"""Stores beside the oracle, through random histories."""

from __future__ import annotations

import pytest

from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.machine import run_store_machine
from graphmem.testing.oracle import OracleStore


def test_the_oracle_agrees_with_itself() -> None:
    run_store_machine(OracleStore, examples=3)


def test_sqlite_agrees_with_the_oracle(tmp_path) -> None:
    run_store_machine(lambda: SQLiteStore(tmp_path / "graphmem.sqlite"))


@pytest.mark.slow
def test_sqlite_agrees_with_the_oracle_for_long(tmp_path) -> None:
    run_store_machine(lambda: SQLiteStore(tmp_path / "graphmem.sqlite"), examples=60, steps=30)
