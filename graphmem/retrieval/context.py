"""The context arm: what was said right before and after, and who said it.

A turn of a conversation leans on its neighbours: "Her name is Shadow!" answers a question about dogs because of what
was said before it. What a turn scores, its neighbours get a part of: half of it right beside it, a quarter one further.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from graphmem.queries import Turn
from graphmem.retrieval.options import RecallOptions
from graphmem.text import words

__all__ = ["PAUSE", "Context", "listen", "spread"]

PAUSE = timedelta(hours=1)
"""What is further apart belongs to another conversation."""

HALF = 0.5
"""What is left of a score one turn further. Weights that fall as steeply over two to four turns do as well (measured on
LoCoMo: recall at 10 between 77 and 79 of turns; 68 without, and 74 with 0.7 over five turns)."""


@dataclass(frozen=True, slots=True)
class Context:
    """Scores by memory id; for each the turn beside it that gave it most."""

    scores: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


def listen(around: Mapping[str, Sequence[Turn]]) -> list[list[Turn]]:
    """Of the turns around each memory, those that belong to one exchange with it, in order.

    Where nobody has a name and the same side goes on speaking, that is a list of notes, or a document, not a
    conversation: what stands beside it there says nothing about it.
    """
    return [_exchange(turns) for turns in around.values()]


def _exchange(turns: Sequence[Turn]) -> list[Turn]:
    here = next(index for index, turn in enumerate(turns) if turn.place == 0)
    first = last = here
    while first and _answers(turns[first - 1], turns[first]):
        first -= 1
    while last + 1 < len(turns) and _answers(turns[last], turns[last + 1]):
        last += 1
    return list(turns[first : last + 1])


def _answers(one: Turn, other: Turn) -> bool:
    return (one.role, one.name) != (other.role, other.name) or one.name is not None


def spread(
    talks: Iterable[Sequence[Turn]], scores: Mapping[str, float], said: Collection[str], options: RecallOptions
) -> Context:
    """What each turn gets of its neighbours' `scores`, and for being said by whom the question names.

    `said` are the phrases of the question.
    """
    apart: dict[tuple[str, str], int] = {}
    speaks: dict[str, bool] = {}
    for turns in talks:
        for turn in turns:
            speaks[turn.memory_id] = turn.name is not None and " ".join(words(turn.name)) in said
            for other in turns:
                distance = abs(turn.place - other.place)
                if 0 < distance <= options.turns:
                    apart[turn.memory_id, other.memory_id] = distance
    found: dict[str, float] = {}
    most: dict[str, tuple[float, str]] = {}
    for (here, there), distance in apart.items():
        gain = HALF**distance * scores.get(there, 0.0)
        if gain > 0:
            found[here] = found.get(here, 0.0) + gain
            most[here] = max(most.get(here, (0.0, "")), (gain, there))
    for here, named in speaks.items():
        # One who says everything here tells nothing apart; that is a constant, and changes no order.
        if named:
            found[here] = found.get(here, 0.0) + options.speaker
    return Context(found, {here: there for here, (_, there) in most.items()})
