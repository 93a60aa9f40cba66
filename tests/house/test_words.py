"""The project holds for every machine: no registry's address and no path of somebody's disk stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.houses import ROOT

FOLDERS = (".ci", "api", "bench", "cypher", "docs", "graphmem", "notebooks", "tests")
TEXTS = {".cypher", ".ipynb", ".json", ".md", ".py", ".sql", ".toml", ".txt", ".yml"}
NAMES = {"LICENSE", "justfile", "run"}

REGISTRY = re.compile(r"//[\w.-]*(pypi|pythonhosted|npmjs|maven|crates|golang|debian)[\w-]*\.(org|io|com)\b")
"""Which registry or mirror packages come from is the user's choice, made in their own tools."""

SOMEBODYS = re.compile(r"(?<![\w.:/])/(home|Users|root|work|workspace)/\w")


def texts() -> Iterator[tuple[str, str]]:
    inside = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    for path in [*ROOT.glob("*"), *inside]:
        if _is_ours(path):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def _is_ours(path: Path) -> bool:
    generated = {"__pycache__", "results", ".ipynb_checkpoints"} & set(path.parts)
    return path.is_file() and not generated and (path.suffix in TEXTS or path.name in NAMES)


def lines_like(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_registry_is_named() -> None:
    assert REGISTRY.search("https://files." + "pythonhosted" + ".org/x.whl")
    assert lines_like(REGISTRY) == []


def test_no_path_of_somebodys_disk_is_named() -> None:
    assert SOMEBODYS.search("open('/" + "home/ana/notes.txt')")
    assert lines_like(SOMEBODYS) == []
