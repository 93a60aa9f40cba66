"""An environment apart for what graphmem is compared with, which the project does not depend on.

::

    with Apart() as apart:
        figures = apart.run(Job(texts, questions, adds, top_k=20, timed=True), mem0=True, told=print)

The environment, made by uv, and all that the peers write are in a temporary folder that goes with the block; their home
is there, too.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bench.endpoint import Endpoint
from graphmem.embed.bundled import BundledEmbedder

__all__ = ["PACKAGES", "WARM", "Apart", "Asked", "Job", "Said"]

PACKAGES = ("mem0ai==2.2.1", "qdrant-client==1.20.0", "bm25s==0.3.16", "PyStemmer==3.1.0")
"""What is compared with. mem0 as it comes, without its extras."""

WARM = 10
"""Searches before those that are timed."""

BATCH = 256
"""Texts that are embedded at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text to be stored for a user under a key."""

    text: str
    user: str
    key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a user's texts."""

    text: str
    user: str


@dataclass(frozen=True, slots=True)
class Job:
    """Texts to store, questions, single adds, and whether calls are timed or answers kept."""

    texts: Sequence[Said]
    questions: Sequence[Asked]
    adds: Sequence[Said] = ()
    top_k: int = 20
    timed: bool = False
    patience: float = 60.0


class Apart:
    """The environment and the address of the embedder; `versions` is known after the first run."""

    def __enter__(self) -> Self:
        self.versions: dict[str, str] = {}
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="graphmem-beside-")))
            self._python = _environment(self._folder / "environment")
            self._endpoint = stack.enter_context(Endpoint())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, job: Job, *, mem0: bool, told: Callable[[str], None]) -> dict[str, dict[str, Any]]:
        """What the peers did, by their names: mem0, or the others. Raises `SystemExit` where they failed."""
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            out = folder / "figures.json"
            written: dict[str, Any] = {
                "folder": name,
                "out": str(out),
                "mem0": mem0,
                "base_url": self._endpoint.base_url,
            }
            written |= {"top_k": job.top_k, "timed": job.timed, "patience": job.patience, "warm": WARM}
            for kind, texts, at_once in (
                ("texts", job.texts, BATCH),
                ("questions", [Said(each.text, each.user, "") for each in job.questions], 1),
                ("adds", job.adds, 1),
            ):
                written[kind] = _write(folder / f"{kind}.jsonl", texts, at_once)
            (folder / "job.json").write_text(json.dumps(written), encoding="utf-8")
            self._start(folder / "job.json", told)
            done = json.loads(out.read_text(encoding="utf-8"))
        self.versions = done["versions"]
        return dict(done["figures"])

    def _start(self, job: Path, told: Callable[[str], None]) -> None:
        """Run the peers to their end, each of their lines to `told`."""
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        # Little of our own: a proxy, a key or an address there would send the peers elsewhere.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        environment |= {"HOME": str(home), "MEM0_DIR": str(home), "TMPDIR": str(home)}
        environment |= {"MEM0_TELEMETRY": "False", "OPENAI_API_KEY": "none"}
        script = Path(__file__).with_name("peers.py")
        complaints = job.with_name("stderr")
        with complaints.open("w+", encoding="utf-8") as errors:
            command = [str(self._python), str(script), str(job)]
            with subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=home
            ) as process:
                try:
                    assert process.stdout is not None
                    for line in process.stdout:
                        told(line.strip())
                except BaseException:
                    process.kill()  # or the block would wait for what nobody wants any more
                    raise
            if process.returncode:
                last = "\n".join(complaints.read_text(encoding="utf-8").splitlines()[-15:])
                raise SystemExit(f"What graphmem is compared with failed, and this is the end of what it said:\n{last}")


def _write(path: Path, texts: Sequence[Said], at_once: int) -> str:
    """Texts as lines with the seconds that their vectors took, and the vectors beside them."""
    rows, seconds = asyncio.run(_embedded([each.text for each in texts], at_once))
    lines = [json.dumps(asdict(each) | {"seconds": took}) for each, took in zip(texts, seconds, strict=True)]
    path.write_text("\n".join(lines), encoding="utf-8")
    np.save(f"{path}.npy", rows)
    return str(path)


async def _embedded(texts: Sequence[str], at_once: int) -> tuple[NDArray[np.float32], list[float]]:
    """The texts' vectors, and the seconds that each of them took."""
    embedder = BundledEmbedder()
    await embedder.embed(["The model is loaded before anything is timed."])
    rows: list[NDArray[np.float32]] = [np.zeros((0, embedder.dimensions), dtype=np.float32)]
    seconds: list[float] = []
    for start in range(0, len(texts), at_once):
        part = texts[start : start + at_once]
        started = time.perf_counter()
        rows.append(await embedder.embed(part))
        seconds += [(time.perf_counter() - started) / len(part)] * len(part)
    return np.concatenate(rows), seconds


def _environment(folder: Path) -> Path:
    """A new environment with the packages. Raises `SystemExit` where uv is missing or fails."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is not found, which makes the environment of what graphmem is compared with. Install uv.")
    for command in (
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(folder), *PACKAGES],
    ):
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(
                f"`{' '.join(command)}` failed; the packages come from the registry that uv is set to:\n{done.stderr}"
            )
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
