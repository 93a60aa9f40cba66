"""What every embedder owes about its vectors: as many as texts, of one length, finite, of unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphmem.errors import ConfigurationError, ModelAnswerInvalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["checked_rows", "unit_rows", "unknown_dimensions"]


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows scaled to unit length, in place; all-zero ones stay."""
    # In double precision: the squares of large and of small numbers would not fit into single.
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows


def checked_rows(
    vectors: ArrayLike, *, count: int, dimensions: int | None, provider: str, model: str
) -> NDArray[np.float32]:
    """A model's vectors as a (count, dimensions) array of unit rows; `dimensions` None takes what comes.

    Raises `ModelAnswerInvalid` when they are something else.
    """

    def invalid(what: str, hint: str) -> ModelAnswerInvalid:
        message = f"The embedding model {model!r} of {provider} {what}."
        return ModelAnswerInvalid(message, hint=hint, provider=provider, model=model, answer="")

    try:
        # A copy, because rows are scaled in place, and a driver may keep its own.
        with np.errstate(over="ignore"):  # what does not fit becomes infinite, and is refused below
            rows = np.array(vectors, dtype=np.float32, order="C")
    except (TypeError, ValueError, OverflowError):
        raise invalid("returned something else than lists of numbers", "Check that it is an embedding model.") from None
    if len(rows) != count:
        raise invalid(f"returned {len(rows)} vectors for {count} texts", "Try again, or use another server.")
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise invalid("returned vectors of unequal or no length", "Check that it is an embedding model.")
    if dimensions is not None and rows.shape[1] != dimensions:
        raise invalid(
            f"returned vectors of {rows.shape[1]} dimensions where {dimensions} were expected",
            "Set the dimensions to what the model returns, or name a model that can shorten its vectors.",
        )
    if not np.isfinite(rows).all():
        raise invalid("returned numbers that are not finite", "Try again, or use another model.")
    return unit_rows(rows)


def unknown_dimensions(name: str) -> ConfigurationError:
    """The error for a length that only the first call will tell."""
    return ConfigurationError(
        f"How long the vectors of {name!r} are is only known after its first call.",
        hint="Set the dimensions, or embed one text first.",
        setting="dimensions",
    )
