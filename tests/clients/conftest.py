"""One server for all of these tests, on each store; a process for each kind of client; a key for each of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.clients.driven import Driver, driven
from tests.clients.kinds import KINDS, Kind
from tests.clients.reader import read
from tests.clients.served import Served, serving
from tests.clients.spelling import Client, client_of
from tests.support.chat_server import ChatServer
from tests.support.neo4j import empty


@pytest.fixture(scope="package", params=["embedded", pytest.param("neo4j", marks=pytest.mark.services)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with ExitStack() as stack:
        store = str(folder / "memory")
        if request.param == "neo4j":
            neo4j = request.getfixturevalue("neo4j_of_our_own")
            empty(neo4j)  # of keys, too: they are the whole house's
            stack.callback(empty, neo4j)
            store = neo4j.url
        model = stack.enter_context(ChatServer(read))
        yield stack.enter_context(serving(store, folder, model))


@pytest.fixture(scope="package")
def driver_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind], Driver]]:
    """The process of a kind of client."""
    folder = tmp_path_factory.mktemp("driven")
    drivers: dict[Kind, Driver] = {}
    with ExitStack() as stack:

        def of(kind: Kind) -> Driver:
            if kind not in drivers:
                drivers[kind] = stack.enter_context(driven(kind, folder))
            return drivers[kind]

        yield of
        assert {str(kind): driver.strays() for kind, driver in drivers.items()} == {str(kind): [] for kind in drivers}


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def driver(kind: Kind, driver_of: Callable[[Kind], Driver]) -> Driver:
    return driver_of(kind)


@pytest.fixture(scope="package")
def clients() -> dict[tuple[str, Kind], Client]:
    return {}


@pytest.fixture
def client(server: Served, driver: Driver, clients: dict[tuple[str, Kind], Client]) -> Client:
    """A client whose project it shares with other tests: they keep to users of their own."""
    place = (server.url, driver.kind)
    if place not in clients:
        clients[place] = client_of(driver, server, server.new_key())
    return clients[place]


@pytest.fixture
def fresh(server: Served, driver: Driver) -> Client:
    """A client in a project of its own."""
    return client_of(driver, server, server.new_key())


@pytest.fixture
def user() -> str:
    return f"user-{uuid4().hex}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whether every method was called is known only where all tests ran, in one process."""
    partly = config.option.keyword or any(".py" in arg for arg in config.args) or hasattr(config, "workerinput")
    last = [item for item in items if partly and item.path.name == "test_whole.py"]
    config.hook.pytest_deselected(items=last)
    items[:] = [item for item in items if item not in last]
