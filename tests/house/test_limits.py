"""Nothing grows until nobody reads it: files, functions, parameters and classes have bounds."""

from __future__ import annotations

import ast

from tests.house.houses import ROOT, WRITTEN, classes, functions, python_files

MAX_FILE = 600
MAX_FUNCTION = 60
MAX_PARAMETERS = 10
MAX_METHODS = 30

FACADE = {
    "graphmem/client/memory.py",
    "graphmem/client/sync.py",
}
"""Files whose functions are what users call: plain keyword parameters there beat an options object."""


def lines_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    taken = function.args
    every = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs]
    every += [each for each in (taken.vararg, taken.kwarg) if each is not None]
    return [each.arg for each in every if each.arg not in ("self", "cls")]


def test_files_are_short_enough_to_read_at_once() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(*WRITTEN)
    }
    assert len(lengths) > 50, "the files were not found"
    assert {path: lines for path, lines in lengths.items() if lines > MAX_FILE} == {}


def test_functions_are_short() -> None:
    lengths = {
        place: lines_without_docstring(node) for path in python_files(*WRITTEN) for place, node in functions(path)
    }
    assert {place: lines for place, lines in lengths.items() if lines > MAX_FUNCTION} == {}


def test_functions_take_few_parameters() -> None:
    counts = {
        place: len(parameters(node))
        for path in python_files(*WRITTEN)
        if str(path.relative_to(ROOT)) not in FACADE
        for place, node in functions(path)
    }
    assert {place: count for place, count in counts.items() if count > MAX_PARAMETERS} == {}


def test_every_file_excused_is_there() -> None:
    assert [path for path in sorted(FACADE) if not (ROOT / path).is_file()] == []


def test_classes_have_few_methods() -> None:
    counts = {
        place: sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
        for path in python_files(*WRITTEN)
        for place, node in classes(path)
    }
    assert {place: count for place, count in counts.items() if count > MAX_METHODS} == {}


def test_the_measures_measure() -> None:
    source = 'def f(self, a, /, b, *c, d=1, **e):\n    """One\n    two."""\n    x = 1\n    return x\n'
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert lines_without_docstring(function) == 3
    assert parameters(function) == ["a", "b", "d", "c", "e"]
