"""A full disk, files that may not grow, folders that cannot be written: a clear error, and nothing half-written."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphmem.errors import ConfigurationError, GraphmemError
from tests.support.children import ask
from tests.support.cramped import fact, state
from tests.support.soundness import unsound
from tests.support.writer import backend


def unshare() -> list[str]:
    """The command that runs another where it may mount."""
    for options in (["--mount"], ["--mount", "--map-root-user"]):
        command = ["unshare", *options]
        if (
            shutil.which("unshare")
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    pytest.skip("this system lets us mount nothing: that takes root, or user namespaces")


def cramped(case: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What came of each step, by its name."""
    done = subprocess.run(
        [*unshare(), sys.executable, "-m", "tests.support.cramped", case, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    return {step.pop("step"): step for step in steps}


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    steps = cramped("full", tmp_path)
    assert "error" not in steps["little left: add"]
    assert "MiB are free" in steps["little left: add"]["message"]  # the index refuses before it would die
    assert steps["little left: texts"] == {"texts": 21}
    assert steps["little left: read"] == {"newest": "Fact 20: a visit"}
    for step in ("add", "add_many", "update", "purge"):
        assert steps[f"nothing left: {step}"]["error"] == "disk_full", step
    for step in ("nothing left: unchanged", "nothing left: still unchanged", "free again: unchanged"):
        assert steps[step] == {"same": True}, step
    for step in ("little left: search", "nothing left: search"):
        assert steps[step] == {"results": 10}, step
    for step in ("close", "open"):
        assert steps[f"nothing left: {step}"].get("error") in (None, "disk_full"), step
    assert steps["free again: sound"] == {"problems": []}


def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    steps = cramped("readonly", tmp_path)
    for step in ("open there", "again there", "open new", "again new"):
        assert steps[step]["error"] == "configuration_error", step
        assert "Read-only file system" in steps[step]["message"]
    assert steps["close there"] == steps["close new"] == {"done": True}


async def _grow(folder: Path, first: int) -> tuple[str, bool, list[str]]:
    """Write until the files may not grow any further; what is said then, whether all is as before, what is unsound."""
    memory = backend(folder)
    await memory.open()
    for number in range(first):
        await memory.add(fact(number))
    # The index's files have their full length from the beginning: of two limits, one stops the store, one the index.
    limit = (folder / "graph.sqlite").stat().st_size + 2**18
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    said, before = "nothing", await state(memory)
    for number in range(first, 2_000):
        try:
            await memory.add({**fact(number), "metadata": {"weight": "x" * 4_000}})
        except GraphmemError as error:
            said = error.code
            break
        before = await state(memory)
    same = await state(memory) == before
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await memory.add(fact(5_000))
    problems = await unsound(memory.engine.parts.store, memory.engine.parts.index)
    await memory.aclose()
    return said, same, problems


@pytest.mark.parametrize("first", [0, 5])
def test_files_that_may_not_grow(place: Path, first: int) -> None:
    said, same, problems = ask(_grow, place, first)
    assert said in ("disk_full", "unavailable")
    assert same
    assert problems == []


async def _open_as_nobody(folder: Path) -> str:
    if os.getuid() == 0:  # whom no permission stops
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    memory = backend(folder)
    try:
        await memory.open()
    except ConfigurationError as error:
        return str(error)
    finally:
        await memory.aclose()
    return "it opened"


@pytest.mark.parametrize("what", ["folder", "files", "parent"])
def test_what_one_may_not_write(place: Path, what: str) -> None:
    folder = place / "memory"
    place.chmod(0o755)
    if what != "parent":
        ask(_write_one, folder)
        for path in folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
    folder_mode = 0o777 if what == "files" else 0o555
    (place if what == "parent" else folder).chmod(folder_mode)
    try:
        said = ask(_open_as_nobody, folder)
    finally:
        for path in (place, *place.rglob("*")):
            path.chmod(0o755)
    assert "Permission denied" in said or "permission" in said, said
    assert str(folder) in said


async def _write_one(folder: Path) -> None:
    memory = backend(folder)
    await memory.open()
    await memory.add(fact(1))
    await memory.aclose()
