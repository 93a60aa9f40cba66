"""The recipe: ask the index, walk the graph, fuse, look at the truth, explain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from graphmem.abc import Embedder, GraphStore, KeywordEncoder, Reranker, VectorIndex
from graphmem.errors import NotSupported, Unavailable
from graphmem.models import Memory, Relation, Step
from graphmem.queries import Node, Talk, TextQuery, Turn
from graphmem.retrieval.arms import Likeness, Question, ask_index, ask_question, likeness_of
from graphmem.retrieval.bridge import Bridge, cross, lead
from graphmem.retrieval.context import PAUSE, Context, listen, spread
from graphmem.retrieval.decay import fading
from graphmem.retrieval.fuse import Arm, boost, calibrate_words, fuse, mean, trust
from graphmem.retrieval.names import Heard, Wording, heard, phrases
from graphmem.retrieval.neighbourhood import Affinity, Neighbourhood, explore, rank
from graphmem.retrieval.options import RecallOptions
from graphmem.retrieval.paths import Ways, beside, readable
from graphmem.retrieval.recall import Hit, Recall, RecallQuery, ScoredRelation

__all__ = ["Retriever"]

STAGES = ("embed", "index", "walk", "talk", "gate", "fuse", "hydrate", "explain")
"""In their order; the walk and the talk go side by side."""

RERANKED = 50
"""How many of the best a reranker looks at."""

FADING = 50
"""How many at least are looked at where old ones fade: a fresh one may come up from below. mem0's pool, as is ..."""

FADING_SHARE = 3
"""... how many times as many as are asked for."""

LIKE = 0.5
"""A relation at least this much like the question belongs to the answer even if no hit states it."""


class Ranked(NamedTuple):
    """A visible candidate with its final score."""

    score: float
    memory: Memory


@dataclass(slots=True)
class _Run:
    """One question's way through the stages."""

    query: RecallQuery
    question: Question
    said: frozenset[str] = frozenset()
    named: Mapping[str, Heard] = field(default_factory=dict)
    likeness: Likeness = field(default_factory=Likeness)
    words: dict[str, float] = field(default_factory=dict)
    gates: dict[str, float] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    around: Neighbourhood = field(default_factory=Neighbourhood)
    bridge: Bridge = field(default_factory=Bridge)
    talks: list[list[Turn]] = field(default_factory=list)
    context: Context = field(default_factory=Context)
    arms: dict[str, Mapping[str, float]] = field(default_factory=dict)
    parts: dict[str, Arm] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    degraded: str | None = None
    times: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Note what the stage that just ended took."""
        now = time.perf_counter()
        self.times[stage] = (now - self._since) * 1000
        self._since = now


class Retriever:
    """Finds what answers a question, over a store and an index. Holds no state between questions."""

    def __init__(
        self,
        store: GraphStore,
        index: VectorIndex,
        embedder: Embedder,
        encoder: KeywordEncoder,
        *,
        reranker: Reranker | None = None,
        options: RecallOptions | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._embedder = embedder
        self._encoder = encoder
        self._reranker = reranker
        self.options = options or RecallOptions()

    async def recall(self, query: RecallQuery, options: RecallOptions | None = None) -> Recall:
        """Answer the question; no model is called. Raises `NotSupported` for `rerank` without a reranker."""
        options = options or self.options
        if not query.graph:
            options = replace(options, graph=0.0)
        if query.rerank and self._reranker is None:
            raise NotSupported(
                "rerank was asked for, and no reranker is configured.",
                hint="Leave rerank out, or set GRAPHMEM_RERANKER.",
            )
        run = await self._begin(query, options)
        await self._ask(run, options)
        if options.graph:
            best = _most_like(run, options)
            await _side_by_side(self._walk(run, options), self._listen(run, best, options))
            await self._gate(run, options)
        return self._explain(run, await self._rank(run, options))

    async def _begin(self, query: RecallQuery, options: RecallOptions) -> _Run:
        """Find who is named, and embed the question."""
        started = time.perf_counter()
        wording = Wording(query.text)
        said = phrases(query.text)
        found = await self._found(query, said) if options.graph and options.names else {}
        hubs = [phrase for phrase, nodes in found.items() if any(node.degree > options.hub for node in nodes)]
        called = wording.called(found)
        question = await ask_question(
            query.text, wording.without(hubs), wording.without(called), query.view, self._embedder, self._encoder
        )
        named = heard(found, called)
        run = _Run(query=query, question=question, said=frozenset(said), named=named, _since=started)
        run.lap("embed")
        return run

    async def _found(self, query: RecallQuery, said: Sequence[str]) -> dict[str, tuple[Node, ...]]:
        """The entities whose names are in the question, the longest name winning where one holds another.

        Function words ("what", "her") name nothing, unless the question has no other words.
        """
        found = await self._store.spoken(query.view, said)
        content = set(self._encoder.query(query.text).indices)
        return {
            phrase: nodes
            for phrase, nodes in found.items()
            if not any(phrase != other and f" {phrase} " in f" {other} " for other in found)
            and not content.isdisjoint(self._encoder.query(phrase).indices)
        }

    async def _ask(self, run: _Run, options: RecallOptions) -> None:
        wanted = run.query.top_k * options.overfetch
        try:
            run.likeness = await ask_index(self._index, run.question, options, wanted)
            run.words = calibrate_words(run.likeness.sparse)
        except Unavailable as error:
            run.degraded = error.message
            found = await self._store.search_text(
                TextQuery(view=run.query.view, text=run.query.text, limit=max(options.breadth, wanted))
            )
            run.words = dict(found)
        run.gates = dict(run.likeness.dense)
        run.facts = _facts(run.likeness, options)
        run.lap("index")

    async def _listen(self, run: _Run, best: tuple[str, ...], options: RecallOptions) -> None:
        """What was said around the best so far."""
        if best and options.context:
            talk = Talk(view=run.query.view, memory_ids=best, reach=options.turns, pause=PAUSE)
            run.talks = listen(await self._store.talk(talk))
        run.lap("talk")

    async def _walk(self, run: _Run, options: RecallOptions) -> None:
        best = sorted(run.facts, key=lambda fact: (-run.facts[fact], fact))[: options.facts]
        facts = {fact: run.facts[fact] for fact in best}
        affinity = Affinity(run.facts, {**run.gates, **run.words})
        run.around = await explore(self._store, run.query.view, facts, run.named, affinity, options)
        run.lap("walk")

    async def _gate(self, run: _Run, options: RecallOptions) -> None:
        """How much what was reached resembles the question, and what it asks apart from its names."""
        around, question = run.around, run.question
        if run.degraded is None:
            near = {*around.mentions, *(turn.memory_id for turns in run.talks for turn in turns)}
            ways = lead(around) if options.bridge and question.rest is not None else {}
            rest = question.facts if question.rest is None else question.rest
            crossed = [memory_id for memory_id, ends in around.mentions.items() if not ends.isdisjoint(ways)]
            stated = [r.id for r in around.relations.values() if r.subject_id in ways or r.object_id in ways]
            gates, memories, facts = await likeness_of(
                self._index,
                question.where,
                ("memory", question.dense, sorted(near - run.gates.keys())),
                ("memory", rest, crossed),
                ("relation", rest, stated),
            )
            run.gates |= gates
            run.bridge = cross(around, ways, memories, facts, max(run.likeness.rest.values(), default=0.0))
        if run.talks:
            run.context = spread(run.talks, mean(*_likeness(run, options)), run.said, options)
        run.lap("gate")

    async def _rank(self, run: _Run, options: RecallOptions) -> list[Ranked]:
        """The visible candidates in their final order, at most `top_k`."""
        near = Arm(options.graph * trust(run.around.telling, options), rank(run.around, run.gates, options))
        bridge = Arm(options.bridge * trust(_rarity(run.around), options), run.bridge.scores)
        graph = Arm(near.weight + bridge.weight, mean(near, bridge)) if options.graph else Arm(0.0, {})
        meaning, words = _likeness(run, options)
        likeness = Arm(meaning.weight + words.weight, mean(meaning, words))
        context = Arm(options.context * likeness.weight, run.context.scores)
        run.arms = {
            "semantic": meaning.scores,
            "keyword": words.scores,
            "graph": graph.scores,
            "context": context.scores,
        }
        run.parts = {"likeness": likeness, "near": near, "bridge": bridge, "context": context}
        fused = fuse(likeness, graph, context)
        order = sorted(fused, key=lambda memory_id: (-fused[memory_id], memory_id))
        run.lap("fuse")
        query = run.query
        wanted = max(query.top_k, RERANKED if query.rerank else 0)
        if query.decay:
            wanted = max(wanted, FADING, FADING_SHARE * query.top_k)
        first = wanted + wanted // 2
        memories: dict[str, Memory] = {}
        # A second round comes only where too many of the first were invisible to this reader.
        turns = [turn for each in order[: query.top_k] if (turn := run.context.beside.get(each)) in fused]
        for part in (list(dict.fromkeys((*order[:first], *turns))), order[first : first * options.overfetch]):
            if part and len(memories) < wanted:
                memories |= await self._store.memories(query.view, part, links=query.links)
        run.texts = {memory_id: memory.text for memory_id, memory in memories.items()}
        now = query.now or query.view.as_of or datetime.now(UTC)
        support = _support(run.around.relations.values())
        ranked = [
            Ranked(boost(fused[memory_id], memory, support.get(memory_id, 1), now, options), memory)
            for memory_id, memory in memories.items()
        ]
        ranked.sort(key=_best_first)
        if query.rerank:
            ranked = await self._rerank(query.text, ranked[:RERANKED])
        run.lap("hydrate")
        found = [each for each in ranked if query.threshold is None or each.score >= query.threshold]
        if query.decay:
            faded = (Ranked(min(1.0, each.score * fading(each.memory, now)), each.memory) for each in found)
            found = sorted(faded, key=_best_first)
        return found[: query.top_k]

    async def _rerank(self, text: str, ranked: list[Ranked]) -> list[Ranked]:
        assert self._reranker is not None
        scores = await self._reranker.rerank(text, [each.memory.text for each in ranked])
        again = [Ranked(score, each.memory) for score, each in zip(scores, ranked, strict=True)]
        return sorted(again, key=_best_first)

    def _explain(self, run: _Run, ranked: list[Ranked]) -> Recall:
        around = run.around
        around.reached |= run.bridge.reached
        over = Ways(around)
        ways = {each.memory.id: _way(run, over, each.memory.id) for each in ranked}
        hits = tuple(
            Hit(
                memory=memory,
                score=score,
                arms={name: min(1.0, max(0.0, scores.get(memory.id, 0.0))) for name, scores in run.arms.items()},
                path=readable(ways[memory.id], around.nodes, around.relations, run.texts),
            )
            for score, memory in ranked
        )
        relations = _telling(run, ranked, ways.values())
        run.lap("explain")
        known = run.likeness.revisions
        return Recall(
            hits=hits,
            relations=relations,
            entities=around.nodes,
            degraded=run.degraded,
            milliseconds={stage: run.times[stage] for stage in STAGES if stage in run.times},
            seeds=around.seeds,
            reached=len(around.mentions) + len(around.nodes),
            stale=tuple(m.id for _, m in ranked if known.get(m.id, m.revision) != m.revision),
        )


async def _side_by_side(stage: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> None:
    """Run both at the same time. Raises what the first raises, and otherwise what the other does."""
    # No `asyncio.TaskGroup`: it cancels its own task when one in it fails, which anyio, around every request, takes for
    # an order to end the request.
    beside = asyncio.create_task(other)
    try:
        await stage
    except BaseException:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)  # its error is heard, too, and not told twice
        raise
    await beside


def _best_first(each: Ranked) -> tuple[float, str]:
    return -each.score, each.memory.id


def _likeness(run: _Run, options: RecallOptions) -> tuple[Arm, Arm]:
    """What the index said of each memory: by meaning, and by words."""
    semantic = Arm(options.semantic, _meaning(run) if options.semantic else {})
    return semantic, Arm(options.keyword, run.words if options.keyword else {})


def _most_like(run: _Run, options: RecallOptions) -> tuple[str, ...]:
    """The best so far, by what the index said."""
    scores = mean(*_likeness(run, options))
    return tuple(sorted(scores, key=lambda memory_id: (-scores[memory_id], memory_id))[: options.talked])


def _rarity(around: Neighbourhood) -> float:
    """How telling the most telling entity is that the question calls by name."""
    return max((around.called[each] for each in around.called.keys() & around.nodes.keys()), default=0.0)


def _way(run: _Run, over: Ways, memory_id: str) -> tuple[Step, ...]:
    """The way that scored a hit: from a neighbour if that gave it most, else over the graph, if that leads to it."""
    gains = {name: arm.weight * arm.scores.get(memory_id, 0.0) for name, arm in run.parts.items()}
    turn = run.context.beside.get(memory_id)
    if turn is not None and gains["context"] == max(gains.values()):
        return beside(turn, memory_id)
    through = run.bridge.through.get(memory_id) if gains["bridge"] >= gains["near"] else None
    return over.to(memory_id, through)


def _facts(likeness: Likeness, options: RecallOptions) -> dict[str, float]:
    """How much each relation resembles the question, in [0, 1]: meaning, and words at `fact_keyword` of its weight."""
    by_words = calibrate_words(likeness.facts_sparse)
    share = 1.0 + options.fact_keyword
    return {
        fact: (max(0.0, likeness.facts_dense.get(fact, 0.0)) + options.fact_keyword * by_words.get(fact, 0.0)) / share
        for fact in {*likeness.facts_dense, *by_words}
    }


def _meaning(run: _Run) -> dict[str, float]:
    """How much each memory means what the question means: the best of its own words and of the facts it states.

    A fact is the memory's statement in the plainest words; in a long text it is what the question is about, where the
    text as a whole is not.
    """
    meaning = dict(run.gates)
    for fact, score in run.likeness.facts_dense.items():
        relation = run.around.relations.get(fact)
        for memory_id in relation.memory_ids if relation else ():
            meaning[memory_id] = max(score, meaning.get(memory_id, 0.0))
    return meaning


def _support(relations: Iterable[Relation]) -> dict[str, int]:
    """How often what a memory states was stated, by memory: the most of its relations."""
    support: dict[str, int] = {}
    for relation in relations:
        for memory_id in relation.memory_ids:
            support[memory_id] = max(support.get(memory_id, 1), relation.support)
    return support


def _telling(run: _Run, ranked: list[Ranked], ways: Iterable[tuple[Step, ...]]) -> tuple[ScoredRelation, ...]:
    """The relations that matter: those like the question, those on paths, those that the hits state; best first."""
    walked = {step.relation_id for way in ways for step in way if step.relation_id}
    scores = {each.memory.id: each.score for each in ranked}
    found = []
    for relation in run.around.relations.values():
        stated = max((scores.get(memory_id, 0.0) for memory_id in relation.memory_ids), default=0.0)
        likeness = run.facts.get(relation.id, 0.0)
        if relation.id in walked or stated or likeness >= LIKE:
            found.append(ScoredRelation(relation=relation, score=min(1.0, 0.5 * (likeness + stated))))
    found.sort(key=lambda each: (-each.score, each.relation.id))
    return tuple(found[: run.query.top_k])
