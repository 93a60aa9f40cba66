"""Where sentences end, and where words do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.extraction.rules.sentences import MAX_LENGTH, split_sentences
from graphmem.extraction.rules.tokens import tokenise


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("", []),
        ("   \n ", []),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Costa met J. K. Rowling. Then he left.", ["Dr. Costa met J. K. Rowling.", "Then he left."]),
        ("It costs 3.50 euros. OK.", ["It costs 3.50 euros.", "OK."]),
        ("See e.g. the park, etc. and so on.", ["See e.g. the park, etc.", "and so on."]),
        ("Well... maybe. Yes… no.", ["Well... maybe.", "Yes… no."]),
        ('She said "Stop." Then left.', ['She said "Stop."', "Then left."]),
        ("So did I. Then we left.", ["So did I.", "Then we left."]),
        ("今日は晴れ。明日は雨？", ["今日は晴れ。", "明日は雨？"]),
        ("- one\n- two\n\n1. three\n* four", ["one", "two", "three", "four"]),
        ("A line that is\nwrapped here.\nAnother one", ["A line that is\nwrapped here.", "Another one"]),
        ("Windows\r\nlines\r\n\r\nhere", ["Windows\r\nlines", "here"]),
        ("Hi!!! What?! Yes.", ["Hi!!!", "What?!", "Yes."]),
    ],
)
def test_sentences(content: str, sentences: list[str]) -> None:
    found = list(split_sentences(content))
    assert [sentence.text for sentence in found] == sentences
    assert all(content[sentence.start : sentence.end] == sentence.text for sentence in found)


def test_what_goes_on_is_cut_between_words() -> None:
    found = [sentence.text for sentence in split_sentences("word " * 1_000)]
    assert all(len(text) <= MAX_LENGTH and text.startswith("word") and text.endswith("word") for text in found)
    assert " ".join(found) == ("word " * 1_000).strip()
    assert [len(sentence.text) for sentence in split_sentences("x" * 2_500)] == [1_000, 1_000, 500]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't like it.", ["i", "do", "not", "like", "it", "."]),
        ("I’m here, Ana's late", ["i", "am", "here", ",", "ana", "'s", "late"]),
        ("won't can't cannot ain't", ["will", "not", "can", "not", "can", "not", "is", "not"]),
        ("We're, they've, he'll, I'd", ["we", "are", ",", "they", "have", ",", "he", "will", ",", "i", "would"]),
        ("gonna wanna", ["going", "to", "want", "to"]),
        ("o'clock C++ C# @ana AT&T mother-in-law", ["o'clock", "c++", "c#", "@ana", "at&t", "mother-in-law"]),
        ("ana@example.com 3.14", ["ana", "@example.com", "3.14"]),
        ("漢字 и é", ["漢字", "и", "é"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [token.word for token in tokenise(text)] == words


@given(st.text(alphabet=st.sampled_from("aI n't'’s. @#漢é\n-&"), max_size=40))
def test_tokens_stand_in_order_without_overlaps(text: str) -> None:
    end = 0
    for token in tokenise(text):
        assert end <= token.start < token.end
        end = token.end
