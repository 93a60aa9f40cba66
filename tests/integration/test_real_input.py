"""Real conversations and real passages, through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from bench.data import TASKS
from graphmem import Memory, Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("GRAPHMEM_DATA" not in os.environ, reason="needs the evaluation data: set GRAPHMEM_DATA"),
]


@pytest.mark.parametrize(("name", "memories", "relations"), [("locomo", 1451, 0), ("musique", 1890, 17_000)])
def test_import_takes_it_all(name: str, memories: int, relations: int, tmp_path: Path) -> None:
    task = TASKS[name](Path(os.environ["GRAPHMEM_DATA"]))
    lines = tmp_path / "lines.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item, default=datetime.isoformat) + "\n" for item in task.items)
    command = [sys.executable, "-m", "graphmem", "import", str(lines), "--path", str(tmp_path / "mem"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["memories"], report["refused"]) == (memories, [])
    with Memory(tmp_path / "mem", settings=Settings(extractor="verbatim")) as memory:
        counts = memory.stats()
        assert counts["memories"] == memories
        assert counts["relations"] >= relations
        assert memory.index("verify")["clean"]
        asked = task.questions[0]
        assert memory.search(asked.text, user_id=asked.user_id)["results"]
