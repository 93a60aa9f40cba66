"""English dates become intervals, counted from when it was said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.extraction.dates import find_dates
from tests.unit.extraction.conftest import SAID


def day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


# SAID is Monday, 8 May 2023.
@pytest.mark.parametrize(
    ("text", "since", "until", "note"),
    [
        ("today", "2023-05-08", "2023-05-09", " (8 May 2023)"),
        ("this morning", "2023-05-08", "2023-05-09", " (8 May 2023)"),
        ("yesterday", "2023-05-07", "2023-05-08", " (7 May 2023)"),
        ("last night", "2023-05-07", "2023-05-08", " (7 May 2023)"),
        ("the day before yesterday", "2023-05-06", "2023-05-07", " (6 May 2023)"),
        ("tomorrow", "2023-05-09", "2023-05-10", " (9 May 2023)"),
        ("three days ago", "2023-05-05", "2023-05-06", " (5 May 2023)"),
        ("a week ago", "2023-05-01", "2023-05-08", " (1-7 May 2023)"),
        ("about two months ago", "2023-03-01", "2023-04-01", " (March 2023)"),
        ("two years ago", "2021-01-01", "2022-01-01", " (2021)"),
        ("a few years ago", "2020-01-01", "2021-01-01", " (2020)"),
        ("last week", "2023-05-01", "2023-05-08", " (1-7 May 2023)"),
        ("last weekend", "2023-05-06", "2023-05-08", " (6-7 May 2023)"),
        ("this month", "2023-05-01", "2023-06-01", " (May 2023)"),
        ("next month", "2023-06-01", "2023-07-01", " (June 2023)"),
        ("last year", "2022-01-01", "2023-01-01", " (2022)"),
        ("on Friday", "2023-05-05", "2023-05-06", " (5 May 2023)"),
        ("on Monday", "2023-05-08", "2023-05-09", " (8 May 2023)"),
        ("last Monday", "2023-05-01", "2023-05-02", " (1 May 2023)"),
        ("Last Fri", "2023-05-05", "2023-05-06", " (5 May 2023)"),
        ("this Friday", "2023-05-12", "2023-05-13", " (12 May 2023)"),
        ("next Tuesday", "2023-05-16", "2023-05-17", " (16 May 2023)"),
        ("in May", "2023-05-01", "2023-06-01", " 2023"),
        ("in June", "2022-06-01", "2022-07-01", " 2022"),
        ("last January", "2023-01-01", "2023-02-01", " (January 2023)"),
        ("in May 2021", "2021-05-01", "2021-06-01", ""),
        ("December 2021", "2021-12-01", "2022-01-01", ""),
        ("in 2010", "2010-01-01", "2011-01-01", ""),
        ("in early 2010", "2010-01-01", "2011-01-01", ""),
        ("in the 1990s", "1990-01-01", "2000-01-01", ""),
        ("on 7 May 2023", "2023-05-07", "2023-05-08", ""),
        ("May 7th, 2023", "2023-05-07", "2023-05-08", ""),
        ("on Sunday, 7 May 2023", "2023-05-07", "2023-05-08", ""),
        ("on the 3rd of June", "2022-06-03", "2022-06-04", " 2022"),
        ("2023-05-07", "2023-05-07", "2023-05-08", ""),
        ("13/05/2023", "2023-05-13", "2023-05-14", ""),
        ("05/13/2023", "2023-05-13", "2023-05-14", ""),
        ("29 February 2024", "2024-02-29", "2024-03-01", ""),
        ("since 2019", "2019-01-01", None, ""),
        ("since last year", "2022-01-01", None, " (2022)"),
        ("until March", None, "2023-03-01", " 2023"),
        ("until 2019", None, "2019-01-01", ""),
        ("for two years", "2021-05-08", None, " (since 8 May 2021)"),
        ("for the last 3 months", "2023-02-08", None, " (since 8 February 2023)"),
        ("from 2010 to 2015", "2010-01-01", "2016-01-01", ""),
        ("from 2010 until 2015", "2010-01-01", "2015-01-01", ""),
        ("between March and June 2020", "2020-03-01", "2020-07-01", ""),
        ("from November to February 2020", "2019-11-01", "2020-03-01", ""),
        ("from March 2020 to June", "2020-03-01", "2020-07-01", ""),
        ("from 3 May to 7 May", "2023-05-03", "2023-05-08", " (3-7 May 2023)"),
        ("in 3 days' time", "2023-05-11", "2023-05-12", " (11 May 2023)"),
        ("two weeks from now", "2023-05-22", "2023-05-29", " (22-28 May 2023)"),
    ],
)
def test_dates(text: str, since: str | None, until: str | None, note: str) -> None:
    (when,) = find_dates(f"We met {text}.", SAID)
    assert (day(when.since), day(when.until), when.note) == (since, until, note)
    assert f"We met {text}."[when.start : when.end].rstrip(".") == text


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("in May", "2023-05-01"),
        ("in April", "2024-04-01"),
        ("on 7 May", "2024-05-07"),
        ("on Friday", "2023-05-12"),
        ("on Monday", "2023-05-08"),
        ("in two days", "2023-05-10"),
        ("next May", "2024-05-01"),
    ],
)
def test_looking_ahead(text: str, since: str) -> None:
    (when,) = find_dates(f"We will meet {text}.", SAID, ahead=True)
    assert day(when.since) == since


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I may go and march on.",
        "This may be wrong.",
        "I have 2010 coins.",
        "It costs 1999 euros.",
        "Call 2023-050-123.",
        "on 5/7/2023",
        "on 30 February 2023",
        "in December 9999 or so 12000",
        "We meet every Monday and on Fridays.",
        "by March, before 2010, after May 2011",
        "I read five books in a month.",
        "from Monday to Friday",
        "the second week",
        "The sun sat on the wed couple.",
        "ontem, letzte Woche, 昨日",
    ],
)
def test_no_dates(text: str) -> None:
    assert find_dates(text, SAID) == ()


def test_several_in_order() -> None:
    found = find_dates("I lived in Porto until 2019, then from 2020 to 2021 in Lisbon; yesterday I left.", SAID)
    assert [(day(when.since), day(when.until)) for when in found] == [
        (None, "2019-01-01"),
        ("2020-01-01", "2022-01-01"),
        ("2023-05-07", "2023-05-08"),
    ]


def test_days_are_those_of_utc() -> None:
    late = datetime(2023, 5, 9, 1, 0, tzinfo=timezone(timedelta(hours=5)))
    (when,) = find_dates("yesterday", late)
    assert when.since == datetime(2023, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize("said", [date.min, date.max])
@pytest.mark.parametrize(
    "text",
    [
        "999 decades ago",
        "last week",
        "next year",
        "in 12 decades",
        "in May",
        "yesterday",
        "tomorrow",
        "for 900 years",
        "from May to June",
        "next weekend",
    ],
)
def test_the_ends_of_the_calendar(said: date, text: str) -> None:
    moment = datetime(said.year, said.month, said.day, tzinfo=UTC)
    for ahead in (False, True):
        for when in find_dates(text, moment, ahead=ahead):
            assert when.since or when.until


PIECES = ["in", "on", "since", "until", "from", "to", "and", "last", "next", "this", "May", "7", "2010", "2020"]
PIECES += ["Monday", "two", "weeks", "ago", ",", "-", "year"]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans())
def test_intervals_are_never_empty(words: list[str], ahead: bool) -> None:
    for when in find_dates(" ".join(words), SAID, ahead=ahead):
        assert when.since is None or when.until is None or when.since < when.until


@pytest.mark.parametrize(
    "unit", ["in ", "2", "last ", "from 2010 to ", "for over ", "1 ", "a few ", " ", "in May until "]
)
def test_long_runs_of_anything_are_read_in_one_pass(unit: str) -> None:
    # What is quadratic would take minutes.
    assert isinstance(find_dates("7 " + unit * (100_000 // len(unit)), SAID), tuple)
