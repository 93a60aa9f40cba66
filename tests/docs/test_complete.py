"""What can be said to graphmem is described: every setting, command, option, route and public method."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import typer.main
from pydantic_core import PydanticUndefined

import graphmem
from api.app import create_app
from api.errors import STATUS
from graphmem import AsyncMemory, GraphmemError, Memory, Settings
from graphmem.cli.main import EXIT_CODES, app
from graphmem.errors import __all__ as error_names
from graphmem.graph import AsyncGraph
from tests.docs.pages import DOCS, ROOT
from tests.house.houses import python_files


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def code(name: str) -> set[str]:
    """What the page's text sets in code, and each of its words."""
    prose = re.sub(r"^ *```.*?^ *```", "", page(name), flags=re.M | re.S)
    spans = {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)}
    return spans | {word for span in spans for word in re.findall(r"--[\w-]+|\w+", span)}


def test_every_setting_is_described_with_its_default() -> None:
    rows = re.findall(r"^\| `GRAPHMEM_(\w+)` \| ([^|]+) \|", page("settings.md"), flags=re.M)
    described = {name.lower(): default.strip(" `") for name, default in rows}
    told = {name: described.get(name) for name in Settings.model_fields}
    true = {name: _default(field.default, described.get(name)) for name, field in Settings.model_fields.items()}
    assert described == told, "described, but no setting"
    assert told == true


def _default(value: Any, described: str | None) -> str | None:
    if value is None:
        return "unset"
    return described if value is PydanticUndefined else str(value)


def commands(command: Any, name: str = "graphmem") -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for each, below in command.commands.items():
            yield from commands(below, f"{name} {each}")
    else:
        yield name, command


def test_every_command_is_described() -> None:
    headings = set(re.findall(r"^#+ `([^`]+)`", page("cli.md"), flags=re.M))
    names = {name for name, _ in commands(typer.main.get_command(app))}
    assert headings == names


def test_every_option_is_described() -> None:
    known = code("cli.md")
    for name, command in commands(typer.main.get_command(app)):
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert sorted(option for option in options - known if option.removesuffix("-id") not in known) == [], name


def test_every_exit_code_is_described() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)`", page("cli.md"), flags=re.M)
    assert {name: int(number) for number, name in rows} == {kind.__name__: at for kind, at in EXIT_CODES.items()}


def test_every_route_is_described() -> None:
    document = create_app().openapi()
    routes = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {each for each in code("rest.md") if re.match(r"[A-Z]+ /", each)} == routes


def test_every_status_is_described() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", page("rest.md"), flags=re.M)
    described = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert {
        kind.code: status for kind, status in STATUS.items() if kind is not GraphmemError
    }.items() <= described.items()


def test_every_method_is_described() -> None:
    known = code("python.md")
    for kind in (Memory, AsyncMemory, AsyncGraph):
        methods = [name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")]
        assert [name for name in methods if name not in known] == [], kind.__name__


def test_every_argument_is_described() -> None:
    known = code("python.md")
    for kind in (Memory, AsyncGraph):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                missing = [each for each in inspect.signature(method).parameters if each not in known | {"self"}]
                assert missing == [], f"{kind.__name__}.{name}"


def test_every_public_name_and_error_is_described() -> None:
    known = code("python.md")
    assert [name for name in (*graphmem.__all__, *error_names) if name not in known] == []


def test_no_other_setting_is_spoken_of() -> None:
    known = {f"GRAPHMEM_{name.upper()}" for name in Settings.model_fields} | {"GRAPHMEM_DATA"}
    sources = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *python_files("graphmem", "api")]
    spoken = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources
        for name in re.findall(r"\bGRAPHMEM_(?!TEST_)[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
        if name not in known
    }
    assert spoken == set()
