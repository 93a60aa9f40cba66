"""Every error of the tree has its place at every door, so none leaves as a surprise."""

from __future__ import annotations

from graphmem import errors
from graphmem.errors import GraphmemError


def every_error() -> list[type[GraphmemError]]:
    return [getattr(errors, name) for name in errors.__all__]


def test_every_error_is_listed() -> None:
    found, open_ones = set(), [GraphmemError]
    while open_ones:
        each = open_ones.pop()
        found.add(each.__name__)
        open_ones += each.__subclasses__()
    assert found == set(errors.__all__)


def test_codes_are_distinct() -> None:
    codes = [each.code for each in every_error()]
    assert len(set(codes)) == len(codes)
