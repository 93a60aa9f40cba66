"""Nothing lost: processes killed at random moments, and power cuts. `kill_rounds` runs as many rounds as one likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.kill_rounds import Rounds


def test_what_was_acknowledged_survives_the_process(place: Path) -> None:
    rounds = Rounds(place, seed=1)
    while rounds.counts["looked"] < 50:
        rounds.kill()
    rounds.look()
    assert rounds.expected.acknowledged > 100


def test_what_was_acknowledged_survives_a_power_cut(place: Path) -> None:
    rounds = Rounds(place, seed=2)
    for _ in range(10):
        rounds.cut()
    assert rounds.expected.acknowledged > 20


@pytest.mark.slow
def test_many_rounds(place: Path) -> None:
    rounds = Rounds(place, seed=3)
    for number in range(60):
        rounds.cut() if number % 4 == 0 else rounds.kill()
    rounds.look()
    assert rounds.expected.acknowledged > 120
