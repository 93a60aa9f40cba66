"""Ids: random ones, and those that sort by time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from graphmem.errors import InvalidInput
from graphmem.ids import check_id, new_id, timed_id


def test_random_ids_are_uuids_of_version_4() -> None:
    made = {new_id() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {UUID(each).version for each in made} == {4}
    assert all(str(UUID(each)) == each for each in made)


def test_timed_ids_sort_in_the_order_in_which_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    made = [timed_id() for _ in range(5_000)]
    assert made == sorted(set(made))
    assert {UUID(each).version for each in made} == {7}
    assert {UUID(each).variant for each in made} == {UUID(new_id()).variant}
    # They tell the time, and run ahead of it by no more than there are of them.
    assert before <= int(made[0].replace("-", "")[:12], 16) <= int(made[-1].replace("-", "")[:12], 16)
    assert int(made[-1].replace("-", "")[:12], 16) <= time.time_ns() // 1_000_000 + 2


def test_threads_get_different_ones() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = [each for some in threads.map(lambda _: [timed_id() for _ in range(500)], range(8)) for each in some]
    assert len(set(made)) == 4_000


def test_what_is_no_id_is_refused_by_the_name_of_its_field() -> None:
    wanted = timed_id()
    assert check_id(wanted.upper()) == wanted
    for wrong in ("", "x", wanted[:-1], None, 7):
        with pytest.raises(InvalidInput, match="event_id"):
            check_id(wrong, field="event_id")  # type: ignore[arg-type]
