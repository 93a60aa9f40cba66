"""The wheel holds all that graphmem needs and takes no global name; installed from nothing, it does its main job."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.houses import ROOT
from tests.support.programs import program

pytestmark = pytest.mark.wheel

LEFT_BEHIND = {".pyc", ".ipynb"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as it is published: from the source archive."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([program("uv"), "build", "--quiet", "--out-dir", out, ROOT], check=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with nothing but the wheel: its folder of commands."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([program("uv"), "venv", "--quiet", "--python", sys.executable, home], check=True)
    subprocess.run([program("uv"), "pip", "install", "--quiet", "--python", home / "bin" / "python", wheel], check=True)
    return home / "bin"


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_every_file_of_the_library(wheel: Path) -> None:
    inside = names(wheel)
    listed = subprocess.run(["git", "ls-files", "graphmem"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [name for name in listed.stdout.split() if name not in inside] == []
    assert "graphmem/py.typed" in inside
    assert {Path(name).suffix for name in inside} >= {".sql", ".json", ".md", ".py"}
    assert {Path(name).suffix for name in inside} & LEFT_BEHIND == set()


@pytest.mark.parametrize("folder", ["api", "cypher"])
def test_it_holds_what_stands_beside_the_library(wheel: Path, folder: str) -> None:
    inside = names(wheel)
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout
    assert [name for name in listed.stdout.split() if f"graphmem/_{name}" not in inside] == []


def test_it_takes_one_global_name(wheel: Path) -> None:
    top = {name.split("/")[0] for name in names(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"graphmem"}


def test_it_does_its_main_job_where_nothing_else_is(installed: Path, tmp_path: Path) -> None:
    bare = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    run = subprocess.run(
        [installed / "graphmem", "demo"], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""


def test_its_http_door_opens(installed: Path, tmp_path: Path) -> None:
    script = "from graphmem._api.app import create_app; print(len(create_app().routes))"
    run = subprocess.run(
        [installed / "python", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 5
