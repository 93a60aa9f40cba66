"""The cross-encoder's seam, over a stand-in of the same shape as the package's own class."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from graphmem.embed.cross_encoder import make_reranker
from graphmem.errors import ConfigurationError, MissingExtra, ModelUnavailable


class Encoder:
    """Scores by shared words."""

    def __init__(self, name: str) -> None:
        if name == "nowhere":
            raise OSError(name)

    def predict(self, pairs: list[tuple[str, str]], activation_fn: Any) -> list[float]:
        return [float(activation_fn(len({*query.split()} & {*text.split()}) - 1)) for query, text in pairs]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("sentence_transformers")
    module.CrossEncoder = Encoder  # type: ignore[attr-defined]
    module.__spec__ = type(sys.__spec__)("sentence_transformers", None)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


@pytest.mark.anyio
@pytest.mark.usefixtures("package")
async def test_scores_are_shares_in_the_order_of_the_texts() -> None:
    reranker = make_reranker("cross-encoder")
    scores = await reranker.rerank("ana leads atlas", ["nothing", "ana leads atlas", "ana"])
    assert scores == [pytest.approx(0.2689, abs=1e-4), pytest.approx(0.8808, abs=1e-4), 0.5]
    assert await reranker.rerank("ana", []) == []


@pytest.mark.anyio
@pytest.mark.usefixtures("package")
async def test_a_model_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(ModelUnavailable, match="nowhere"):
        await make_reranker("cross-encoder:nowhere").rerank("a", ["b"])


def test_an_unknown_name_says_what_is_known() -> None:
    with pytest.raises(ConfigurationError, match="cross-encoder"):
        make_reranker("magic")


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphmem.embed.cross_encoder.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="pip install"):
        make_reranker("cross-encoder")
