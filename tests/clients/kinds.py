"""Which clients there are, and the environments they are installed in: built once a machine, outside the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from tests.support.programs import program

__all__ = ["KINDS", "Kind"]

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Kind:
    """One client class of one version of mem0's package."""

    language: str
    version: str
    class_name: str = "MemoryClient"

    def __str__(self) -> str:
        return f"{self.language}-{self.version}{'-async' if self.is_async else ''}"

    @property
    def is_async(self) -> bool:
        return self.class_name.startswith("Async")

    def command(self) -> list[str]:
        """What starts the driver over the client's environment, which is built where it is not there yet."""
        if self.language == "python":
            home = _built(f"python{sys.version_info.minor}-{self.version}", _python(self.version))
            return [str(home / "bin" / "python"), str(HERE / "driver.py")]
        home = _built(f"node-{self.version}", _node(self.version))
        return [program("node"), str(HERE / "driver.mjs"), str(home)]


KINDS = tuple(
    Kind(*each)
    for each in (
        ("python", "0.1.118"),
        ("python", "0.1.118", "AsyncMemoryClient"),
        ("python", "1.0.11"),
        ("python", "1.0.11", "AsyncMemoryClient"),
        ("python", "2.2.1"),
        ("python", "2.2.1", "AsyncMemoryClient"),
        ("node", "2.4.6"),
        ("node", "3.3.1"),
    )
)


def _python(version: str) -> list[list[str]]:
    """The commands that make the environment in the current folder."""
    uv = program("uv")
    return [
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, "--clear", "."],
        [uv, "pip", "install", "--quiet", "--python", "bin/python", f"mem0ai=={version}"],
    ]


def _node(version: str) -> list[list[str]]:
    # Its peers are the databases and models of its other half, which a client of a server needs none of.
    without = ["--omit=peer", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
    return [[program("npm"), "install", "--loglevel=error", *without, f"mem0ai@{version}"]]


def _built(name: str, recipe: list[list[str]]) -> Path:
    """The folder that the recipe's commands fill."""
    root = Path(os.environ.get("GRAPHMEM_TEST_CLIENTS") or platformdirs.user_cache_path("graphmem") / "clients")
    home, done = root / name, root / f"{name}.json"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f"{name}.lock"):
        if not done.exists() or json.loads(done.read_text()) != recipe:
            done.unlink(missing_ok=True)
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for command in recipe:
                made = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
                assert made.returncode == 0, f"{' '.join(command)}\n{made.stdout[-2000:]}{made.stderr[-2000:]}"
            done.write_text(json.dumps(recipe))
    return home
