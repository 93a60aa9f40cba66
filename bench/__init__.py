"""Benchmarks, through the public API only. Figures are for comparison within one run; none of them is a test."""
