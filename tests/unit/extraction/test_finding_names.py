"""Names are found by how they are written, and common words are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.extraction.names import find_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I moved from Porto to Lisbon in May.", ["Porto", "Lisbon"]),
        ("Marta, my sister, works at Critical Software.", ["Marta", "Critical Software"]),
        ("Marta's husband Rui lives in New York.", ["Marta", "Rui", "New York"]),
        ("Marta and Rui came.", ["Marta", "Rui"]),
        ("The Beatles are great. We saw Bank of America and the University of Porto.",
         ["Beatles", "Bank of America", "University of Porto"]),
        ("Bank of America hired Ana.", ["Bank of America", "Ana"]),
        ("Dr. Costa met J. K. Rowling and Mr. Silva.", ["Dr. Costa", "J. K. Rowling", "Mr. Silva"]),
        ("Vasco da Gama and Ludwig van Beethoven never met.", ["Vasco da Gama", "Ludwig van Beethoven"]),
        ("My iPhone 15 runs Node.js and GPT-4, not C++ .", ["iPhone 15", "Node.js", "GPT-4"]),
        ("Ask @rui_costa. Mail ana@Example.com or see https://Example.com/Path.", ["@rui_costa"]),
        ('I read "Charlotte\'s Web" and «Os Maias».', ["Charlotte's Web", "Os Maias"]),
        ("Wow, Caroline! Hey Mel!", ["Caroline", "Mel"]),
        ("I told Mom about the White House.", ["Mom", "White House"]),
        ("She works for O'Brien & Sons.", ["O'Brien & Sons"]),
        ("We flew Thai Airways.", ["Thai Airways"]),
        ("Maria mora em São Paulo com o João.", ["Maria", "São Paulo", "João"]),
        ("Я живу в Москве с Анной.", ["Москве", "Анной"]),
        ("私は『ノルウェイの森』を読んだ。", ["ノルウェイの森"]),
        ("Ich wohne mit Anna Schmidt und einem Hund in der Stadt.", ["Anna Schmidt"]),
        ("O Rui e a Ana moram no Porto.", ["Rui", "Ana", "Porto"]),
        ("Zorblax is here. I like Zorblax.", ["Zorblax", "Zorblax"]),
    ],
)  # fmt: skip
def test_finds(text: str, names: list[str]) -> None:
    assert [name.text for name in find_names(text)] == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks! That sounds great. How are you?",
        "On Monday in May I was tired.",
        "Painting is fun. Education matters. Happiness is a choice.",
        "I LOVE THIS SO MUCH",
        "Project Plan For The New Year",
        "Thai food and French wine.",
        "I am OK with TV.",
        "Great day. Wonderful weather!",
        "ich habe einen Hund und eine Katze. Der Hund ist nicht die Katze.",
        "今日は東京に行きました。",
        "אני גר בתל אביב",
        "🎉🎉🎉",
        'He said "I will come."',
        "Then we left. Suddenly it rained.",
    ],
)
def test_does_not_find(text: str) -> None:
    assert [name.text for name in find_names(text)] == []


@given(st.text(alphabet=st.sampled_from("Ab'’.\"“”@& \nIéЖ漢「」!-_0"), max_size=60))
def test_names_stand_where_they_say(text: str) -> None:
    end = 0
    for name in find_names(text):
        assert name.start >= end
        assert name.text
        assert " ".join(text[name.start : name.end].split()) == name.text
        end = name.end


@pytest.mark.parametrize("unit", ["a", "a!", "A ", '"A', "@a", "A.", "Aa of ", "A\n", "«A» ", "Dr. "])
def test_long_runs_of_anything_are_read_in_one_pass(unit: str) -> None:
    # A quadratic finder would take minutes; a run of more capitals than a name has is none.
    names = find_names(unit * (60_000 // len(unit)))
    assert all(len(name.text) < 200 for name in names)
