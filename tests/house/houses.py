"""Where the house's own files are, for the tests of its rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SHIPPED = ("graphmem", "api")
"""What travels in the wheel as Python."""

WRITTEN = (*SHIPPED, "tests", "bench")
"""What people here write as Python."""


def python_files(*folders: str) -> list[Path]:
    """Every Python file below these folders of the checkout."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """The file as a syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of a file, with its place as `file:line name`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def classes(path: Path) -> Iterator[tuple[str, ast.ClassDef]]:
    """Every class of a file, with its place as `file:line name`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def modules(*packages: str) -> list[str]:
    """The dotted names of all modules, those that run on import (`__main__`) excepted."""
    names = []
    for path in python_files(*packages):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names
