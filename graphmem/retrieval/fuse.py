"""One order from three arms: calibrated scores, added with fixed weights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from graphmem.models import Memory
from graphmem.retrieval.options import RecallOptions

__all__ = ["boost", "calibrate_words", "fuse"]

WEAK_WORDS = 3.0
"""The sum of term weights below which even the best keyword hit shares only common words with the question."""


def calibrate_words(scores: Mapping[str, float]) -> dict[str, float]:
    """Keyword scores as shares of the best one, in [0, 1].

    A best one below `WEAK_WORDS` does not count as full: sums of BM25 term weights have no upper bound of their own,
    and the best of a bad lot must not look like a find.
    """
    best = max(scores.values(), default=0.0)
    return {name: score / max(best, WEAK_WORDS) for name, score in scores.items()}


def fuse(arms: Mapping[str, Mapping[str, float]], telling: float, options: RecallOptions) -> dict[str, float]:
    """The weighted mean of the arms, over the union of what they found: id → score in [0, 1].

    `telling` is what the seeds of the graph arm add up to; see `RecallOptions.rare`.
    """
    trust = telling / (telling + options.rare)
    weights = {"semantic": options.semantic, "keyword": options.keyword, "graph": options.graph * trust}
    total = sum(weights.values()) or 1.0
    fused: dict[str, float] = {}
    for arm, scores in arms.items():
        weight = weights[arm] / total
        if weight:
            for name, score in scores.items():
                fused[name] = fused.get(name, 0.0) + weight * min(1.0, max(0.0, score))
    return fused


FEEDBACK = {"POSITIVE": 1.1, "NEGATIVE": 0.8, "VERY_NEGATIVE": 0.5}
"""What a user's judgement of a memory does to its score."""


def boost(score: float, memory: Memory, support: int, now: datetime, options: RecallOptions) -> float:
    """The score after the mild boosts for freshness, repetition and feedback, still in [0, 1]."""
    age = max(0.0, (now - memory.observed_at).total_seconds() / 86_400)
    fresh: float = options.recency * 0.5 ** (age / options.recency_days)
    repeated = options.support * (1.0 - 1.0 / max(1, support))
    judged = FEEDBACK.get(memory.feedback or "", 1.0)
    return min(1.0, score * (1.0 + fresh + repeated) * judged)
