"""What the index is asked of a view."""

from __future__ import annotations

from datetime import date

import pytest

from graphmem.filters import TRUE, Filter, Leaf, Not, all_of, any_of
from graphmem.queries import View
from graphmem.retrieval.arms import index_filter

ANA, BO = Leaf("user_id", "eq", "ana"), Leaf("user_id", "eq", "bo")
RUN, RED, NEWER = Leaf("run_id", "eq", "ana"), Leaf("metadata.colour", "eq", "red"), Leaf("metadata.n", "gt", 1)


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        (ANA, TRUE),
        (all_of(ANA, RED), RED),
        (all_of(ANA, RED, NEWER), RED),
        (all_of(ANA, RUN), RUN),
        (BO, BO),
        (all_of(ANA, Not(RED)), Not(RED)),
        # Never narrower: what is not asked holds, either way.
        (any_of(ANA, RED), TRUE),
        (Not(ANA), TRUE),
    ],
)
def test_what_the_partition_says_is_not_asked_again(where: Filter, asked: Filter) -> None:
    view = View(project="p", where=where, owners=("user:ana",), today=date(2026, 1, 1))
    assert index_filter(view).where == asked


@pytest.mark.parametrize("owners", [None, ("user:ana", "user:bo"), ("agent:ana",)])
def test_who_may_be_somebody_else_is_asked_for(owners: tuple[str, ...] | None) -> None:
    assert index_filter(View(project="p", where=ANA, owners=owners, today=date(2026, 1, 1))).where == ANA
