"""Imports go downward only, and importing graphmem is cheap: no driver, no server, no model comes along."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys

from tests.house.houses import ROOT

DRIVERS = {
    "fastapi",
    "fastembed",
    "httpx",
    "litellm",
    "neo4j",
    "numpy",
    "openai",
    "pandas",
    "pydantic",
    "qdrant_client",
    "qdrant_edge",
    "rich",
    "sentence_transformers",
    "sqlite3",
    "typer",
    "uvicorn",
    "wordllama",
}
"""What only its adapter or its door may load, when it is used."""

MOST_MODULES = 250
"""What `from graphmem import Memory` may load, the standard library included. Raise it only knowingly."""


def loaded_by(statement: str) -> set[str]:
    script = f"import json, sys; old = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - old]))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_importing_the_package_loads_no_driver() -> None:
    assert loaded_by("import graphmem") & DRIVERS == set()


def test_importing_the_memory_loads_no_driver_and_little_else() -> None:
    loaded = loaded_by("from graphmem import AsyncMemory, Memory")
    assert loaded & DRIVERS == set()
    assert len(loaded) <= MOST_MODULES


def test_the_layers_hold() -> None:
    command = shutil.which("lint-imports", path=str(pathlib.Path(sys.executable).parent))
    assert command is not None
    run = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
