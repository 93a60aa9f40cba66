"""What the doors keep about people and requests beside a project's memories: settings, under these prefixes."""

from __future__ import annotations

from graphmem.abc import GraphStore

__all__ = ["EXPORT", "PROFILE_JOB", "PROFILE_KEY", "SOMEBODY", "forget_records"]

SOMEBODY = "somebody:"
"""Who was made known before there was a memory; kind and id follow."""

EXPORT = "export:"
"""What an export asked for; its id follows."""

PROFILE_JOB = "profile-job:"
"""A job that told profiles; its id follows."""

PROFILE_KEY = "profile-key:"
"""The job that a caller's key stands for; the key's hash follows."""


async def forget_records(store: GraphStore, project: str) -> None:
    """Delete all of them: who resets a project wants no id of its people in it."""
    for prefix in (SOMEBODY, EXPORT, PROFILE_JOB, PROFILE_KEY):
        for _, name, _ in await store.settings(project, prefix):
            await store.put_setting(project, name, None)
