"""The keyword analyser: which words meet, and what they weigh."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.embed.analyser import AVERAGE_TERMS, K1, Analyser
from graphmem.errors import ConfigurationError
from graphmem.models import SparseVector

texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aeéãçs '東ि")))


def meet(language: str, one: str, other: str) -> bool:
    """Whether a question of the one finds a document of the other."""
    analyser = Analyser(language)
    return bool({*analyser.query(one).indices} & {*analyser.document(other).indices})


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("portuguese", "Ação acao ações acoes AÇÕES"),
        ("portuguese", "coração corações"),
        ("portuguese", "animal animais"),
        ("portuguese", "viagem viagens"),
        ("portuguese", "trabalha trabalhar trabalhava trabalhou"),
        ("english", "lives live living lived"),
        ("english", "café cafes Café's"),
        ("spanish", "canción canciones cancion"),
        ("spanish", "niño niños niña"),
        ("german", "Haus Häuser Hausern"),
        ("german", "Straße Strassen STRASSE"),
        ("french", "préféré préférer prefere"),
        ("french", "l'école écoles ecole"),
        ("russian", "новый новая новые"),
        ("turkish", "kız kızlar"),
        ("hindi", "किताब किताबें"),
        ("none", "東京都 東京"),
        ("english", "서울에서 서울"),
    ],
)
def test_forms_of_a_word_meet(language: str, forms: str) -> None:
    first, *others = forms.split()
    for other in others:
        assert meet(language, first, other), other
        assert meet(language, other, first), other


@pytest.mark.parametrize(("accented", "bare", "inflected"), [("vivió", "vivio", "vive"), ("comió", "comio", "comer")])
def test_an_accented_word_is_found_by_its_forms_and_without_its_accent(
    accented: str, bare: str, inflected: str
) -> None:
    assert meet("spanish", bare, accented)
    assert meet("spanish", inflected, accented)
    assert not meet("spanish", inflected, bare)  # why one way of stemming does not suffice


@pytest.mark.parametrize(
    ("one", "other"), [("C++", "C"), ("C#", "C++"), ("3.14", "3"), ("Porto", "Lisbon"), ("東京", "京都"), ("🍕", "🍔")]
)
def test_different_words_do_not_meet(one: str, other: str) -> None:
    assert not meet("english", one, other)


def test_function_words_do_not_count_unless_there_is_nothing_else() -> None:
    analyser = Analyser()
    assert analyser.query("Where does Ana live?") == analyser.query("ana live")
    assert analyser.query("The Who") == analyser.query("who the")
    assert analyser.query("The Who").indices
    assert len(Analyser("none").query("Where does Ana live?").indices) == 4


def test_a_name_in_a_function_word_of_another_language_counts() -> None:
    assert meet("english", "Das", "Ana Das")
    assert not meet("german", "Das Haus", "das Kind")


@pytest.mark.parametrize("text", ["", "...", " \n"])
def test_without_words_the_vector_is_empty(text: str) -> None:
    empty = SparseVector(indices=(), values=())
    assert Analyser().document(text) == empty
    assert Analyser().query(text) == empty


def test_document_weights_are_bm25() -> None:
    analyser = Analyser("none")
    average = " ".join(f"word{n}" for n in range(AVERAGE_TERMS))
    assert set(analyser.document(average).values) == {1.0}  # one occurrence at average length
    short, long = analyser.document("porto"), analyser.document(f"porto {average} {average}")
    (porto,) = short.indices
    weight = dict(zip(long.indices, long.values, strict=True))[porto]
    assert weight < 1.0 < short.values[0] < K1 + 1
    (much,) = analyser.document("porto " * AVERAGE_TERMS).values
    assert 1.0 < much < K1 + 1  # it saturates


def test_query_terms_count_once() -> None:
    assert Analyser().query("Porto porto PORTO").values == (1.0,)


@given(texts)
def test_vectors_are_well_formed_and_blind_to_case(text: str) -> None:
    for language in ("english", "portuguese", "none"):
        analyser = Analyser(language)
        document, query = analyser.document(text), analyser.query(text)
        assert document.indices == query.indices == tuple(sorted(set(query.indices)))
        assert all(0 <= index < 2**32 for index in document.indices)
        assert len(document.values) == len(document.indices)
        assert all(0 < value < K1 + 1 for value in document.values)
        assert analyser.document(text) == document


def test_terms_are_stable_across_processes() -> None:
    code = "from graphmem.embed.analyser import Analyser; print(Analyser('pt').query('ações 東京').indices)"
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == "(2451981039, 3257995695)"


def test_threads_agree() -> None:
    """A Snowball stemmer keeps the word it works on: two threads in one would mix words."""
    analyser, alone = Analyser(), Analyser()
    documents = [" ".join(f"{chr(97 + n)}{chr(97 + m)}relationships" for m in range(26)) for n in range(26)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(analyser.document, documents))
    finally:
        sys.setswitchinterval(interval)
    assert together == [alone.document(text) for text in documents]


@pytest.mark.parametrize(
    ("given_name", "language"),
    [("pt", "portuguese"), (" English ", "english"), ("NB", "norwegian"), ("none", "none"), ("None", "none")],
)
def test_languages_go_by_name_or_code(given_name: str, language: str) -> None:
    assert Analyser(given_name).language == language
    assert Analyser(given_name).fingerprint == Analyser(language).fingerprint


@pytest.mark.parametrize("language", ["klingon", "", "auto", "eng"])
def test_an_unknown_language_names_the_known_ones(language: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Unknown language.*german.*none") as caught:
        Analyser(language)
    assert caught.value.setting == "language"


def test_every_language_of_the_stemmer_can_be_used() -> None:
    import snowballstemmer

    for language in snowballstemmer.algorithms():
        if language not in ("porter", "dutch_porter"):  # older variants of english and dutch
            assert Analyser(language).query("Ana").indices


def test_the_fingerprint_tells_languages_and_releases_apart() -> None:
    assert len({Analyser(language).fingerprint for language in ("english", "portuguese", "none")}) == 3
    assert Analyser().fingerprint.startswith("analyser:1:english:snowball-")
    assert Analyser("none").fingerprint == "analyser:1:none:whole"


def test_long_text_is_handled() -> None:
    assert len(Analyser().document("Ana lives in Porto. " * 50_000).indices) == 3
    assert len(Analyser("pt").document("a" * 1_000_000 + " água").indices) == 2
