"""English dates in a text, as intervals: "yesterday", "last week", "in May", "two years ago", "since 2019".

Relative ones are counted from when it was said. Weeks begin on Monday (ISO 8601); days are those of UTC. A date
without its year is the last such day, or the next one where the sentence looks ahead. What could mean two things
(5/7/2023) is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

__all__ = ["When", "find_dates"]

Kind = Literal["in", "since", "until", "for"]


@dataclass(frozen=True, slots=True)
class When:
    """A date as it stands in the text, `text[start:end]`, preposition included.

    It is the interval [`since`, `until`), open on one side for "since 2019" and "until March". `note` is what to put
    behind it so that it can be understood later: " (7 May 2023)" after "yesterday", " 2023" after "in May"; empty for
    what is absolute. `kind` `for` is a duration up to the moment of speaking.
    """

    start: int
    end: int
    kind: Kind
    since: datetime | None
    until: datetime | None
    note: str = ""


class _Span(NamedTuple):
    """Days [first, last], and how they are told in words where the text did not say them."""

    first: date
    last: date
    note: str = ""


_Reader = Callable[[re.Match[str], date, bool], _Span | None]


def find_dates(text: str, said_at: datetime, *, ahead: bool = False) -> tuple[When, ...]:
    """The dates in `text`, in order. `ahead`: without a year, the next such date is meant rather than the last."""
    if not _may_hold_dates(text):
        return ()
    today = said_at.astimezone(UTC).date()
    found: list[When] = []
    for match in _pattern().finditer(text):
        name = match.lastgroup
        assert name is not None
        when = _range(match, today, ahead) if name == "range" else _single(match, name, today, ahead)
        if when is not None:
            found.append(when)
    return tuple(found)


def _may_hold_dates(text: str) -> bool:
    """Whether there is a word or digit without which there is no date: looking for those is ten times faster."""
    return not _hints().isdisjoint(_WORD.findall(text.lower()))


_WORD = re.compile(r"[a-z]+|[0-9]")


@cache
def _hints() -> frozenset[str]:
    lists = _lists()
    return frozenset([*lists["months"], *lists["weekdays"], *lists["units"], *lists["hints"], *"0123456789"])


# --- the days an expression means -------------------------------------------------------------------------


def _single(match: re.Match[str], name: str, today: date, ahead: bool) -> When | None:
    lists = _lists()
    opening = " ".join((match["opening"] or "").lower().split())
    span = _guarded(_READERS[name], match, today, ahead)
    if span is None or opening in lists["passed_over"] or not (opening or _stands_alone(match, name)):
        return None
    (start, end), first = _place(match), _at(span.first)
    if name == "duration":
        return When(start, end, "for", first, None, span.note)
    if opening in lists["since"]:
        return When(start, end, "since", first, None, span.note)
    if opening in lists["until"]:
        return When(start, end, "until", None, first, span.note)
    return When(start, end, "in", first, _after(span.last), span.note)


def _place(match: re.Match[str]) -> tuple[int, int]:
    """Where the date stands, without the point of "Dec." where the sentence may end."""
    return match.start(), match.end() - match[0].endswith(".")


def _stands_alone(match: re.Match[str], name: str) -> bool:
    """Whether it is a date without "in" or "since" before it: a number of four digits or "May" is none."""
    if name == "month":
        return bool(match["which"] or match["my"])
    return name not in ("year", "decade")


def _range(match: re.Match[str], today: date, ahead: bool) -> When | None:
    """As in "from 2010 to 2015", "between March and June 2020"; "until" excludes its own day, month or year."""
    left, right = (_endpoint(match[side], today, ahead) for side in ("left", "right"))
    if left is None or right is None:
        return None
    first, last = left.first, right.last
    if left.note and not right.note:  # "from March to June 2020"
        first = _in_year(first, last.year) if _in_year(first, last.year) <= last else _in_year(first, last.year - 1)
    elif right.note and not left.note:  # "from March 2020 to June"
        last = _in_year(last, first.year) if _in_year(last, first.year) >= first else _in_year(last, first.year + 1)
    if first > last:
        return None
    is_until = match["between"].lower() in _lists()["until"]
    until = _at(_in_year(right.first, last.year)) if is_until else _after(last)
    note = f" ({_in_words(first, last)})" if left.note and right.note else ""
    return When(*_place(match), "in", _at(first), until, note)


def _endpoint(text: str, today: date, ahead: bool) -> _Span | None:
    match = _endpoint_pattern().fullmatch(text.strip())
    if match is None or match.lastgroup is None:
        return None
    return _guarded(_READERS[match.lastgroup], match, today, ahead)


def _guarded(reader: _Reader, match: re.Match[str], today: date, ahead: bool) -> _Span | None:
    """What the reader makes of it; nothing for days that no calendar has (30 February, the year 12000)."""
    try:
        return reader(match, today, ahead)
    except (ValueError, OverflowError):
        return None


def _iso(match: re.Match[str], today: date, ahead: bool) -> _Span:
    day = date(int(match["iy"]), int(match["im"]), int(match["id"]))
    return _Span(day, day)


def _numeric(match: re.Match[str], today: date, ahead: bool) -> _Span | None:
    first, second, year = int(match["n1"]), int(match["n2"]), int(match["ny"])
    if first <= 12 and second <= 12 and first != second:
        return None  # day or month first?
    day = date(year, second, first) if second <= 12 else date(year, first, second)
    return _Span(day, day)


def _day(match: re.Match[str], today: date, ahead: bool) -> _Span:
    month = _lists()["months"][(match["dm1"] or match["dm2"]).lower().rstrip(".")]
    number = int(match["dd1"] or match["dd2"])
    year = match["dy1"] or match["dy2"]
    if year:
        day = date(int(year), month, number)
        return _Span(day, day)
    day = date(today.year, month, number)
    if ahead and day < today:
        day = date(today.year + 1, month, number)
    elif not ahead and day > today:
        day = date(today.year - 1, month, number)
    return _Span(day, day, f" {day.year}")


def _month(match: re.Match[str], today: date, ahead: bool) -> _Span | None:
    if match["mm"] in ("may", "march") and not match["my"]:
        return None  # "this may be"
    month = _lists()["months"][match["mm"].lower().rstrip(".")]
    if match["my"]:
        return _whole_month(int(match["my"]), month, "")
    which = (match["which"] or "").lower()
    year = today.year
    if which == "next" or (ahead and not which):
        year += month < today.month or (which == "next" and month == today.month)
    elif which == "last":
        year -= month >= today.month
    elif which != "this":
        year -= month > today.month
    return _whole_month(year, month, f" ({_MONTHS[month - 1]} {year})" if which else f" {year}")


def _whole_month(year: int, month: int, note: str) -> _Span:
    return _Span(date(year, month, 1), _shift(date(year, month, 1), months=1) - timedelta(days=1), note)


def _year(match: re.Match[str], today: date, ahead: bool) -> _Span:
    year = int(match["yy"])
    return _Span(date(year, 1, 1), date(year, 12, 31))


def _decade(match: re.Match[str], today: date, ahead: bool) -> _Span:
    year = int(match["decade_year"])
    return _Span(date(year, 1, 1), date(year + 9, 12, 31))


def _named_day(match: re.Match[str], today: date, ahead: bool) -> _Span:
    offset = _lists()["days"][" ".join(match["named"].lower().split())]
    day = today + timedelta(days=offset)
    return _noted(day, day)


def _weekday(match: re.Match[str], today: date, ahead: bool) -> _Span:
    number = _lists()["weekdays"][match["wd"].lower().rstrip(".")]
    which = (match["wwhich"] or "").lower()
    monday = today - timedelta(days=today.weekday())
    if which == "this":
        day = monday + timedelta(days=number)
    elif which in ("next", "coming"):
        day = monday + timedelta(days=7 + number)
    elif ahead and not which:
        day = today + timedelta(days=(number - today.weekday()) % 7)
    else:
        back = (today.weekday() - number) % 7
        day = today - timedelta(days=back or (7 if which else 0))
    return _noted(day, day)


def _period(match: re.Match[str], today: date, ahead: bool) -> _Span:
    """As in "last week", "this month", "next year", "this past weekend"."""
    step = {"last": -1, "past": -1, "this past": -1, "previous": -1, "this": 0, "next": 1, "the coming": 1}
    offset = step[" ".join(match["pwhich"].lower().split())]
    unit = match["punit"].lower()
    if unit == "weekend":
        return _weekend(today, offset)
    return _calendar(unit, today, offset)


def _weekend(today: date, offset: int) -> _Span:
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=5 + 7 * offset)
    return _noted(saturday, saturday + timedelta(days=1))


def _ago(match: re.Match[str], today: date, ahead: bool) -> _Span:
    return _calendar(match["aunit"].lower(), today, -_number(match["anum"]))


def _hence(match: re.Match[str], today: date, ahead: bool) -> _Span | None:
    if match["hnum"] and not ahead and not match["htime"]:
        return None  # "five books in a month"
    unit, count = match["hunit"] or match["funit"], match["hnum"] or match["fnum"]
    return _calendar(unit.lower(), today, _number(count))


def _duration(match: re.Match[str], today: date, ahead: bool) -> _Span:
    since = _moved(match["lunit"].lower(), today, -_number(match["lnum"]))
    return _Span(since, today, f" (since {_in_words(since, since)})")


def _calendar(unit: str, today: date, offset: int) -> _Span:
    """The day, ISO week, month or year that lies `offset` units away."""
    day = _moved(unit, today, offset)
    if unit == "day":
        return _noted(day, day)
    if unit in ("week", "fortnight"):
        monday = day - timedelta(days=day.weekday())
        return _noted(monday, monday + timedelta(days=6))
    if unit == "month":
        return _whole_month(day.year, day.month, f" ({_MONTHS[day.month - 1]} {day.year})")
    return _Span(date(day.year, 1, 1), date(day.year, 12, 31), f" ({day.year})")


def _noted(first: date, last: date) -> _Span:
    return _Span(first, last, f" ({_in_words(first, last)})")


def _moved(unit: str, day: date, count: int) -> date:
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    return _shift(day, months=count * {"month": 1, "year": 12, "decade": 120}[unit])


def _shift(day: date, *, months: int) -> date:
    """The same day of another month, or its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + (month == 11), (month + 1) % 12 + 1, 1) if first.year < date.max.year else first
    length = (following - first).days or 28
    return first.replace(day=min(day.day, length))


def _in_year(day: date, year: int) -> date:
    """The same day of another year; of 29 February its eve."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def _number(text: str) -> int:
    words = " ".join(text.lower().split())
    return int(words) if words.isdigit() else int(_lists()["numbers"][words])


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _after(day: date) -> datetime | None:
    """The moment when `day` is over; None at the end of the calendar."""
    return None if day == date.max else _at(day + timedelta(days=1))


_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


def _in_words(first: date, last: date) -> str:
    """As in "7 May 2023", "1-7 May 2023", "29 May - 4 June 2023"."""
    end = f"{last.day} {_MONTHS[last.month - 1]} {last.year}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} {first.year} - {end}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} - {end}"
    return f"{first.day}-{end}"


# --- how they are written ---------------------------------------------------------------------------------


@cache
def _lists() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("data", "dates.json").read_text("utf-8"))
    return data


def _one_of(words: object) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))  # type: ignore[call-overload]
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)


def _expressions(*, plain: bool) -> dict[str, str]:
    """Patterns by the name of their reader; the plain ones can be an end of a range."""
    lists = _lists()
    month, weekday = _one_of(lists["months"]), _one_of(lists["weekdays"])
    number, unit = rf"\d{{1,3}}|{_one_of(lists['numbers'])}", _one_of(lists["units"])
    year = r"(?:1[5-9]|20|21)\d\d(?![\d-])"
    found = {
        "iso": r"(?P<iy>\d{4})-(?P<im>\d\d)-(?P<id>\d\d)(?!\d)",
        "numeric": r"(?P<n1>\d{1,2})[/.](?P<n2>\d{1,2})[/.](?P<ny>\d{4})(?!\d)",
        "day": rf"(?:(?:{weekday})\.?,?\s+)?(?:the\s+)?(?:"
        rf"(?P<dd1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<dm1>{month})\b\.?(?:,?\s+(?P<dy1>{year}))?"
        rf"|(?P<dm2>{month})\b\.?\s+(?:the\s+)?(?P<dd2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+(?P<dy2>{year}))?)",
        "month": rf"(?:(?P<which>last|this|next)\s+)?(?P<mm>{month})\b\.?"
        rf"(?:,?\s+(?:of\s+)?(?P<my>{year}))?(?!,?\s+\d{{3}})",
        "year": rf"(?P<yy>{year})(?!s)",
    }
    if plain:
        return found
    return {
        **found,
        "decade": r"the\s+(?P<decade_year>(?:1[5-9]|20|21)\d0)s",
        "named_day": rf"(?P<named>{_one_of(lists['days'])})(?:'s)?",
        "weekday": rf"(?:(?P<wwhich>last|this|next|this\s+past|coming)\s+)?(?P<wd>{weekday})\b",
        "period": r"(?:the\s+)?(?P<pwhich>last|this\s+past|past|previous|this|next|the\s+coming)\s+"
        r"(?P<punit>week|weekend|month|year)\b",
        "ago": rf"(?:(?:about|around|almost|over|some|roughly)\s+)?(?P<anum>{number})\s+(?P<aunit>{unit})s?\s+"
        r"(?:ago|back|earlier)\b",
        "hence": rf"in\s+(?P<hnum>{number})\s+(?P<hunit>{unit})s?(?P<htime>'s?\s+time)?\b"
        rf"|(?P<fnum>{number})\s+(?P<funit>{unit})s?\s+from\s+now",
        "duration": r"for\s+(?:(?:the\s+)?(?:last|past)\s+|about\s+|around\s+|almost\s+|over\s+|nearly\s+)*"
        rf"(?P<lnum>{number})\s+(?P<lunit>{unit})s?(?:\s+now)?\b",
    }


def _alternatives(expressions: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in expressions.items())


_READERS: dict[str, _Reader] = {
    "iso": _iso,
    "numeric": _numeric,
    "day": _day,
    "month": _month,
    "year": _year,
    "decade": _decade,
    "named_day": _named_day,
    "weekday": _weekday,
    "period": _period,
    "ago": _ago,
    "hence": _hence,
    "duration": _duration,
}


@cache
def _pattern() -> re.Pattern[str]:
    lists = _lists()
    opening = _one_of([*lists["openings"], *lists["since"], *lists["until"], *lists["passed_over"]])
    end = re.sub(r"\(\?P<\w+>", "(?:", _alternatives(_expressions(plain=True)))
    spanned = (
        rf"(?:from|between)\s+(?P<left>{end})\s*(?P<between>to|and|until|till|through|-|\u2013)\s*(?P<right>{end})"
    )
    single = _alternatives(_expressions(plain=False))
    return re.compile(
        rf"(?<![\w-])(?:(?P<range>{spanned})|(?:(?P<opening>{opening})\s+)?(?:{single}))(?!\w)", re.IGNORECASE
    )


@cache
def _endpoint_pattern() -> re.Pattern[str]:
    return re.compile(_alternatives(_expressions(plain=True)), re.IGNORECASE)
