"""Which names a question says as names, and what is left without them."""

import pytest

from graphmem.queries import Node
from graphmem.retrieval.names import Heard, Wording, heard


def called(text: str, *names: str) -> set[str]:
    found = {name.casefold(): (Node(name, name, None, 1),) for name in names}
    return set(Wording(text).called(found))


@pytest.mark.parametrize(
    ("text", "names", "meant"),
    [
        ("Who runs the country Ceelmakoile is in?", ("country", "Ceelmakoile"), {"ceelmakoile"}),
        ("Who sang with my Brother?", ("brother",), {"brother"}),
        ("Who sang with my brother in Rome?", ("Brother", "Rome"), {"rome"}),
        # What a question begins with is capitalised anyway: then it counts how the entity is written.
        ("Porto has how many bridges over the Douro?", ("Porto", "Douro"), {"porto", "douro"}),
        ("Bridges over the Douro?", ("bridges", "Douro"), {"douro"}),
        # Without capitals, or in a script that has none, how the entity is written decides.
        ("where does marta work?", ("Marta", "work"), {"marta"}),
        ("what do I like about marta?", ("Marta",), {"marta"}),
        ("东京 在 哪里", ("东京",), {"东京"}),
        ("", (), set()),
    ],
)
def test_names_are_told_from_words(text: str, names: tuple[str, ...], meant: set[str]) -> None:
    assert called(text, *names) == meant


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("Where does Ana's sister work?", ["ana"], "Where does sister work?"),
        ("Who leads Critical Software in Coimbra?", ["critical software", "coimbra"], "Who leads in"),
        ("Ana, Ana and Bo", ["ana"], "and Bo"),
        ("Ana?", ["ana"], "Ana?"),
        ("nobody here", ["ana"], "nobody here"),
        ("nobody here", [], "nobody here"),
    ],
)
def test_a_question_without_its_names(text: str, names: list[str], left: str) -> None:
    assert Wording(text).without(names) == left


def test_entities_of_one_name_share_what_it_tells() -> None:
    ana, odd, porto = Node("1", "Ana", None, 99), Node("2", "Ana'm", None, 1), Node("3", "porto", None, 4)
    found = {"ana": (ana, odd), "porto": (porto,)}
    assert list(heard(found, {"ana": (ana, odd)}).items()) == [
        ("1", Heard(meant=True, telling=0.01)),
        ("2", Heard(meant=True, telling=0.01)),
        ("3", Heard(meant=False, telling=0.25)),
    ]


def test_of_two_names_the_more_telling_counts() -> None:
    ana, other = Node("1", "Ana Silva", None, 3), Node("2", "Ana Costa", None, 7)
    assert heard({"ana": (ana, other), "silva": (ana,)}, {})["1"].telling == pytest.approx(1 / 3)
    assert heard({"ana": (Node("1", "Ana", None, 0),)}, {})["1"].telling == 1.0
