"""A client of theirs under way: how it is made and called, what it says when it is refused, and how callers wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.driven import Driver, Failed
from tests.clients.served import Served

__all__ = ["Connected", "Json"]

Json = dict[str, Any]

SECONDS = 30.0
"""How long something that was queued may take."""

_PAUSE = 0.02


class Connected:
    """A client of theirs with a key: it is called, refused, and waited for."""

    def __init__(self, driver: Driver, server: Served, key: str, **connection: str) -> None:
        self.driver, self.server, self.key = driver, server, key
        self._name = uuid4().hex
        options = {"host": server.url, "api_key": key} | connection
        driver.connect(self._name, **self._options(options))

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        """Call a method by its own name. Raises `Failed`."""
        return self.driver.call(self._name, method, args, options)

    def typed(self, method: str, class_name: str, *args: Any, **options: Any) -> Any:
        """The same, with the options as one object of a class of theirs."""
        return self.driver.call(self._name, method, args, options, class_name)

    def methods(self) -> set[str]:
        """The names of the public methods."""
        return self.driver.methods(self._name)

    def refusal(self, error: Failed, status: int, class_name: str) -> str:
        """What is said by an error that a status has to become, after checking how it is said."""
        assert (error.class_name, error.code) == (class_name, f"HTTP_{status}"), error
        assert isinstance(error.details["detail"], str)
        assert error.message == error.details["detail"]
        return error.message

    @contextmanager
    def refused(self, status: int, class_name: str) -> Iterator[pytest.ExceptionInfo[Failed]]:
        """What is done in here is refused with the status, which becomes an error of that class."""
        with pytest.raises(Failed) as raised:
            yield raised
        assert self.refusal(raised.value, status, class_name)

    @staticmethod
    def _options(options: Json) -> Json:
        return options

    def event(self, event_id: str) -> Json:
        """The event, when it has ended well."""
        event: Json = self.until(f"/v1/event/{event_id}/", lambda event: event["status"] not in ("PENDING", "RUNNING"))
        assert event["status"] == "SUCCEEDED", event
        return event

    def until(self, path: str, done: Callable[[Json], bool]) -> Json:
        """The answer at the path when it is `done`. Their clients cannot wait: callers ask again and again."""
        end = time.monotonic() + SECONDS
        while True:
            answer = self.server.get(path, self.key)
            assert answer.status_code == 200, answer.text
            found: Json = answer.json()
            if done(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(_PAUSE)
