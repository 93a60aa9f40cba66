"""The keyword arm's analyser: texts to term vectors, the same ones for every index.

Words are folded and split (`graphmem.text.words`), the most frequent function words dropped, the others stemmed and
hashed to 32 bits. Document weights are BM25's term saturation (Robertson and Zaragoza 2009,
https://doi.org/10.1561/1500000019); the inverse document frequency is the index's part.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
import zlib
from collections import Counter
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphmem.abc import KeywordEncoder
from graphmem.errors import ConfigurationError
from graphmem.models import SparseVector
from graphmem.text import fold, words

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Analyser"]

_VERSION = 1
"""To be raised with every change of what the analyser makes of a text: the index has to be rebuilt then."""

K1 = 1.2
"""How soon repeating a term stops to add weight; the usual value."""
B = 0.75
"""How much a long text's terms weigh less; the usual value."""
AVERAGE_TERMS = 32
"""The length that counts as average, in terms without function words. Fixed, because a moving average would change the
weights of what is already in the index; four times a short fact's, because facts share the index with whole messages:
with less, their length pushes those down (measured: recall at 5 on chat files 79 at 12 terms, 86 at 32, on short facts
56 at either)."""

_MEMO = 32_768
_LONGEST = 40
"""Characters; beyond, it is no word of any language (a hash, a key, a URL's tail), and is taken as it is."""
_RUN = re.compile(r"\w+")


class _Language(NamedTuple):
    name: str
    stop: frozenset[str]
    snowball: bool


class Analyser(KeywordEncoder):
    """Turns texts into term vectors. Pure and thread-safe; about 1 µs a word once it has been seen.

    `language` is a Snowball language by its English name or ISO 639-1 code (`portuguese`, `pt`), or `none`: whole
    words, nothing dropped. Text in another language is found too, less well across its inflections. Scripts that
    are written without spaces need no language. Raises `ConfigurationError` for an unknown one.
    """

    def __init__(self, language: str = "english") -> None:
        self._language = _find(language)
        self._stemmer: Any = None
        self._lock = threading.Lock()
        self._term = lru_cache(maxsize=_MEMO)(self._hashed)

    @property
    def language(self) -> str:
        """The language's English name, or `none`."""
        return self._language.name

    @property
    def fingerprint(self) -> str:
        """`analyser:VERSION:LANGUAGE:STEMMER`: a new release of the stemmer may stem another way."""
        stemmer = f"snowball-{version('snowballstemmer')}" if self._language.snowball else "whole"
        return f"analyser:{_VERSION}:{self._language.name}:{stemmer}"

    def document(self, text: str) -> SparseVector:
        """Each term with its frequency as BM25 saturates it; indices ascend. Empty if there is no word."""
        tokens, counts = self._terms(text)
        slope = K1 * (1 - B + B * tokens / AVERAGE_TERMS)
        weights = {term: count * (K1 + 1) / (count + slope) for term, count in sorted(counts.items())}
        return SparseVector(indices=tuple(weights), values=tuple(weights.values()))

    def query(self, text: str) -> SparseVector:
        """Each distinct term with the weight 1; indices ascend."""
        _, counts = self._terms(text)
        return SparseVector(indices=tuple(sorted(counts)), values=(1.0,) * len(counts))

    def _terms(self, text: str) -> tuple[int, Counter[int]]:
        """How many words count, and how often each term stands for one."""
        found = words(text)
        # A name may be made of function words alone: The Who.
        kept = [word for word in found if word not in self._language.stop] or found
        accented = self._accented(text)
        if not accented:
            return len(kept), Counter(map(self._term, kept))
        counts: Counter[int] = Counter()
        for word, times in Counter(kept).items():
            # Two ways to stem, because Snowball's rules know accents, and people leave them out: "vivió" is indexed
            # under "viv" with "vive", and under "vivi" with "vivio". A set: mostly they agree.
            terms = {self._term(word), *(self._term(form) for form in accented.get(word, ()))}
            counts.update(dict.fromkeys(terms, times))
        return len(kept), counts

    def _accented(self, text: str) -> Mapping[str, set[str]]:
        """The accented forms in the text, in lower case, by their folded form; only where stems may differ."""
        forms: dict[str, set[str]] = {}
        if self._language.snowball and not text.isascii():
            for form in set(_RUN.findall(unicodedata.normalize("NFC", text).lower())):
                if not form.isascii() and (folded := fold(form)) != form:
                    forms.setdefault(folded, set()).add(form)
        return forms

    def _hashed(self, word: str) -> int:
        return zlib.crc32(fold(self._stem(word)).encode("utf-8", "surrogatepass"))

    def _stem(self, word: str) -> str:
        number_or_sign = word.isascii() and not word.isalpha()
        if not self._language.snowball or len(word) > _LONGEST or number_or_sign:
            return word
        if self._language.name == "portuguese":
            word = _portuguese_singular(word)
        with self._lock:  # a Snowball stemmer keeps the word it works on
            if self._stemmer is None:
                # Not through the package's own door: that prefers another library, if it is there, whose stems differ.
                module = import_module(f"snowballstemmer.{self._language.name}_stemmer")
                self._stemmer = getattr(module, f"{self._language.name.title()}Stemmer")()
            return str(self._stemmer.stemWord(word))


_PLURALS = (("ões", "ão"), ("oes", "ao"), ("ães", "ão"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ens", "em"))


def _portuguese_singular(word: str) -> str:
    """The regular plurals that Snowball leaves apart from their singular: "ações" and "ação", "animais", "viagens".

    After the plural step of RSLP (Orengo and Huyck 2001, https://doi.org/10.1109/SPIRE.2001.989755).
    """
    for plural, singular in _PLURALS:
        if len(word) > 4 and word.endswith(plural):
            return word[: -len(plural)] + singular
    return word


@cache
def _languages() -> Mapping[str, Mapping[str, Any]]:
    data: dict[str, dict[str, Any]] = json.loads(files("graphmem.embed").joinpath("languages.json").read_text("utf-8"))
    spec = find_spec("snowballstemmer")  # without importing it: that takes 0.1 s
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    # Which languages there are depends on the release that is installed.
    return {name: e for name, e in data.items() if any((f / f"{name}_stemmer.py").exists() for f in folders)}


def _find(language: str) -> _Language:
    wanted = language.strip().lower()
    if wanted == "none":
        return _Language(name="none", stop=frozenset(), snowball=False)
    for name, entry in _languages().items():
        if wanted == name or wanted in entry["codes"]:
            return _Language(name=name, stop=frozenset(entry.get("stop", "").split()), snowball=True)
    known = ", ".join([*sorted(_languages()), "none"])
    raise ConfigurationError(f"Unknown language: {language!r}.", hint=f"Known: {known}.", setting="language")
