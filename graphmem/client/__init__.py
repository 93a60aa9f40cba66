"""What users import: `Memory` and `AsyncMemory`."""

from __future__ import annotations

from graphmem.client.memory import AsyncMemory
from graphmem.client.sync import Memory

__all__ = ["AsyncMemory", "Memory"]
