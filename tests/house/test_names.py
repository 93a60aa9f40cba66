"""What a module offers is what it lists, and it is there."""

from __future__ import annotations

import importlib
import types

import pytest

import graphmem
from tests.house.houses import SHIPPED, modules


@pytest.mark.parametrize("name", modules(*SHIPPED))
def test_a_module_lists_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    defined = {
        each
        for each, value in vars(module).items()
        if isinstance(value, type | types.FunctionType) and value.__module__ == name and not each.startswith("_")
    }
    assert [each for each in listed if not hasattr(module, each)] == [], "listed, but not there"
    assert len(set(listed)) == len(listed), "listed twice"
    assert listed or not defined, f"{sorted(defined)} are public, but the module has no __all__"


def test_the_package_offers_what_users_import() -> None:
    assert {"AsyncMemory", "Memory", "__version__"} <= set(graphmem.__all__)
    assert [each for each in graphmem.__all__ if not hasattr(graphmem, each)] == []
