"""What steers an add: the call, else the project, else the process; agents' own words for agents."""

from __future__ import annotations

from typing import Any

import pytest

from graphmem.engine.projects import ProjectRecord
from graphmem.engine.requests import read_add
from graphmem.engine.steering import offered, steered

BOTH = ProjectRecord(id="p", name="p", custom_instructions="the project's", agent_custom_instructions="its agents'")
USER, AGENT = {"user_id": "ana"}, {"agent_id": "desk"}


def request(**given: Any) -> Any:
    return read_add("p", {"messages": "x", **given})


@pytest.mark.parametrize(
    ("given", "project", "default", "custom", "agent"),
    [
        (USER, ProjectRecord(id="p", name="p"), None, None, None),
        (USER, ProjectRecord(id="p", name="p"), "the process's", "the process's", None),
        (USER, BOTH, "the process's", "the project's", "its agents'"),
        ({**USER, "custom_instructions": "mine"}, BOTH, None, "mine", "its agents'"),
        ({**USER, "agent_custom_instructions": "mine"}, BOTH, None, "the project's", "mine"),
        ({**USER, "custom_instructions": ""}, BOTH, None, "the project's", "its agents'"),
        ({**USER, **AGENT}, BOTH, None, "the project's", "its agents'"),
        (AGENT, BOTH, "the process's", "its agents'", None),
        ({**AGENT, "custom_instructions": "mine"}, BOTH, None, "mine", None),
        ({**AGENT, "custom_instructions": "mine", "agent_custom_instructions": "ours"}, BOTH, None, "ours", None),
        (AGENT, ProjectRecord(id="p", name="p", custom_instructions="the project's"), None, "the project's", None),
        (AGENT, ProjectRecord(id="p", name="p"), "the process's", "the process's", None),
        ({"run_id": "r"}, BOTH, None, "the project's", "its agents'"),
    ],
)
def test_whose_instructions_hold(
    given: dict[str, Any], project: ProjectRecord, default: str | None, custom: str | None, agent: str | None
) -> None:
    found = steered(request(**given), project, default)
    assert (found.custom, found.agent) == (custom, agent)


def test_topics_and_calls_come_along() -> None:
    project = ProjectRecord(id="p", name="p", includes="places", excludes="health")
    plain = steered(request(**USER), project, None)
    assert (plain.includes, plain.excludes, plain.max_calls) == ("places", "health", 3)
    own = steered(request(**USER, includes="people", excludes="money", max_llm_calls=1), project, None)
    assert (own.includes, own.excludes, own.max_calls) == ("people", "money", 1)


def test_a_calls_categories_replace_the_projects() -> None:
    project = ProjectRecord(id="p", name="p", custom_categories={"travel": "trips"})
    assert offered(request(**USER), project) == {"travel": "trips"}
    assert offered(request(**USER, custom_categories=["food"]), project) == {"food": ""}
    assert offered(request(**USER, custom_categories=[]), project) == {}
    assert offered(request(**USER), ProjectRecord(id="p", name="p")) is None
