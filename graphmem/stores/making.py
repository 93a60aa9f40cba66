"""Domain objects made fast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

__all__ = ["maker"]

Model = TypeVar("Model")


def maker(model: type[Model], *names: str) -> Callable[[Sequence[Any]], Model]:
    """What makes `model` of the values of `names`, all its fields.

    A frozen dataclass sets its fields through `object.__setattr__`; setting its slots takes a third of the time,
    which is most of what reading a memory costs.
    """
    slots: tuple[str, ...] = model.__slots__  # type: ignore[attr-defined]
    if set(slots) != set(names) or hasattr(model, "__post_init__"):
        raise TypeError(f"{model.__name__} is made otherwise")
    setters = tuple(model.__dict__[name].__set__ for name in names)

    def make(values: Sequence[Any]) -> Model:
        made = object.__new__(model)
        for put, value in zip(setters, values, strict=True):
            put(made, value)
        return made

    return make
