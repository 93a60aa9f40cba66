"""The benchmarks' page is written by its commands, from the figures that are kept: nobody's hand is in its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import report, speed
from bench.__main__ import write_page
from bench.aims import AIMS, Aim


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page, which is written in its place."""
    copy = tmp_path / "benchmarks.md"
    copy.write_text(report.PAGE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(report, "PAGE", copy)
    return copy


def test_the_tables_are_what_the_kept_figures_say(page: Path) -> None:
    before = page.read_text("utf-8")
    write_page()
    report.write_beside(report.read_json(report.HERE / "beside.json"))
    speed.write_page()
    assert page.read_text("utf-8") == before


STAGES = {"embed": 0.41, "index": 1.0, "walk": 3.62, "gate": 1.24}


def with_stages(*names: str) -> dict[str, Any]:
    """The kept figures of recall, with stages in these sets alone."""
    found = report.read_json(report.HERE / "recall.json")
    for name, each in found["sets"].items():
        each.pop("stages", None)
        if name in names:
            each["stages"] = STAGES
    return found


def test_the_page_tells_where_time_goes_of_the_sets_whose_figures_do(page: Path) -> None:
    title = "### Where the time of a search goes"
    report.write_recall(with_stages("musique", "madial"), {})
    _, told, after = page.read_text("utf-8").partition(title)
    assert told
    assert [line for line in after.partition("<!-- recall: end -->")[0].splitlines() if line.startswith("|")] == [
        "| median of a stage, ms | embed | index | walk | gate |",
        "|---|---|---|---|---|",
        "| musique | 0.4 | 1.0 | 3.6 | 1.2 |",
        "| madial | 0.4 | 1.0 | 3.6 | 1.2 |",
    ]
    report.write_recall(with_stages(), {})
    assert title not in page.read_text("utf-8")


def test_a_slow_search_is_explained_by_its_largest_stages() -> None:
    [aim] = [aim for aim in AIMS if aim.what == "musique: search p50, ms"]
    told = aim.reason({"recall": with_stages("musique")})
    assert told.endswith(": walk 3.6, gate 1.2, index 1.0")
    assert told.startswith(aim.reason({"recall": with_stages()})), "without stages, what is known without them"


def test_a_page_without_a_place_for_the_tables_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n", "utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    with pytest.raises(SystemExit, match="has no place"):
        report.write_beside(report.read_json(report.HERE / "beside.json"))
    assert page.read_text("utf-8") == "# Benchmarks\n"


def test_what_is_missed_has_its_reason() -> None:
    figures = speed.all_figures()
    seen = {aim: aim.seen(figures) for aim in AIMS}
    assert sum(value is not None for value in seen.values()) > 25
    missed = [aim for aim, value in seen.items() if value is not None and not aim.met(value)]
    assert [aim.what for aim in missed if not aim.reason(figures)] == []


@pytest.mark.parametrize(
    ("aim", "seen", "met"),
    [
        (Aim(what="a wait", path="a.b", most=5), 5.0, True),
        (Aim(what="a wait", path="a.b", most=4.9), 5.0, False),
        (Aim(what="a share", path="a.c", least=2), 2.0, True),
        (Aim(what="a share", path="a.c", least=2.1), 2.0, False),
        (Aim(what="a ratio", path="a.b", over="a.c", least=2.5), 2.5, True),
        (Aim(what="not measured", path="a.d.e", most=1), None, None),
        (Aim(what="nothing to divide by", path="a.b", over="a.d", most=1), None, None),
    ],
    ids=lambda value: value.what if isinstance(value, Aim) else str(value),
)
def test_an_aim_is_met_by_the_figure_it_names(aim: Aim, seen: float | None, met: bool | None) -> None:
    found = aim.seen({"a": {"b": 5.0, "c": 2.0}})
    assert found == seen
    assert (None if found is None else aim.met(found)) == met
