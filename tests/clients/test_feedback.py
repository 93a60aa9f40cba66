"""Feedback through their clients moves a memory down or up, until it is taken back."""

from __future__ import annotations

import pytest

from tests.clients.spelling import Client, results

pytestmark = pytest.mark.clients


def test_feedback_counts(client: Client, user: str) -> None:
    kept = client.note("Ana rows on the Douro", user_id=user)
    client.note("Ana likes cheese", user_id=user)

    def score() -> float:
        hits = results(client.search("who rows on the Douro?", {"user_id": user}))
        return next(float(hit["score"]) for hit in hits if hit["id"] == kept)

    before = score()
    client.feedback(kept, "VERY_NEGATIVE", "She gave it up")
    worst = score()
    client.feedback(kept, "NEGATIVE")
    assert worst < score() < before
    client.feedback(kept, "POSITIVE")
    assert score() > before
    client.feedback(kept, None)
    assert score() == pytest.approx(before, abs=0.01)


def test_feedback_on_nothing(client: Client) -> None:
    with client.refused(400, "ValidationError"):
        client.call("feedback", memory_id="no-uuid", feedback="POSITIVE")
