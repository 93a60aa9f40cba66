"""The rules extractor: sentence by sentence, English patterns, no model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import anyio.to_thread

from graphmem.abc import Extractor
from graphmem.drafts import AGENT, Extraction, ExtractionRequest, Instructions, MemoryDraft
from graphmem.errors import NotSupported
from graphmem.extraction.dates import find_dates
from graphmem.extraction.names import Name, find_names, word_lists
from graphmem.extraction.rules import corrections, worth
from graphmem.extraction.rules.lexicon import lexicon
from graphmem.extraction.rules.reading import Reading, Words, read, words_of
from graphmem.extraction.rules.sentences import Sentence, split_sentences
from graphmem.extraction.rules.talk import Relatives, Talk
from graphmem.extraction.speakers import speaker_of
from graphmem.models import Episode, Origin

__all__ = ["RulesExtractor"]

_MAX_PATTERN = 300
"""Characters of a sentence that may be courtesy, a question or a definition."""
_MIN_WORDS = 3
_LONG = 20_000
"""Characters beyond which reading takes long enough to be done in a thread."""


class RulesExtractor(Extractor):
    """Finds memories without a model, by rules of English.

    Every sentence that tells something becomes a memory, or several where it makes several statements: in the third
    person where that is simple, else in the speaker's words. Courtesy, questions, requests and what looks like general
    knowledge are left out. Names, dates and common patterns ("Marta, my sister, works at ...", "I moved from ... to
    ...") make entities and relations.

    It understands nothing: other languages become sentences with names, irony is taken at its word, and what an
    unknown phrase states is not seen.
    """

    async def extract(self, request: ExtractionRequest) -> Extraction:
        """What the rules find; see `Extractor.extract`.

        Raises `NotSupported` for instructions in words, which no rule can follow.
        """
        _check(request.instructions)
        if sum(len(episode.content) for episode in request.episodes) > _LONG:
            return await anyio.to_thread.run_sync(_extract, request)
        return _extract(request)


def _extract(request: ExtractionRequest) -> Extraction:
    drafts: list[MemoryDraft] = []
    refused: list[int] = []
    relatives: dict[str, Relatives] = {}
    for index, episode in enumerate(request.episodes):
        speaker = speaker_of(episode, request.scope)
        known = relatives.setdefault(speaker.entity, {})
        talk = Talk(speaker, relatives=known, recall=partial(_recall, request, episode))
        message = _Message(request, index, episode, talk)
        drafts += message.drafts()
        if message.only_forgets:
            refused.append(index)
    return Extraction(memories=tuple(drafts), origin=Origin(extractor="rules"), refused=tuple(refused))


def _check(instructions: Instructions) -> None:
    for field_name, value in (
        ("custom_instructions", instructions.custom),
        ("agent_custom_instructions", instructions.agent),
        ("includes", instructions.includes),
        ("excludes", instructions.excludes),
    ):
        if value:
            raise NotSupported(
                f"The extractor 'rules' cannot follow {field_name!r}: it takes a model to understand them.",
                hint="Configure a model (GRAPHMEM_LLM), leave them out, or add with infer=False.",
                field=field_name,
            )


def _recall(request: ExtractionRequest, episode: Episode) -> Relatives:
    """Who is whose sister, from what the same speaker said before and from the memories shown."""
    speaker = speaker_of(episode, request.scope)
    talk = Talk(speaker)
    said = [earlier.content for earlier in request.context if speaker_of(earlier, request.scope) == speaker]
    for text in (*said, *(memory.text for memory in request.shown)):
        short = text[:_MAX_PATTERN]
        if any(word in short for word in ("my ", "My ", "'s ")):
            names = _Named(short)
            for sentence in split_sentences(short):
                read(words_of(sentence.text, sentence.start, names.within(sentence)), talk, episode.observed_at)
    return talk.relatives


@dataclass(slots=True)
class _Message:
    """One episode on its way to drafts."""

    request: ExtractionRequest
    index: int
    episode: Episode
    talk: Talk
    found: list[MemoryDraft] = field(default_factory=list)
    forgets: int = 0

    @property
    def only_forgets(self) -> bool:
        """Whether all the message does is to take something back: its own words are not to be kept either."""
        return self.forgets > 0 and self.forgets == len(self.found)

    def drafts(self) -> list[MemoryDraft]:
        """The drafts of the message, in order."""
        names = _Named(self.episode.content)
        for sentence in split_sentences(self.episode.content):
            self._sentence(sentence, names.within(sentence))
        return self.found

    def _sentence(self, sentence: Sentence, names: Sequence[Name]) -> None:
        text = worth.without_lead_in(sentence.text)
        offset = sentence.end - len(text)
        if (what := corrections.what_to_forget(text)) is not None:
            targets = corrections.forgotten(what, self.request.shown)
            self._add(MemoryDraft(text=text, verdict="retracts", targets=targets))
            self.forgets += 1
            return
        words = words_of(text, offset, names)
        if (cut := worth.after_address(words.tokens, words.names)) > 0:
            text, offset = text[cut:], offset + cut
            words = words_of(text, offset, names)
        if (pair := corrections.corrected(text)) is not None and self._correct(*pair):
            return
        if self._is_idle(text, words):
            return
        for reading in self._read(words):
            if reading.relations or self._tells(text, words, reading):
                self._add(_draft(reading))

    def _read(self, words: Words) -> list[Reading]:
        return read(words, self.talk, self.episode.observed_at, role=self.episode.role)

    def _add(self, draft: MemoryDraft) -> None:
        self.found.append(replace(draft, attributed_to=self.episode.role, episodes=(self.index,)))

    def _is_idle(self, text: str, words: Words) -> bool:
        """Whether the form alone shows that there is nothing to remember."""
        if len(text) > _MAX_PATTERN:
            return False
        if worth.is_courtesy(words.tokens, words.named) or worth.is_question(text, words.tokens):
            return True
        if worth.is_knowledge(text, words.tokens):
            return True
        if self.talk.speaker.entity == AGENT and self.episode.name is None:
            return worth.is_offer(text)
        nobody = not words.names or worth.is_addressed_last(words.tokens, words.names)
        idle = worth.is_request(text, words.tokens) or (nobody and worth.is_idle(text, words.tokens))
        return idle and not find_dates(text, self.episode.observed_at)

    def _tells(self, text: str, words: Words, reading: Reading) -> bool:
        """Whether a sentence without relations says enough to be kept."""
        plain = [token for token in words.tokens if not token.is_mark]
        if not any(token.word in word_lists()["common"] for token in plain):
            return len(plain) > 1 or not text.isascii()  # another language, of which nothing is known
        if self.talk.speaker.entity == AGENT and self.episode.name is None:
            concerns = words.names or any(token.word in _PERSONAL for token in plain)
            return bool(concerns) and len(plain) > _MIN_WORDS
        content = [token for token in plain if not _is_small(token.word)]
        return len(content) > 1 or (bool(content) and len(reading.entities) > 0)

    def _correct(self, wrong: str, right: str) -> bool:
        """ "Not Porto, Lisbon": say the one memory that names Porto anew; False if it is not sure which."""
        own = corrections.holding(wrong, [draft.text for draft in self.found])
        if own is not None:
            before = self.found[own]
            anew = self._anew(before.text, wrong, right)
            self.found[own] = replace(anew, attributed_to=before.attributed_to, episodes=before.episodes)
            return True
        shown = corrections.holding(wrong, [memory.text for memory in self.request.shown])
        if shown is None:
            return False
        memory = self.request.shown[shown]
        self._add(replace(self._anew(memory.text, wrong, right), verdict="supersedes", targets=(memory.id,)))
        return True

    def _anew(self, text: str, wrong: str, right: str) -> MemoryDraft:
        said = corrections.replaced(text, wrong, right)
        *asides, statement = self._read(words_of(said, 0, find_names(said)))
        for aside in asides:
            self._add(_draft(aside))
        return _draft(statement)


_PERSONAL = frozenset({"you", "your", "i", "my", "we", "our"})


def _is_small(word: str) -> bool:
    """Whether a word says nothing by itself."""
    words = lexicon().words
    return any(word in words[name] for name in ("courtesy", "ends_phrase", "determiners", "adverbs"))


def _draft(reading: Reading) -> MemoryDraft:
    return MemoryDraft(
        text=reading.text,
        entities=reading.entities,
        relations=reading.relations,
        valid_at=reading.valid_at,
        invalid_at=reading.invalid_at,
    )


class _Named:
    """The names of a text, by sentence."""

    def __init__(self, text: str) -> None:
        self._names = find_names(text)
        self._starts = [name.start for name in self._names]

    def within(self, sentence: Sentence) -> list[Name]:
        """The names that stand in the sentence."""
        first, last = bisect_left(self._starts, sentence.start), bisect_left(self._starts, sentence.end)
        return [name for name in self._names[first:last] if name.end <= sentence.end]
