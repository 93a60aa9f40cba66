"""From drafts to decisions: what becomes of each statement that was extracted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from graphmem.drafts import MemoryDraft
from graphmem.extraction.board import Board
from graphmem.extraction.planned import ItemOutcome, Outcome, PlanItem, turned
from graphmem.extraction.resolve import Cast
from graphmem.extraction.rewrite import rewrite
from graphmem.extraction.spoken import spoken_verdict
from graphmem.extraction.statements import Speech, span
from graphmem.extraction.succession import retire, settle
from graphmem.models import Event, Memory, Mention
from graphmem.text import text_key

__all__ = ["Item"]


class Item:
    """One item being remembered on a board."""

    def __init__(self, board: Board, item: PlanItem) -> None:
        self._board = board
        self._item = item
        refused = set(item.extraction.refused)
        kept = () if item.keep_episodes == "none" else item.episodes
        self._kept = {index for index in range(len(kept)) if index not in refused}
        self._sourced: set[int] = set()
        self._results: list[Outcome] = []

    def remember(self) -> tuple[ItemOutcome, tuple[list[str], list[str]]]:
        """Decide on every draft; the outcome, and the ids of the relations that were added and closed."""
        board = self._board
        added, closed = len(board.added), len(board.closed)
        for draft in self._item.extraction.memories:
            self._draft(draft)
        self._keep_episodes()
        return ItemOutcome(results=tuple(self._results)), (board.added[added:], board.closed[closed:])

    def _draft(self, draft: MemoryDraft) -> None:
        verdict, targets = draft.verdict, draft.targets
        said = spoken_verdict(self._item, draft)
        if said is not None:
            verdict, targets = said.verdict, said.targets
        known = [memory for key in targets if (memory := self._board.memories.get(key))]
        self._board.watch_ids.update(memory.id for memory in known)
        current = [memory for memory in known if memory.is_current]
        mine = current[0] if current and current[0].scope == self._item.scope else None
        reason = "words" if said is not None else "model"
        if verdict == "retracts":
            self._retract(draft, current, reason)
        elif verdict == "repeats" and mine is not None:
            self._provenance(mine, draft, links=False)
        elif verdict == "rewords" and mine is not None and not mine.immutable:
            self._reword(mine, draft)
        else:
            stale = current if verdict in ("supersedes", "rewords") else []
            twin = self._twin(draft, stale)
            if twin is not None:
                self._provenance(twin, draft, links=True, stale=stale, reason=reason)
            else:
                self._add(draft, stale, reason)

    # -- what a draft becomes

    def _add(self, draft: MemoryDraft, stale: list[Memory], reason: str) -> None:
        """A memory of its own."""
        board, item = self._board, self._item
        memory_id = board.new_id()
        indices = self._indices(draft)
        told = self._told(indices)
        valid_at, invalid_at = span(draft)
        board.moments[memory_id] = (valid_at or told, told)
        sources = self._sources(indices)
        board.sources[memory_id] = frozenset((memory_id, *(item.episodes[index].id for index in indices)))
        turns = len(board.turns)
        for memory in stale:
            retire(board, memory, by=memory_id, since=valid_at or told, told=told, reason=reason)
        cast = Cast(board, item.scope)
        cast.introduce(draft)
        speech = Speech(
            memory_id=memory_id,
            scope=item.scope,
            told=told,
            valid_at=valid_at,
            invalid_at=invalid_at,
            immutable=draft.immutable,
        )
        is_late = speech.say(board, cast, draft.relations)
        memory = Memory(
            id=memory_id,
            scope=item.scope,
            text=draft.text,
            metadata=draft.metadata,
            categories=draft.categories,
            observed_at=told,
            valid_at=valid_at,
            invalid_at=invalid_at,
            created_at=board.at,
            updated_at=board.at,
            expiration_date=draft.expiration_date,
            immutable=draft.immutable,
            attributed_to=draft.attributed_to or (item.episodes[indices[0]].role if indices else None),
            origin=item.extraction.origin,
            mentions=cast.mentions,
            relation_ids=tuple(sorted(board.links.get(memory_id, ()))),
            episode_ids=sources,
        )
        board.put_memory(memory)
        board.log(Event.ADD, memory, new=memory.text)
        if is_late:
            settle(board, memory_id, reason="told late")
        self._report(Outcome(event="ADD", memory=board.memories[memory_id]), turns)

    def _provenance(
        self,
        memory: Memory,
        draft: MemoryDraft,
        *,
        links: bool,
        stale: Iterable[Memory] = (),
        reason: str = "model",
    ) -> None:
        """The statement is known: its provenance grows, and with `links` what it mentions and states."""
        board = self._board
        indices = self._indices(draft)
        told = self._told(indices)
        sources = tuple(sorted({*memory.episode_ids, *self._sources(indices)}))
        turns = len(board.turns)
        for each in stale:
            retire(board, each, by=memory.id, since=draft.valid_at or told, told=told, reason=reason)
        board.sources[memory.id] = frozenset((memory.id, *memory.episode_ids, *sources))
        mentions, is_late = memory.mentions, False
        if links:
            valid_at, invalid_at = span(draft)
            cast = Cast(board, self._item.scope)
            cast.introduce(draft)
            speech = Speech(
                memory_id=memory.id,
                scope=self._item.scope,
                told=told,
                valid_at=valid_at,
                invalid_at=invalid_at,
                immutable=memory.immutable,
            )
            is_late = speech.say(board, cast, draft.relations)
            mentions = _united(mentions, cast.mentions)
        grown = replace(board.memories[memory.id], episode_ids=sources, mentions=mentions)
        dated = _dated(grown, draft)
        board.put_memory(dated)
        if dated != grown:
            board.log(Event.UPDATE, dated, old=memory.text, new=memory.text, reason="dated")
        board.moments.pop(memory.id, None)
        if is_late:
            settle(board, memory.id, reason="told late")
        event: Literal["NONE", "UPDATE"] = "NONE" if dated == grown else "UPDATE"
        self._report(Outcome(event=event, memory=board.memories[memory.id]), turns)

    def _reword(self, memory: Memory, draft: MemoryDraft) -> None:
        """The same memory in better words."""
        indices = self._indices(draft)
        turns = len(self._board.turns)
        sources = {*memory.episode_ids, *self._sources(indices)}
        if draft.text == memory.text:
            self._provenance(memory, draft, links=True)
            return
        rewrite(
            self._board,
            memory,
            text=draft.text,
            draft=draft,
            reason="model",
            metadata={**memory.metadata, **draft.metadata},
            categories=draft.categories or memory.categories,
            expiration_date=draft.expiration_date or memory.expiration_date,
            episode_ids=tuple(sorted(sources)),
        )
        reworded = self._board.memories[memory.id]
        self._report(Outcome(event="UPDATE", memory=reworded, previous_text=memory.text), turns)

    def _retract(self, draft: MemoryDraft, current: list[Memory], reason: str) -> None:
        """What was said holds no longer, and nothing takes its place."""
        told = self._told(self._indices(draft))
        turns = len(self._board.turns)
        for memory in current:
            retire(
                self._board,
                memory,
                by=None,
                since=draft.valid_at or told,
                told=told,
                reason=f"retracted:{reason}",
            )
        self._report(None, turns)

    def _report(self, outcome: Outcome | None, since: int) -> None:
        """Note what became of a draft, and which memories it retired or, reworded, let hold again."""
        own = outcome.memory.id if outcome else None
        if outcome is not None:
            self._results.append(outcome)
        self._results += turned(self._board.turns[since:], self._board.memories, but=own)

    # -- the same again

    def _twin(self, draft: MemoryDraft, stale: Iterable[Memory]) -> Memory | None:
        """A current memory of the same scope that says the same in the same words of the same time."""
        if not draft.inferred:
            return None
        board = self._board
        key = text_key(draft.text)
        board.watch_texts.add(key)
        excluded = {memory.id for memory in stale}
        twins = [m for m in board.with_text(key) if m.id not in excluded and self._is_twin(m, draft)]
        return min(twins, key=lambda memory: memory.created_at, default=None)

    def _is_twin(self, memory: Memory, draft: MemoryDraft) -> bool:
        if memory.scope != self._item.scope or not memory.is_current:
            return False
        if memory.expiration_date != draft.expiration_date or (draft.immutable and not memory.immutable):
            return False
        if memory.expiration_date is not None and memory.expiration_date < self._board.at.date():
            return False
        valid_at, invalid_at = span(draft)
        times = ((memory.valid_at, valid_at), (memory.invalid_at, invalid_at))
        if any(None not in pair and pair[0] != pair[1] for pair in times):
            return False
        if memory.invalid_at is None and invalid_at is not None and invalid_at <= memory.observed_at:
            return False  # what was said to hold then, and what was over by then, are two things
        # Said again after one of its relations was closed, it is news.
        return all(relation.superseded_by is None for relation in self._board.stated_by(memory.id))

    # -- sources

    def _indices(self, draft: MemoryDraft) -> tuple[int, ...]:
        """The episodes a draft comes from: those it names, else all."""
        count = len(self._item.episodes)
        named = tuple(index for index in draft.episodes if 0 <= index < count)
        return named or tuple(range(count))

    def _told(self, indices: tuple[int, ...]) -> datetime:
        return self._item.episodes[indices[0]].observed_at if indices else self._board.at

    def _sources(self, indices: Iterable[int]) -> tuple[str, ...]:
        """The ids of the episodes among `indices` that are kept, sorted."""
        kept = [index for index in indices if index in self._kept]
        self._sourced.update(kept)
        return tuple(sorted({self._item.episodes[index].id for index in kept}))

    def _keep_episodes(self) -> None:
        """Write the episodes that are kept, and let go of context that is too old by now."""
        board, item = self._board, self._item
        kept = self._kept if item.keep_episodes == "all" else self._sourced
        if item.keep_episodes == "sourced" and item.recent:
            newest = range(max(0, len(item.episodes) - item.recent), len(item.episodes))
            kept = kept | (self._kept & set(newest))
            self._drop_context(item.recent - len(self._kept))
        for index in sorted(kept):
            episode = item.episodes[index]
            board.episodes[episode.id] = episode

    def _drop_context(self, room: int) -> None:
        """Of the run's earlier episodes keep the newest `room`, and those that a memory came from."""
        known = self._board.known
        run = [each for each in known.episodes if each.scope.run_id == self._item.scope.run_id]
        for episode in run[: max(0, len(run) - max(0, room))]:
            if not known.sources.get(episode.id):
                self._board.dropped_episodes[episode.id] = None


def _united(mentions: Iterable[Mention], more: Iterable[Mention]) -> tuple[Mention, ...]:
    """All mentions once; of two, the one that says a type."""
    found: dict[tuple[str, str], Mention] = {}
    for mention in (*mentions, *more):
        key = (mention.entity_id, mention.name)
        if key not in found or found[key].type is None:
            found[key] = mention
    return tuple(found[key] for key in sorted(found))


def _dated(memory: Memory, draft: MemoryDraft) -> Memory:
    """An undated memory with the dates of a draft that says the same and agrees with it."""
    if memory.immutable:
        return memory
    valid_at, invalid_at = span(draft)
    starts, ends = memory.valid_at, memory.invalid_at
    if starts is None and valid_at is not None and valid_at <= memory.observed_at:
        starts = valid_at
    if ends is None:
        ends = invalid_at
    if starts is not None and ends is not None and ends <= starts:
        return memory
    return replace(memory, valid_at=starts, invalid_at=ends)
