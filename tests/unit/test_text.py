"""`graphmem.text`: what counts as the same word, name and statement."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphmem.errors import InvalidInput, TooLarge
from graphmem.text import clean, fold, name_key, text_key, words

# Every script and every trap: surrogates stay out, `clean` refuses them at the door.
texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("aZ 'sß İıǅσς’“”—ﬁ½٣①éè\u0301\u0345\u0327\u3099が한ชื่ก้ाि्\u200d\ufe0f\u00ad.,#+1"),
    )
)


class TestFold:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ångström", "angstrom"),
            ("straße", "STRASSE"),
            ("Łódź", "lodz"),
            ("Þórr Ægir Œuvre", "thorr aegir oeuvre"),
            ("İSTANBUL", "ıstanbul"),
            ("O’Brien", "o'brien"),
            ("Jean‑Luc — “hi”", 'jean-luc - "hi"'),
            ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
            ("ﬁancée", "fiance\u0301e"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
            ("ᾳ", "α"),
            ("Ёлка", "елка"),
            ("سَلَامـــ", "سلام"),
            ("שָׁלוֹם", "שלום"),
            ("٢٠٢٤", "2024"),
            ("❤️", "❤"),
            ("co\u00adopera\u200btion", "cooperation"),
            ("ｶﾞ", "ガ"),
            ("Acme™", "acme"),
        ],
    )
    def test_meets(self, one: str, other: str) -> None:
        assert fold(one) == fold(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("が", "か"),
            ("バク", "パク"),
            ("कि", "की"),
            ("क्ष", "कष"),
            ("ข่าว", "ข้าว"),
            ("🇵🇹", "🇪🇸"),
            ("👍", "👎"),
        ],
    )
    def test_keeps_apart_what_is_another_letter(self, one: str, other: str) -> None:
        assert fold(one) != fold(other)

    @pytest.mark.parametrize("plane", range(17))
    def test_is_idempotent_on_every_character(self, plane: int) -> None:
        for start in range(plane << 16, (plane + 1) << 16, 1 << 12):
            folded = fold(" x".join(map(chr, range(start, start + (1 << 12)))))
            assert fold(folded) == folded
            assert fold(folded.upper()) == folded

    @given(texts)
    def test_is_idempotent_and_composed(self, text: str) -> None:
        folded = fold(text)
        assert fold(folded) == folded
        assert unicodedata.is_normalized("NFKC", folded)

    @given(texts)
    def test_does_not_see_case_or_composition(self, text: str) -> None:
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
        assert fold(fold(text).upper()) == fold(text)

    @given(st.text(st.characters(max_codepoint=127)))
    def test_the_short_way_for_ascii_agrees_with_the_long_one(self, text: str) -> None:
        assert fold(text) == fold(text + "é")[:-1]


class TestNameKey:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("  Ana \t María\n", "ana maria"),
            ('"Alice\'s"', "alice"),
            ("Alice’s", "alice"),
            ("James'", "james"),
            ("(Acme Inc.)", "acme inc"),
            ("«Le Monde»,", "le monde"),
            ("『東京』", "東京"),
            ("Yahoo!", "yahoo"),
            ("C++", "c++"),
            ("C#", "c#"),
            ("C", "c"),
            (".NET", ".net"),
            ("AC/DC", "ac/dc"),
            ("@ana", "@ana"),
            ("Rock 'n' Roll", "rock 'n' roll"),
            ("🍕", "🍕"),
            ("!!!", "!!!"),
            ("?", "?"),
            ("'s", "s"),
            ("™", "™"),
            ("   ", ""),
        ],
    )
    def test_examples(self, name: str, key: str) -> None:
        assert name_key(name) == key

    @given(texts)
    @example("a's's'")
    @example("™ ")
    def test_the_key_of_a_key_is_itself_and_empty_only_for_nothing(self, name: str) -> None:
        key = name_key(name)
        assert name_key(key) == key
        assert key == " ".join(key.split())
        assert bool(key) == bool(name.strip())

    @given(texts.filter(lambda name: any(c.isalnum() for c in fold(name))))
    def test_a_name_with_letters_keeps_letters_and_ignores_what_surrounds_it(self, name: str) -> None:
        key = name_key(name)
        assert any(c.isalnum() for c in key)
        assert name_key(f' “{name}”,"') == key


class TestClean:
    @pytest.mark.parametrize("text", ["plain", "🍕", "❤️", "مرحبا", "東京", "a\u200bb", "x" * 20, "\U0010ffff"])
    def test_lets_through(self, text: str) -> None:
        assert clean(f" {text}\n", field="query", max_length=20) == text

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (None, "must be text, not NoneType"),
            (b"bytes", "must be text, not bytes"),
            ("", "is empty"),
            (" \n\u3000", "is empty"),
            ("\u200b\ufeff \u200d", "is empty"),
            ("a\0b", "NUL character at position 1"),
            ("ab\ud83d", "surrogate pair stands at position 2"),
        ],
    )
    def test_refuses_by_name(self, text: str, says: str) -> None:
        with pytest.raises(InvalidInput, match=f"'query'.*{says}") as caught:
            clean(text, field="query", max_length=20)
        assert caught.value.field == "query"
        assert caught.value.hint

    def test_says_how_much_too_long(self) -> None:
        with pytest.raises(TooLarge, match="21 characters, more than the 20 allowed") as caught:
            clean(" " + "x" * 21, field="query", max_length=20)
        assert (caught.value.limit, caught.value.actual) == (20, 21)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Ana lives in Porto.", "ana lives in porto"),
            ("Ana's we'll I'm d'Ana", "ana we i ana"),
            ("don't O’Brien rock'n'roll aujourd'hui", "dont obrien rocknroll aujourdhui"),
            ("L'école dell’arte qu'il", "ecole arte il"),
            ("п'ять м’яч", "пять мяч"),
            ("Ação ações", "acao acoes"),
            ("3.14 3,14 1,000,000 1,234.50 10.0.0.1", "3.14 3.14 1000000 1234.50 10.0.0.1"),
            ("2024-05-01 10:30 gpt-4o covid-19 b2b", "2024 05 01 10 30 gpt 4o covid 19 b2b"),
            ("C++ or C# or a+b, i++!", "c++ or c# or a b i++"),
            ("snake_case __init__", "snake case init"),
            ("東京都に", "東京 京都 都に"),
            ("林", "林"),
            ("iPhone手机ok", "iphone 手机 ok"),
            ("서울에서", "서울 울에 에서"),
            ("ข่าว", "ข่ ่า าว"),
            ("तुम कौन हो।", "तुम कौन हो"),
            ("Привет, мир", "привет мир"),
            ("שלום צה״ל", "שלום צהל"),
            ("I ❤️ 🍕 in 🇵🇹", "i ❤ 🍕 in 🇵🇹"),
            ("... !?", ""),
            ("", ""),
        ],
    )
    def test_examples(self, text: str, expected: str) -> None:
        assert words(text) == expected.split()

    @given(texts)
    def test_tokens_are_folded_and_without_spaces(self, text: str) -> None:
        for token in words(text):
            assert token
            assert token == fold(token)
            assert token == "".join(token.split())

    @given(texts)
    def test_does_not_depend_on_the_form_of_the_text(self, text: str) -> None:
        assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))

    @given(texts, texts)
    def test_a_line_break_parts_words(self, one: str, other: str) -> None:
        assert words(f"{one}\n{other}") == words(one) + words(other)

    @given(st.text(st.characters(max_codepoint=127)))
    def test_the_short_way_for_ascii_agrees_with_the_long_one(self, text: str) -> None:
        assert [*words(text), "東"] == words(f"{text}\n東")

    @given(texts.filter(lambda text: any(c.isalnum() and c.isascii() for c in text)))
    def test_a_letter_always_makes_a_word(self, text: str) -> None:
        assert words(text)


class TestTextKey:
    @pytest.mark.parametrize(
        "same",
        ["Ana lives in Porto", "ana  lives in\nPORTO.", "Ana lives in Porto!!", "Ána lives in Porto …"],
    )
    def test_meets(self, same: str) -> None:
        assert text_key(same) == text_key("Ana lives in Porto.")

    @pytest.mark.parametrize("other", ["Ana lives in Porto?", "Ana lived in Porto.", "Porto lives in Ana."])
    def test_keeps_apart(self, other: str) -> None:
        assert text_key(other) != text_key("Ana lives in Porto.")

    def test_is_stable_across_processes(self) -> None:
        code = "from graphmem.text import text_key; print(text_key('Ana lives in Porto.'))"
        other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert other.stdout.strip() == text_key("Ana lives in Porto.") == "d569e26d690f01f9766e8a5a2c0875d4"

    def test_punctuation_alone_still_has_a_key_of_its_own(self) -> None:
        assert len({text_key("..."), text_key("!"), text_key("™"), text_key("a")}) == 4


@pytest.mark.parametrize("piece", ["ana's 3.14 ", "a'", "1,", "a#", "1.1a", "東", "ชื่", "a\u0301", "हि", "'s", "(("])
def test_a_megabyte_of_anything_is_handled(piece: str) -> None:
    """A quadratic pattern would make this run for minutes."""
    text = piece * (1_000_000 // len(piece)) + "é"
    assert words(text)
    assert name_key(text)
    assert len(text_key(text)) == 32
