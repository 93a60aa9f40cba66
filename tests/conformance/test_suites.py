"""The suites themselves: no test hides another of the same name in another theme."""

from __future__ import annotations

from collections import Counter

from graphmem.testing.graph_store import GraphStoreTests
from graphmem.testing.suite.base import StoreSuite


def test_every_test_of_every_theme_runs() -> None:
    themes = [theme for theme in GraphStoreTests.__mro__[1:] if theme not in (StoreSuite, object)]
    names = Counter(name for theme in themes for name in vars(theme) if not name.startswith("__"))
    assert [name for name, number in names.items() if number > 1] == []
    assert len(names) > 100
