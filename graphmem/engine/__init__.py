"""The async core, given its parts."""

from __future__ import annotations

from graphmem.engine.core import Engine
from graphmem.engine.exports import Filled, Summary
from graphmem.engine.forget import Erasure
from graphmem.engine.jobs import Job
from graphmem.engine.parts import Parts
from graphmem.engine.projects import ProjectRecord, Projects
from graphmem.engine.remember import Added, Updated
from graphmem.engine.requests import AddRequest

__all__ = [
    "AddRequest",
    "Added",
    "Engine",
    "Erasure",
    "Filled",
    "Job",
    "Parts",
    "ProjectRecord",
    "Projects",
    "Summary",
    "Updated",
]
