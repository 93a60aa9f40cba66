"""The driver: transactions with its retries, and statements run in them by name."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, cast

from neo4j import (
    READ_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncResult,
    AsyncSession,
    NotificationMinimumSeverity,
    Query,
    Record,
    SummaryCounters,
    unit_of_work,
)
from neo4j.exceptions import DriverError, Neo4jError, TransientError

from graphmem import __version__
from graphmem.errors import Unavailable
from graphmem.stores.neo4j.failures import check_url, met_another, shown, translated
from graphmem.stores.statements import CYPHER, Condition, Statement, load

__all__ = ["Session", "Tx", "statements"]

Answer = TypeVar("Answer")

_RETRY_AFTER = 0.05  # seconds, doubled with every try

_AWAY = 2.0
"""Seconds for which one is tried again that does not answer: a connection may have died that another replaces. A server
that is away is said to be, soon; whoever asked can wait better, and nothing piles up here."""

_ALL = "p"
"""The one parameter that statements are sent with."""

_ATTEMPTS = 5
"""How often work is done that meets another transaction in a way the driver does not take for passing."""


@cache
def statements() -> dict[str, Statement]:
    """The store's statements, by name. Those for people, in `browser/`, are not among them."""
    return load(_root(), CYPHER, leave_out=("browser",))


def _root() -> Traversable:
    """Where the statements are: in the wheel inside the package, in a checkout beside it."""
    package = files("graphmem")
    inside = package / "_cypher"
    return inside if inside.is_dir() else Path(str(package)).parent / "cypher"


@lru_cache(1_000)
def _gathered(text: str) -> str:
    """The statement with its parameters as entries of one, and its plan kept.

    Neo4j plans a statement anew for every order of magnitude of the length of each list and text among its parameters,
    which takes longer than carrying it out. Of what is in a map it knows nothing. While a database grows it would plan
    anew every few seconds, too, and let all who ask wait; `replan=skip` has it not. Plans are good without statistics.
    """
    return "CYPHER replan=skip " + CYPHER.parameter.sub(rf"${_ALL}.\1", text)


class Tx:
    """An open transaction that runs statements by their names; or a session, where each is one by itself."""

    def __init__(self, transaction: AsyncManagedTransaction | AsyncSession, timeout: float | None = None) -> None:
        self._transaction = transaction
        self._timeout = timeout

    async def _run(self, text: str, params: Mapping[str, Any] | None) -> AsyncResult:
        query = cast("Any", _gathered(text))
        if isinstance(self._transaction, AsyncSession):
            query = Query(query, timeout=self._timeout)
        return await self._transaction.run(query, {_ALL: dict(params or {})})

    async def rows(
        self, name: str, params: Mapping[str, Any] | None = None, /, **conditions: Condition
    ) -> list[Record]:
        """All rows. `conditions` fill the statement's gaps."""
        statement = statements()[name]
        text = statement.where(**conditions) if conditions else statement.text
        return [record async for record in await self._run(text, params)]

    async def one(self, name: str, params: Mapping[str, Any] | None = None, /) -> Record | None:
        """The first row, if there is one."""
        return next(iter(await self.rows(name, params)), None)

    async def run(self, name: str, params: Mapping[str, Any] | None = None, /) -> SummaryCounters:
        """Run a statement whose rows do not matter; what it changed."""
        result = await self._run(statements()[name].text, params)
        return (await result.consume()).counters


Work = Callable[[Tx], Awaitable[Answer]]
"""What is done in a transaction: it may be called several times, until one of them is committed."""


class Session:
    """One database behind `url`, for one event loop.

    `timeout` is in seconds: for a connection, for a transaction (unless its work is patient; for large work, so many
    `times` that), and for all the tries that a transaction gets when the server is busy.
    """

    def __init__(self, url: str, *, user: str | None, password: str | None, database: str, timeout: float) -> None:
        self.url = url
        self.database = database
        self._auth = None if user is None else (user, password or "")
        self._timeout = timeout
        self._driver: AsyncDriver | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a driver."""
        return self._driver is not None

    async def open(self) -> None:
        """Connect. Raises `Unavailable` when nobody is there, `ConfigurationError` when the door stays shut."""
        if self._driver is not None:
            return
        check_url(self.url)
        with translated(self.url):
            driver = AsyncGraphDatabase.driver(
                self.url,
                auth=self._auth,
                connection_timeout=self._timeout,
                connection_acquisition_timeout=self._timeout,
                max_transaction_retry_time=min(_AWAY, self._timeout),
                # Writers that met are through in milliseconds.
                initial_retry_delay=_RETRY_AFTER,
                # Hints about queries are for people who write them.
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                telemetry_disabled=True,
                user_agent=f"graphmem/{__version__}",
            )
            try:
                await driver.verify_connectivity()
            except BaseException:
                await driver.close()
                raise
        self._driver = driver

    async def aclose(self) -> None:
        """Let go of all connections; idempotent."""
        driver, self._driver = self._driver, None
        if driver is not None:
            with translated(self.url):
                await driver.close()

    async def read(self, work: Work[Answer], *, patient: bool = False) -> Answer:
        """Do `work` in a transaction that may only read."""
        return await self._managed(AsyncSession.execute_read, work, patient)

    async def ask(self, work: Work[Answer]) -> Answer:
        """Do `work` that only reads, each statement by itself: to begin and end a transaction takes as long as most.

        What goes wrong in passing is done again, in a transaction.
        """
        driver = self._opened()
        with translated(self.url):
            async with driver.session(
                database=self.database,
                default_access_mode=READ_ACCESS,
                bookmark_manager=driver.execute_query_bookmark_manager,
                fetch_size=-1,
            ) as session:
                try:
                    return await work(Tx(session, self._timeout))
                except (DriverError, Neo4jError) as error:
                    if not error.is_retryable():
                        raise
        return await self.read(work)

    async def write(self, work: Work[Answer], *, patient: bool = False, times: int = 1) -> Answer:
        """Do `work` in a transaction: all of it, or, when it raises, nothing."""
        return await self._managed(AsyncSession.execute_write, work, patient, times)

    async def look(self, work: Callable[[AsyncManagedTransaction], Awaitable[Answer]], timeout: float) -> Answer:
        """Do `work`, somebody's own, in a transaction that may only read, for `timeout` seconds at most, once."""
        driver = self._opened()
        with translated(self.url):
            async with (
                driver.session(database=self.database, default_access_mode=READ_ACCESS) as session,
                await session.begin_transaction(timeout=timeout) as transaction,
            ):
                return await work(cast("AsyncManagedTransaction", transaction))

    def _opened(self) -> AsyncDriver:
        if self._driver is None:
            raise Unavailable(f"The store {shown(self.url)!r} is closed.", hint="Open it first.")
        return self._driver

    async def _managed(self, run: Any, work: Work[Answer], patient: bool, times: int = 1) -> Answer:
        driver = self._opened()
        until, attempts = time.monotonic() + self._timeout, 0

        @unit_of_work(timeout=None if patient else self._timeout * times)
        async def unit(transaction: AsyncManagedTransaction) -> Answer:
            return await work(Tx(transaction))

        with translated(self.url):
            # Bookmarks kept for all sessions: in a cluster too, each reads what an earlier one wrote.
            async with driver.session(
                database=self.database, bookmark_manager=driver.execute_query_bookmark_manager, fetch_size=-1
            ) as session:
                while True:
                    try:
                        return cast("Answer", await run(session, unit))
                    except Neo4jError as error:
                        attempts += met_another(error)
                        busy = isinstance(error, TransientError) and time.monotonic() < until
                        if not busy and not (met_another(error) and attempts < _ATTEMPTS):
                            raise
