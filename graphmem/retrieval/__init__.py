"""Finding what answers a question: three arms, one neighbourhood, one fused order. No model is called."""

from __future__ import annotations

from graphmem.retrieval.hybrid import Retriever
from graphmem.retrieval.options import RecallOptions
from graphmem.retrieval.paths import readable
from graphmem.retrieval.recall import Hit, Recall, RecallQuery, ScoredRelation

__all__ = ["Hit", "Recall", "RecallOptions", "RecallQuery", "Retriever", "ScoredRelation", "readable"]
