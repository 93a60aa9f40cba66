"""What is kept beside memories, as settings: the house's own, and what doors know of people and requests."""

from __future__ import annotations

from graphmem.abc import GraphStore

__all__ = ["EXPORT", "HOUSE", "OWED", "PROFILE_JOB", "PROFILE_KEY", "SOMEBODY", "forget_records"]

HOUSE = ""
"""The project under which the house keeps its own settings; no caller's project has an empty name."""

OWED = "purge_owed"
"""The house's setting that remembers, over restarts, that something deleted has not been erased yet."""

SOMEBODY = "somebody:"
"""Who was made known before there was a memory; kind and id follow."""

EXPORT = "export:"
"""What an export asked for; its id follows."""

PROFILE_JOB = "profile-job:"
"""A job that told profiles; its id follows."""

PROFILE_KEY = "profile-key:"
"""The job that a caller's key stands for; the key's hash follows."""


async def forget_records(store: GraphStore, project: str) -> None:
    """Delete what the doors kept of a project: who resets it wants no id of its people in it."""
    for prefix in (SOMEBODY, EXPORT, PROFILE_JOB, PROFILE_KEY):
        for _, name, _ in await store.settings(project, prefix):
            await store.put_setting(project, name, None)
