import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphmem.retrieval.pagerank import pagerank


def ranks(seeds: list[float], edges: list[tuple[int, int, float]], damping: float = 0.5) -> list[float]:
    columns = np.array(edges, dtype=float).reshape(-1, 3)
    found = pagerank(
        np.array(seeds, dtype=float),
        columns[:, 0].astype(np.intp),
        columns[:, 1].astype(np.intp),
        columns[:, 2],
        damping,
        tolerance=1e-10,
    )
    return [float(value) for value in found]


def exact(seeds: list[float], edges: list[tuple[int, int, float]], damping: float) -> list[float]:
    """The same by solving the linear equations."""
    n = len(seeds)
    weights = np.zeros((n, n))
    for source, target, weight in edges:
        weights[source, target] += weight
        weights[target, source] += weight
    start = np.array(seeds) / sum(seeds)
    step = np.zeros((n, n))
    for node in range(n):
        total = weights[node].sum()
        step[:, node] = weights[node] / total if total else start
    return [float(v) for v in np.linalg.solve(np.eye(n) - damping * step, (1 - damping) * start)]


def test_nearer_to_the_seed_ranks_higher() -> None:
    chain = ranks([1, 0, 0, 0], [(0, 1, 1), (1, 2, 1), (2, 3, 1)])
    assert chain == sorted(chain, reverse=True)
    assert abs(sum(chain) - 1) < 1e-9


def test_a_node_without_edges_gives_back_what_it_has() -> None:
    assert ranks([1, 1], []) == [0.5, 0.5]


edges = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.1, 10)), max_size=12)


@given(
    seeds=st.lists(st.floats(0, 1), min_size=6, max_size=6).filter(lambda found: sum(found) > 0.1),
    edges=edges.map(lambda found: [edge for edge in found if edge[0] != edge[1]]),
    damping=st.sampled_from([0.3, 0.5, 0.85]),
)
def test_agrees_with_the_linear_equations(
    seeds: list[float], edges: list[tuple[int, int, float]], damping: float
) -> None:
    assert np.allclose(ranks(seeds, edges, damping), exact(seeds, edges, damping), atol=1e-5)
