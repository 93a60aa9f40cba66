"""The page for those who come from mem0 says what is so: parts, keys, methods, routes."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIRouter

from graphmem.client import from_config
from graphmem.client.foreign import EMBEDDERS, GRAPH_STORES, LLMS, OTHER, RERANKERS, VECTOR_STORES
from tests.docs.pages import DOCS

PAGE = (DOCS / "mem0.md").read_text(encoding="utf-8")

METHODS = [
    "add",
    "search",
    "get",
    "get_all",
    "update",
    "delete",
    "delete_all",
    "history",
    "batch_update",
    "batch_delete",
    "create_memory_export",
    "get_memory_export",
    "get_summary",
    "feedback",
    "users",
    "delete_users",
    "reset",
    "get_profile",
    "generate_profile",
    "sample_profiles",
    "get_profile_job",
    "get_profile_settings",
    "update_profile_settings",
    "project.get",
    "project.create",
    "project.update",
    "project.delete",
    "project.get_members",
    "project.add_member",
    "project.update_member",
    "project.remove_member",
    "get_project",
    "update_project",
    "get_webhooks",
    "create_webhook",
    "update_webhook",
    "delete_webhook",
    "chat",
]
"""Of the clients, all versions taken together."""

PARTS = ("Vector stores", "Graph stores", "Language models", "Embedders", "Rerankers")
KIN = {"memory_search_embedding_type", "memory_update_embedding_type"}
"""Told together with `memory_add_embedding_type`."""

SAMPLES = {"entity_type": "user", "kind": "user"}


def part(heading: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {heading}\n(.*?)(?=^#+ |\Z)", PAGE, re.M | re.S)
    assert found is not None, heading
    return found[1]


def rows(heading: str) -> list[tuple[set[str], str]]:
    """The rows of the tables under a heading: what the first cell has in code, and the rest."""
    lines = re.findall(r"^\| (.+?) \| (.*) \|$", part(heading), re.M)
    return [(set(re.findall(r"`([^`]+)`", first)), rest) for first, rest in lines]


def firsts(heading: str) -> set[str]:
    return set().union(*(codes for codes, _ in rows(heading)))


@pytest.mark.parametrize(
    ("heading", "section", "known"),
    [
        ("Vector stores", "vector_store", VECTOR_STORES),
        ("Graph stores", "graph_store", GRAPH_STORES),
        ("Language models", "llm", LLMS.keys()),
        ("Embedders", "embedder", EMBEDDERS.keys()),
        ("Rerankers", "reranker", RERANKERS.keys()),
    ],
)
def test_every_part_is_on_the_page_and_told_as_it_is(heading: str, section: str, known: Any) -> None:
    other = OTHER[section].keys()
    assert known | other <= firsts(heading)
    for codes, said in rows(heading):
        if codes & other:
            assert not codes & known, "what is there and what is not are told apart"
            assert said.startswith(("Leave it out", "Use ")), said


def test_every_key_is_on_the_page() -> None:
    said = set(re.findall(r"`([\w.]+)`", "".join(map(part, ("Configuration", *PARTS)))))
    keys = {*from_config._SECTIONS, *from_config._PROMPTS}
    for group in (*from_config._INDIFFERENT.values(), *from_config._REFUSED.values()):
        keys |= set(group)
    assert sorted(keys - said - KIN) == []


def test_every_method_is_on_the_page() -> None:
    assert firsts("Methods of the clients") == set(METHODS)


# -- routes


def listed(heading: str) -> set[tuple[str, str]]:
    return {
        (method, path) for method, _, path in (each.partition(" ") for each in firsts(heading)) if path.startswith("/")
    }


@cache
def served() -> dict[tuple[str, str], re.Pattern[str]]:
    """The routes of all compatible routers: method, path, and what matches them."""
    package = import_module("api.mem0")
    modules = [import_module(each.name) for each in iter_modules(package.__path__, "api.mem0.")]
    routers = {id(each): each for module in modules for each in vars(module).values() if isinstance(each, APIRouter)}
    return {
        (method, route.path): route.path_regex
        for router in routers.values()
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def sample(path: str) -> str:
    filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda slot: SAMPLES.get(slot[1], "7"), path)
    return filled.rstrip("/")


def test_every_route_on_the_page_is_served() -> None:
    missing = [
        f"{method} {path}"
        for method, path in sorted(listed("Routes"))
        if not any(method == known and pattern.match(sample(path)) for (known, _), pattern in served().items())
    ]
    assert missing == []


def test_every_compatible_route_is_on_the_page_if_only_as_refused() -> None:
    told = [
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/"))))
        for method, path in listed("Routes") | listed("Not offered")
    ]
    unsaid = [
        f"{method} {path}"
        for method, path in sorted(served())
        if not any(method == known and pattern.fullmatch(sample(path)) for known, pattern in told)
    ]
    assert unsaid == []
