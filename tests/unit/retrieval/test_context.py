"""What turns lend each other."""

import pytest

from graphmem.queries import Turn
from graphmem.retrieval.context import listen, spread
from graphmem.retrieval.options import RecallOptions

OPTIONS = RecallOptions(turns=2, speaker=0.1)


def talk(*names: str | None, here: int = 0, role: str = "user") -> list[Turn]:
    return [Turn(f"m{place}", place - here, role, name) for place, name in enumerate(names)]


def test_what_a_turn_scores_its_neighbours_get_less_of_with_each_turn() -> None:
    context = spread([talk("A", "B", "A", "B")], {"m0": 0.8}, (), OPTIONS)
    assert context.scores == pytest.approx({"m1": 0.4, "m2": 0.2})
    assert context.beside == {"m1": "m0", "m2": "m0"}


def test_neighbours_on_both_sides_add_up_and_the_best_is_named() -> None:
    context = spread([talk("A", "B", "A", here=1)], {"m0": 0.4, "m2": 0.8}, (), OPTIONS)
    assert context.scores["m1"] == pytest.approx(0.6)
    assert context.beside["m1"] == "m2"


def test_what_several_saw_is_counted_once() -> None:
    turns = talk("A", "B")
    again = [Turn("m0", -1, "user", "A"), Turn("m1", 0, "user", "B")]
    assert spread([turns, again], {"m0": 0.8}, (), OPTIONS).scores == pytest.approx({"m1": 0.4})


def test_a_speaker_whom_the_question_names_counts() -> None:
    context = spread([talk("Ana Lima", "Bo")], {}, ("ana lima",), OPTIONS)
    assert context.scores == {"m0": 0.1}
    assert context.beside == {}


def test_notes_of_nobody_in_particular_are_no_conversation() -> None:
    [turns] = listen({"m1": talk(None, None, None, here=1)})
    assert [turn.memory_id for turn in turns] == ["m1"]


def test_an_exchange_ends_where_one_side_goes_on_alone() -> None:
    user, assistant = ("user", None), ("assistant", None)
    sides = [user, user, assistant, user, user]
    turns = [Turn(f"m{place}", place - 2, *side) for place, side in enumerate(sides)]
    [found] = listen({"m2": turns})
    assert [turn.memory_id for turn in found] == ["m1", "m2", "m3"]


def test_who_has_a_name_speaks_on() -> None:
    [found] = listen({"m0": talk("Ana", "Ana", "Bo")})
    assert len(found) == 3
