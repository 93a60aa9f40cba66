"""Every notebook runs from top to bottom, with the defaults of a bare machine or the address of a Neo4j."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.docs.pages import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ON_NEO4J = {"02_graph.ipynb"}


@pytest.mark.slow
# The kernel's own packages warn of one another.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.name not in ON_NEO4J], ids=lambda path: path.name)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(path, tmp_path, monkeypatch)


@pytest.mark.services
# The kernel's own packages warn of one another.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", sorted(ON_NEO4J))
def test_a_notebook_runs_on_neo4j_and_leaves_nothing(
    name: str, neo4j_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neo4j import GraphDatabase

    monkeypatch.setenv("GRAPHMEM_STORE", neo4j_url)
    ran = execute(ROOT / "notebooks" / name, tmp_path, monkeypatch)
    tables = [output.data["text/plain"] for cell in ran.cells for output in cell.get("outputs", []) if "data" in output]
    assert re.search(r"Bruno +Emma +Nordwind +2020-04-01 +2022-06-01", "\n".join(tables))
    with GraphDatabase.driver(neo4j_url) as driver:
        left = driver.execute_query("MATCH (n:Memory|Entity|Relation {project: 'notebook'}) RETURN count(*) AS left")
    assert left.records[0]["left"] == 0


def execute(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """The notebook as it is after all its cells were run, in that folder."""
    monkeypatch.setenv("GRAPHMEM_HOME", str(folder / "home"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    notebook = nbformat.read(path, as_version=4)
    ran = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    assert [cell for cell in ran.cells if cell.cell_type == "code" and cell.execution_count is None] == []
    return ran


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.id for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_the_first_steps_are_a_notebook() -> None:
    assert "01_quickstart.ipynb" in [path.name for path in NOTEBOOKS]
