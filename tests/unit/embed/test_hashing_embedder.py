"""The embedder without a model."""

from __future__ import annotations

import numpy as np
import pytest

from graphmem.embed import HashingEmbedder
from graphmem.errors import ConfigurationError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("dimensions", [1, 7, 64, 256])
async def test_rows_have_unit_length_and_blank_texts_none(dimensions: int) -> None:
    embedder = HashingEmbedder(dimensions)
    rows = await embedder.embed(["Ana", "東京", " ..."])
    assert rows.shape == (3, dimensions) == (3, embedder.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0], atol=1e-6)
    assert embedder.fingerprint == f"hashing:1:{dimensions}"


async def test_shared_words_bring_texts_near() -> None:
    rows = await HashingEmbedder(256).embed(["Ana lives in Porto", "ANA LIVES in Lisbon", "Bob sails boats"])
    assert rows[0] @ rows[1] > 0.5 > rows[0] @ rows[2] + 0.2


async def test_the_same_on_every_machine() -> None:
    (row,) = await HashingEmbedder(8).embed(["porto"])
    assert (row > 0).tolist() == [False, False, True, False, False, True, True, False]


@pytest.mark.parametrize("dimensions", [0, -1, 65537])
def test_refuses_impossible_dimensions(dimensions: int) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot have {dimensions} dimensions"):
        HashingEmbedder(dimensions)
