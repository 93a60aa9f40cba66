"""Personalised PageRank over a small neighbourhood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pagerank"]


def pagerank(
    seeds: NDArray[np.float64],
    sources: NDArray[np.intp],
    targets: NDArray[np.intp],
    weights: NDArray[np.float64],
    damping: float,
    tolerance: float = 1e-4,
) -> NDArray[np.float64]:
    """Where a walker is found who starts at `seeds` and follows undirected weighted edges.

    `seeds` (n,) are non-negative weights with a positive sum; edges are given once, as parallel arrays of node
    numbers. Returns probabilities, (n,). Power iteration (Page et al. 1999; personalised: Haveliwala 2002) until
    less than `tolerance` of the mass moves; what stands on a node without edges jumps back to the seeds.
    """
    n = len(seeds)
    start = seeds / seeds.sum()
    heads = np.concatenate((sources, targets))
    tails = np.concatenate((targets, sources))
    both = np.concatenate((weights, weights))
    out = np.bincount(heads, weights=both, minlength=n)
    stuck = out == 0
    share = both / out[heads]
    rank: NDArray[np.float64] = start
    # Each round shrinks what still moves by the damping factor at least.
    for _ in range(64):
        moved = np.bincount(tails, weights=rank[heads] * share, minlength=n).astype(np.float64)
        lost = rank[stuck].sum()
        new: NDArray[np.float64] = damping * (moved + lost * start) + (1.0 - damping) * start
        if np.abs(new - rank).sum() < tolerance:
            return new
        rank = new
    return rank
