"""Figures of a ranking, and how sure they are."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data import Question

__all__ = ["difference", "figures", "interval", "medians", "recalls"]

RESAMPLES = 2_000
SEED = 20260101
"""Of the resampling: the same figures have the same intervals."""


def recalls(questions: Sequence[Question], ranked: Sequence[Sequence[str]], cut: int) -> NDArray[np.float64]:
    """For each question the share of what answers it among the first `cut`."""
    pairs = zip(questions, ranked, strict=True)
    return np.array([len(question.gold & set(keys[:cut])) / len(question.gold) for question, keys in pairs])


def figures(questions: Sequence[Question], ranked: Sequence[Sequence[str]], cuts: Sequence[int]) -> dict[str, Any]:
    """Recall at each cut, how often all is found at the last, and the mean reciprocal rank of the first found; in %."""
    found = {f"R@{cut}": _percent(recalls(questions, ranked, cut).mean()) for cut in cuts}
    found[f"all@{cuts[-1]}"] = _percent((recalls(questions, ranked, cuts[-1]) == 1.0).mean())
    found["MRR"] = _percent(np.mean([_reciprocal(q, keys) for q, keys in zip(questions, ranked, strict=True)]))
    return found


def _reciprocal(question: Question, keys: Sequence[str]) -> float:
    return next((1.0 / place for place, key in enumerate(keys, start=1) if key in question.gold), 0.0)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of their mean in %, by bootstrap over questions."""
    means = _resampled(values)
    return _percent(np.quantile(means, 0.025)), _percent(np.quantile(means, 0.975))


def difference(values: NDArray[np.float64], others: NDArray[np.float64]) -> dict[str, float]:
    """By how many points `values` are better than `others`, question by question, with its 95 % interval."""
    low, high = interval(values - others)
    return {"mean": _percent((values - others).mean()), "low": low, "high": high}


def medians(told: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each stage over what searches told of theirs."""
    stages: dict[str, list[float]] = {}
    for each in told:
        for stage, took in each.items():
            stages.setdefault(stage, []).append(took)
    return {stage: statistics.median(took) for stage, took in stages.items()}


def _resampled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    means: NDArray[np.float64] = values[drawn].mean(axis=1)
    return means


def _percent(share: Any) -> float:
    return round(100 * float(share), 1)
