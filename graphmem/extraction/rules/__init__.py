"""Extraction by rules: English sentences, first-person patterns, names and dates; no model."""

from __future__ import annotations

from graphmem.extraction.rules.extractor import RulesExtractor

__all__ = ["RulesExtractor"]
