"""Every error of the tree has its place at every door, so none leaves as a surprise."""

from __future__ import annotations

import api.errors
from graphmem import errors
from graphmem.cli.main import EXIT_CODES
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


def test_every_error_has_its_status_over_http() -> None:
    assert set(api.errors.STATUS) == set(every_error())


def test_every_error_has_its_exit_code() -> None:
    assert all(issubclass(each, tuple(EXIT_CODES)) for each in every_error())
    kinds = list(EXIT_CODES)
    hidden = [kind.__name__ for at, kind in enumerate(kinds) if issubclass(kind, tuple(kinds[:at]))]
    assert hidden == [], "a kind before it in the table takes its errors"
    assert len(set(EXIT_CODES.values())) == len(kinds)
