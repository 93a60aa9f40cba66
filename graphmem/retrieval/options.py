"""The few numbers of the recipe, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RecallOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallOptions:
    """How wide the arms reach and how they are weighed. One default serves all data.

    - `semantic`, `keyword`, `graph`: weights of the arms in the fused score. An arm that is switched off (0) is
      not run. `graph` is that of nearness (PageRank), `bridge` that of what names lead to, `context` that of what was
      said around: without `graph` neither is looked at.
    - `breadth`: candidates taken from each memory arm. Beyond fifty the order of the first ten does not
      change.
    - `facts`: relations whose endpoints become seeds: as many as HippoRAG 2 (arXiv 2502.14802) takes.
    - `fact_keyword`: share of the keyword score in choosing facts: names count, but less than meaning.
    - `hops`, `hub_cap`, `seeds`, `frontier`: how far the walk goes, how many relations and memories it follows from one
      entity, at how many named entities it begins, and from how many it goes on at each hop. Together they bound the
      neighbourhood to some hundred nodes, which ranks as well as the whole graph. With a frontier of 70 MuSiQue loses
      half a point of recall at 10, with 50 three.
    - `hub`: memories that mention an entity from which on its name is left out of the question that memories are
      compared with: more than an arm brings, so that the name does not tell them apart.
    - `rare`: how telling the seeds must be for the graph arm to have half its weight, in the seeds' own measure
      (score ÷ memories that mention them, summed). What hangs on a speaker whom half of all memories mention says
      nothing, and must not move what meaning and words found.
    - `damping`: chance to walk on instead of jumping back to the seeds; 0.5 as in HippoRAG: explanations are
      short.
    - `prior`: weight of a memory's own likeness among the seeds. HippoRAG 2 has 0.05 beside seeds that it does not
      normalise; beside seeds that add up to 1 that drowns them.
    - `turns`: how many turns before and after are looked at; what they score counts half as much with each turn.
    - `talked`: of how many of the best memories the turns are looked up.
    - `speaker`: weight of a turn's having been said by whom the question names.
    - `recency`, `support`: the most that a fresh, or an often repeated, memory gains, as a share of its score.
      Mild, because a boost in score space that is not mild destroys recall.
    - `recency_days`: after so many days the recency boost is halved.
    - `overfetch`: how many more candidates than asked for are looked at, as some turn out to be invisible.
    """

    semantic: float = 0.40
    keyword: float = 0.20
    graph: float = 0.40
    bridge: float = 0.80
    context: float = 1.0
    names: bool = True
    breadth: int = 50
    facts: int = 5
    fact_keyword: float = 0.5
    hops: int = 2
    hub_cap: int = 6
    seeds: int = 10
    frontier: int = 100
    hub: int = 100
    rare: float = 0.2
    damping: float = 0.5
    prior: float = 0.003
    turns: int = 3
    talked: int = 8
    speaker: float = 0.12
    recency: float = 0.05
    recency_days: float = 90.0
    support: float = 0.05
    overfetch: int = 3
