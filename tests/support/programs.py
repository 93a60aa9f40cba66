"""Programs that some tests start."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["program"]


def program(name: str) -> str:
    """The program's path; that of `uv` is told by `uv run` itself. Skips where it is not installed."""
    found = (os.environ.get("UV") if name == "uv" else None) or shutil.which(name)
    return found or pytest.skip(f"{name} is not installed")
