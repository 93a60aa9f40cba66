"""Words that retire what was said before: "not Porto, Lisbon", "switched from X to Y", "forget that".

For texts that no model judged, and in English only (`data/retirements.json`). It compares a new text with the current
memories it was shown, and decides only where subject, verb and object agree: what is unsure stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from graphmem.drafts import MemoryDraft
from graphmem.extraction.planned import PlanItem
from graphmem.models import Episode, Memory
from graphmem.text import fold, name_key

__all__ = ["Spoken", "spoken_retirements", "spoken_verdict"]

MAX_LENGTH = 200
"""Characters of a sentence beyond which it is not read: corrections are short."""

MAX_EXTRA = 2
"""Words that a memory may hold beyond those that deny or retract it."""

MAX_BARE = 3
"""Words of a name in a correction that has no verb."""

REACH = 3
"""Words between a verb and its object in a memory."""

_SELF = "i"
_SENTENCE = re.compile(r"[^.!?;\n]+")
_TOKEN = re.compile(r"[^\W_]+(?:['.+#&-]+[^\W_]+)*[+#]*")


class Spoken(NamedTuple):
    """What the words of a text do to the memories in `targets`."""

    verdict: Literal["supersedes", "retracts"]
    targets: tuple[str, ...]


def spoken_verdict(item: PlanItem, draft: MemoryDraft) -> Spoken | None:
    """What a draft's words retire, where no model has judged it; None if nothing, or nothing surely."""
    if not item.shown or draft.verdict != "new" or item.extraction.origin.model is not None:
        return None
    episode = item.episodes[draft.episodes[0]] if _is_one(draft.episodes, item.episodes) else None
    speaker = episode.name if episode and episode.name else item.scope.owner.partition(":")[2]
    found = spoken_retirements(
        draft.text,
        item.shown,
        speaker=speaker,
        role=draft.attributed_to or (episode.role if episode else "user"),
    )
    if found is not None and not draft.inferred:
        return Spoken("supersedes", found.targets)  # every text that came verbatim is kept
    return found


def _is_one(indices: Sequence[int], episodes: Sequence[Episode]) -> bool:
    return bool(indices) and 0 <= indices[0] < len(episodes)


def spoken_retirements(
    text: str, shown: Iterable[Memory], *, speaker: str = "", role: str | None = None
) -> Spoken | None:
    """Which of the current memories in `shown` the words of `text` retire, and how; None if none surely.

    `speaker` is who says "I" in the text, by name or id; `role` theirs.
    """
    current = (memory for memory in shown if memory.is_current and not memory.immutable)
    views = [_View.of(memory, speaker, role) for memory in current]
    for match in _SENTENCE.finditer(text):
        sentence = " ".join(fold(match[0]).split()).strip(" ,:-")
        if sentence and len(sentence) <= MAX_LENGTH:
            for verdict, found in _readings(sentence, speaker, views):
                if found:
                    return Spoken(verdict, tuple(dict.fromkeys(found)))
    return None


def _readings(
    sentence: str, speaker: str, views: Sequence[_View]
) -> Iterator[tuple[Literal["supersedes", "retracts"], list[str]]]:
    """What the sentence may do, by the cues that fit it."""
    cues = _cues()
    for pattern in cues.retract:
        if match := pattern.fullmatch(sentence):
            yield "retracts", _saying(_Clause.of(match["what"], speaker), views)
    for pattern in cues.retract_about:
        if match := pattern.fullmatch(sentence):
            about = [view.id for view in views if view.holds(_phrase(match["what"]))]
            yield "retracts", about if len(about) == 1 else []
    for pattern in cues.deny:
        if match := pattern.fullmatch(sentence):
            yield "supersedes", _saying(_Clause.of(f"{match['frame']} {match['what']}", speaker), views)
    for replacement in cues.replace:
        for pattern in replacement.patterns:
            if match := pattern.fullmatch(sentence):
                yield "supersedes", _replaced(match.groupdict(), replacement.of, speaker, views)


# -- judging


def _saying(clause: _Clause, views: Sequence[_View]) -> list[str]:
    """The memories that say what a clause says, and hardly more."""
    return [view.id for view in views if view.says(clause)]


def _replaced(said: dict[str, str | None], of: frozenset[str], speaker: str, views: Sequence[_View]) -> list[str]:
    """The memories that have the old where the new goes."""
    old, new = _phrase(said["old"] or ""), _phrase(said["new"] or "")
    if not old or not new or old == new:
        return []
    holding = [view for view in views if view.holds(old)]
    candidates = [view for view in holding if not (view.holds(new[:1]) or view.clause.negated or view.clause.past)]
    around = " ".join(filter(None, (said.get("frame"), said.get("verb"))))
    if not around and not of:
        # "Not Porto, Lisbon" corrects what was just said: it must be clear which, and be no more than that.
        is_clear = len(candidates) == len(holding) == 1 and max(len(old), len(new)) <= MAX_BARE
        return [candidates[0].id] if is_clear else []
    clause = _Clause.of(around or "I", speaker)
    verbs = of or clause.stems
    chosen = [view.id for view in candidates if view.clause.subject == clause.subject and view.joins(verbs, old)]
    return chosen if clause.subject and verbs else []


# -- the shape of sentences


@dataclass(frozen=True, slots=True)
class _Clause:
    """A sentence in parts: who it is about (empty if that cannot be told), the words after, and their stems."""

    subject: str
    tokens: tuple[str, ...]
    stems: frozenset[str]
    negated: bool
    past: bool
    first_person: bool

    @classmethod
    def of(cls, sentence: str, speaker: str) -> _Clause:
        cues = _cues()
        tokens = _TOKEN.findall(fold(sentence))
        while len(tokens) > 1 and tokens[0] in cues.openers:
            tokens.pop(0)
        subject, size = _subject(tokens, speaker)
        rest = tokens[size:]
        denials = {token for token in rest if token in cues.negations or token.endswith("n't")}
        return cls(
            subject=subject,
            tokens=tuple(rest),
            stems=frozenset(_stem(token) for token in rest if token not in cues.stop | denials),
            negated=bool(denials),
            past=any(token.endswith("ed") and token not in cues.ongoing for token in rest[:2]),
            first_person=tokens[:1] != [] and tokens[0] in cues.first_person,
        )


def _subject(tokens: Sequence[str], speaker: str) -> tuple[str, int]:
    """Who the words begin with, and in how many words; the speaker is `self`, by whichever name."""
    cues = _cues()
    if not tokens:
        return "", 0
    if tokens[0] in cues.first_person:
        return _SELF, 1
    for name in (_TOKEN.findall(fold(speaker)), *(each.split() for each in cues.selves)):
        if name and list(tokens[: len(name)]) == name:
            return _SELF, len(name)
    if tokens[0] in cues.determiners or tokens[0].endswith("'s"):
        return " ".join(tokens[:2]), 2
    return tokens[0], 1


@dataclass(frozen=True, slots=True)
class _View:
    """A memory as the judges see it."""

    id: str
    clause: _Clause

    @classmethod
    def of(cls, memory: Memory, speaker: str, role: str | None) -> _View:
        clause = _Clause.of(memory.text, speaker)
        if clause.first_person:
            names = {name_key(mention.name) for mention in memory.mentions}
            if name_key(speaker) not in names or (role and memory.attributed_to not in (None, role)):
                clause = replace(clause, subject="")  # somebody else's "I" is somebody else
        return cls(memory.id, clause)

    def says(self, clause: _Clause) -> bool:
        """Whether it says all of that of the same subject, and hardly more."""
        mine = self.clause
        if not clause.subject or mine.subject != clause.subject or mine.negated != clause.negated or mine.past:
            return False
        if mine.stems == clause.stems:
            return bool(mine.stems)
        enough = len(clause.stems) >= 2 and clause.stems <= mine.stems
        return enough and len(mine.stems - clause.stems) <= MAX_EXTRA

    def holds(self, phrase: tuple[str, ...]) -> bool:
        """Whether the words stand in it, one after the other."""
        return any(True for _ in self._places(phrase))

    def joins(self, verbs: Iterable[str], phrase: tuple[str, ...]) -> bool:
        """Whether one of the verbs stands shortly before the phrase."""
        stems = frozenset(verbs)
        tokens = self.clause.tokens
        return any(
            stems & {_stem(token) for token in tokens[max(0, place - REACH) : place]} for place in self._places(phrase)
        )

    def _places(self, phrase: tuple[str, ...]) -> Iterator[int]:
        tokens, size = self.clause.tokens, len(phrase)
        return (at for at in range(len(tokens) - size + 1) if size and tokens[at : at + size] == phrase)


def _phrase(text: str) -> tuple[str, ...]:
    """The words of a noun phrase, without what only leads to it."""
    edges = _cues().edges
    tokens = _TOKEN.findall(text)
    while tokens and tokens[0] in edges:
        tokens.pop(0)
    return tuple(tokens)


def _stem(token: str) -> str:
    """One form for `live`, `lives`, `lived` and `living`; crude, the same for both sides of a comparison."""
    token = token.removesuffix("'s")
    for ending in ("ing", "ed", "s"):
        if token.endswith(ending) and len(token) - len(ending) >= 2 and not token.endswith("ss"):
            token = token.removesuffix(ending)
            break
    if len(token) > 3 and token[-1] == token[-2]:
        token = token[:-1]
    return token.removesuffix("e") if len(token) > 2 else token


# -- the data


class _Replacement(NamedTuple):
    patterns: tuple[re.Pattern[str], ...]
    of: frozenset[str]


class _Cues(NamedTuple):
    retract: tuple[re.Pattern[str], ...]
    retract_about: tuple[re.Pattern[str], ...]
    deny: tuple[re.Pattern[str], ...]
    replace: tuple[_Replacement, ...]
    openers: frozenset[str]
    first_person: frozenset[str]
    selves: tuple[str, ...]
    determiners: frozenset[str]
    ongoing: frozenset[str]
    negations: frozenset[str]
    edges: frozenset[str]
    stop: frozenset[str]


@cache
def _cues() -> _Cues:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("data", "retirements.json").read_text("utf-8"))
    return _Cues(
        retract=tuple(map(_compiled, data["retract"])),
        retract_about=tuple(map(_compiled, data["retract_about"])),
        deny=tuple(map(_compiled, data["deny"])),
        replace=tuple(
            _Replacement(tuple(map(_compiled, each["say"])), frozenset(map(_stem, each.get("of", ()))))
            for each in data["replace"]
        ),
        selves=tuple(data["self"]),
        **{
            name: frozenset(data[name])
            for name in ("openers", "first_person", "determiners", "ongoing", "negations", "edges", "stop")
        },
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = pattern.replace("{frame}", "(?P<frame>.+)")
    for slot in ("verb", "old", "new", "what"):
        pattern = pattern.replace(f"{{{slot}}}", f"(?P<{slot}>[^,]+?)")
    return re.compile(pattern)
