"""One order from all arms: calibrated scores, added with fixed weights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from graphmem.models import Memory
from graphmem.retrieval.options import RecallOptions

__all__ = ["Arm", "boost", "calibrate_words", "fuse", "mean", "trust"]

WEAK_WORDS = 3.0
"""The sum of term weights below which even the best keyword hit shares only common words with the question."""


def calibrate_words(scores: Mapping[str, float]) -> dict[str, float]:
    """Keyword scores as shares of the best one, in [0, 1].

    A best one below `WEAK_WORDS` does not count as full: sums of BM25 term weights have no upper bound of their own,
    and the best of a bad lot must not look like a find.
    """
    best = max(scores.values(), default=0.0)
    return {name: score / max(best, WEAK_WORDS) for name, score in scores.items()}


class Arm(NamedTuple):
    """Scores in [0, 1] by memory id, and what they weigh."""

    weight: float
    scores: Mapping[str, float]


def trust(telling: float, options: RecallOptions) -> float:
    """How much seeds are to be believed that are so `telling`, in [0, 1); see `RecallOptions.rare`."""
    return telling / (telling + options.rare)


def mean(*arms: Arm) -> dict[str, float]:
    """The weighted mean of the arms, over the union of what they found: id → score in [0, 1]."""
    total = sum(arm.weight for arm in arms) or 1.0
    found: dict[str, float] = {}
    for weight, scores in arms:
        share = weight / total
        if share:
            for name, score in scores.items():
                if not 0.0 <= score <= 1.0:
                    score = min(1.0, max(0.0, score))
                found[name] = found.get(name, 0.0) + share * score
    return found


def fuse(likeness: Arm, graph: Arm, context: Arm) -> dict[str, float]:
    """One order: what a memory has by itself and by the graph, and on top of it what its neighbours lend it.

    Of memories that nobody talks around, and in stores without conversations, context changes no score. Where what it
    adds leads beyond 1, all scores are shares of the best.
    """
    fused = mean(likeness, graph)
    share = context.weight / ((likeness.weight + graph.weight) or 1.0)
    for name, score in context.scores.items():
        fused[name] = fused.get(name, 0.0) + share * score
    best = max(1.0, max(fused.values(), default=0.0))
    return {name: score / best for name, score in fused.items()}


FEEDBACK = {"POSITIVE": 1.1, "NEGATIVE": 0.8, "VERY_NEGATIVE": 0.5}
"""What a user's judgement of a memory does to its score."""


def boost(score: float, memory: Memory, support: int, now: datetime, options: RecallOptions) -> float:
    """The score after the mild boosts for freshness, repetition and feedback, still in [0, 1]."""
    age = max(0.0, (now - memory.observed_at).total_seconds() / 86_400)
    fresh: float = options.recency * 0.5 ** (age / options.recency_days)
    repeated = options.support * (1.0 - 1.0 / max(1, support))
    judged = FEEDBACK.get(memory.feedback or "", 1.0)
    return min(1.0, score * (1.0 + fresh + repeated) * judged)
