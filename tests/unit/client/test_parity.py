"""The sync doors say exactly what the async ones say."""

import inspect

import pytest

from graphmem import AsyncMemory, Memory
from graphmem.graph import AsyncGraph, Graph

RENAMED = {"aclose": "close"}
OPEN_ENDED = {"graph", "export"}


def methods(kind: type) -> dict[str, inspect.Signature]:
    return {
        RENAMED.get(name, name): inspect.signature(member)
        for name, member in vars(kind).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


@pytest.mark.parametrize(("one", "other"), [(AsyncMemory, Memory), (AsyncGraph, Graph)])
def test_every_method_has_its_twin_with_the_same_signature(one: type, other: type) -> None:
    asynchronous, synchronous = methods(one), methods(other)
    assert asynchronous.keys() == synchronous.keys()
    for name, signature in asynchronous.items():
        twin = synchronous[name]
        assert list(signature.parameters.values()) == list(twin.parameters.values()), name
        if name not in OPEN_ENDED:
            assert signature.return_annotation == twin.return_annotation, name


def test_every_async_method_is_one() -> None:
    for kind in (AsyncMemory, AsyncGraph):
        for name, member in vars(kind).items():
            if inspect.isfunction(member) and not name.startswith("_") and name not in OPEN_ENDED:
                assert inspect.iscoroutinefunction(member), name
