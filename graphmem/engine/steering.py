"""What steers one add: what the call says, else what is set for its project, else what is set for the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphmem.drafts import Instructions
from graphmem.engine.projects import ProjectRecord
from graphmem.engine.requests import AddRequest

__all__ = ["offered", "steered"]


def steered(request: AddRequest, project: ProjectRecord, default: str | None) -> Instructions:
    """The instructions for the extractor; each kind of them is the first that was given.

    An agent's own memories (an agent is named, and no user) have nobody else to be about: what is meant for agents is
    then meant for all of it, and comes first.
    """
    said = request.instructions
    alone = request.scope.agent_id is not None and request.scope.user_id is None
    agent = said.agent or project.agent_custom_instructions
    custom = said.custom or project.custom_instructions or default
    if alone:
        custom, agent = said.agent or said.custom or project.agent_custom_instructions or custom, None
    return replace(
        said,
        custom=custom,
        agent=agent,
        includes=said.includes or project.includes,
        excludes=said.excludes or project.excludes,
        categories=offered(request, project),
    )


def offered(request: AddRequest, project: ProjectRecord) -> Mapping[str, str] | None:
    """The categories to choose from; None where none were given."""
    chosen = request.instructions.categories
    return project.custom_categories if chosen is None else chosen
