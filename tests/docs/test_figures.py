"""The benchmarks' page is written by its commands, from the figures that are kept: nobody's hand is in its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import report, speed
from bench.__main__ import write_page
from bench.aims import AIMS, Aim


def test_the_tables_are_what_the_kept_figures_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = report.PAGE.read_text("utf-8")
    page = tmp_path / "benchmarks.md"
    page.write_text(before, "utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    write_page()
    report.write_beside(report.read_json(report.HERE / "beside.json"))
    speed.write_page()
    assert page.read_text("utf-8") == before


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
