"""Their clients in our words: what every version calls a thing, in one place.

Options and answers are in snake case here; `TypeScript3` turns them into that client's camel case and back. What a
version has no methods for is in its `lacks`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.clients.connected import Connected, Json
from tests.clients.driven import Driver, Failed
from tests.clients.kinds import KINDS, Kind
from tests.clients.served import Served

__all__ = ["Client", "Json", "client_of", "having", "only", "results"]


class Client(Connected):
    """A client, spelled as the newest Python one is."""

    lacks: frozenset[str] = frozenset({"ping", "delete_user"})
    queues = True
    """Whether an add with inference is answered before it is done."""

    # -- memories

    def add(self, messages: Any, **options: Any) -> Any:
        """The raw answer of an add."""
        return self.call("add", messages, **options)

    def remember(self, messages: Any, **options: Any) -> list[Json]:
        """Add, and wait until it is done: what came of it, item by item."""
        answer = self.add(messages, **options)
        items = results(answer)
        event = answer.get("event_id") if isinstance(answer, dict) else None
        if items and "event_id" in items[0]:
            event, items = items[0]["event_id"], []
        return list(self.event(event)["results"]) if event and not items else items

    def say(self, text: str, **options: Any) -> list[Json]:
        """Remember one message of a user's."""
        return self.remember([{"role": "user", "content": text}], **options)

    def note(self, text: str, **options: Any) -> str:
        """Keep one text as it stands; its id."""
        [item] = self.say(text, infer=False, **options)
        assert item["event"] == "ADD"
        return str(item["id"])

    def get(self, memory_id: str) -> Json:
        return dict(self.call("get", memory_id))

    def search(self, query: str, filters: Json, **options: Any) -> Any:
        """The raw answer of a search, by the way that takes filters."""
        return self.call("search", query, filters=filters, **options)

    def found(self, query: str, **ids: Any) -> list[str]:
        """The texts that are found of whose memory is meant, best first."""
        return [hit["memory"] for hit in results(self.search(query, ids))]

    def get_all(self, filters: Json, **options: Any) -> Any:
        """The raw answer of a listing, by the way that takes filters."""
        return self.call("get_all", filters=filters, **options)

    def texts(self, filters: Json | None = None, **ids: Any) -> set[str]:
        """The texts of all that is remembered of somebody, or that filters let through."""
        return {each["memory"] for each in results(self.get_all(filters or ids))}

    def update(self, memory_id: str, **changes: Any) -> Any:
        return self.call("update", memory_id, **changes)

    def delete(self, memory_id: str, **options: bool) -> Any:
        return self.call("delete", memory_id, **options)

    def delete_all(self, **ids: Any) -> Any:
        return self.call("delete_all", **ids)

    def history(self, memory_id: str) -> list[Json]:
        return list(self.call("history", memory_id))

    def batch_update(self, texts: Mapping[str, str]) -> Any:
        return self.call("batch_update", [{"memory_id": key, "text": text} for key, text in texts.items()])

    def batch_delete(self, memory_ids: Sequence[str]) -> Any:
        return self.call("batch_delete", [{"memory_id": key} for key in memory_ids])

    def feedback(self, memory_id: str, feedback: str | None, reason: str | None = None) -> None:
        answer = self.call("feedback", memory_id=memory_id, feedback=feedback, feedback_reason=reason)
        assert answer["feedback"] == feedback

    # -- entities

    def users(self, **options: int) -> Json:
        return dict(self.call("users", **options))

    def delete_users(self, **ids: str) -> Any:
        return self.call("delete_users", **ids)

    # -- exports, profiles

    def create_export(self, schema: Json, filters: Json, **options: Any) -> Json:
        return dict(self.call("create_memory_export", schema=schema, filters=filters, **options))

    def get_export(self, **which: Any) -> Json:
        return dict(self.call("get_memory_export", **which))

    def profile(self, user: str) -> Json:
        return dict(self.call("get_profile", entity_id=user))

    def generate_profile(self, user: str, **options: str) -> Json:
        return dict(self.call("generate_profile", entity_id=user, **options))

    # -- the project: by the methods that all have; `client.project` is Python's alone

    def project(self, *fields: str) -> Json:
        return dict(self.call("get_project", fields=list(fields)))

    def change_project(self, **changes: Any) -> Any:
        return self.call("update_project", **changes)

    # -- webhooks

    def webhooks(self, project: str) -> list[Json]:
        return list(self.call("get_webhooks", project_id=project))

    def create_webhook(self, project: str, *, url: str, name: str, event_types: list[str]) -> Json:
        return dict(self.call("create_webhook", url=url, name=name, project_id=project, event_types=event_types))

    def update_webhook(self, webhook_id: str, **changes: Any) -> Any:
        return self.call("update_webhook", webhook_id=webhook_id, **changes)

    def delete_webhook(self, webhook_id: str) -> Any:
        return self.call("delete_webhook", webhook_id=webhook_id)


class Python1(Client):
    """1.0: an add may be asked to wait, and feedback fails after it was given."""

    lacks = Client.lacks | {"profiles"}

    def refusal(self, error: Failed, status: int, class_name: str) -> str:
        if not self.driver.kind.is_async:
            return super().refusal(error, status, class_name)
        # Its async methods let the error of their HTTP client through.
        assert (error.class_name, error.status) == ("HTTPStatusError", status), error
        return error.message

    def feedback(self, memory_id: str, feedback: str | None, reason: str | None = None) -> None:
        with pytest.raises(Failed, match=r"TypeError: .*positional arguments"):
            super().feedback(memory_id, feedback, reason)


class Python0(Python1):
    """0.1: searches and listings choose among versions, and adds wait."""

    queues = False

    def search(self, query: str, filters: Json, **options: Any) -> Any:
        return super().search(query, filters, version="v2", **options)

    def get_all(self, filters: Json, **options: Any) -> Any:
        return super().get_all(filters, version="v2", **options)


class TypeScript3(Client):
    """3.3: one object of options, the last argument. Camel case both ways, but for what the user names."""

    lacks = frozenset({"reset", "summary", "client.project", "chat"})

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        given = [*args, self._options(options)] if options else args
        return self._answer(super().call(_camel(method), *given))

    def refusal(self, error: Failed, status: int, class_name: str) -> str:
        assert (error.class_name, error.code) == (class_name, f"HTTP_{status}"), error
        detail = json.loads(error.message)["detail"]
        assert isinstance(detail, str)
        return detail

    @staticmethod
    def _options(options: Json) -> Json:
        return {_camel(name): value for name, value in options.items()}

    @staticmethod
    def _answer(answer: Any) -> Any:
        return _snaked(answer)

    def batch_update(self, texts: Mapping[str, str]) -> Any:
        return self.call("batch_update", [{"memoryId": key, "text": text} for key, text in texts.items()])

    def batch_delete(self, memory_ids: Sequence[str]) -> Any:
        return self.call("batch_delete", list(memory_ids))


_CAMEL_BEFORE = {"api_key", "project_id", "webhook_id", "event_types"}
"""What was in camel case before the rest: the connection, and webhooks."""


class TypeScript2(TypeScript3):
    """2.4: mostly the names of the wire, and a choice of versions."""

    lacks = TypeScript3.lacks | {"profiles"}
    queues = False

    @staticmethod
    def _options(options: Json) -> Json:
        return {_camel(name) if name in _CAMEL_BEFORE else name: value for name, value in options.items()}

    @staticmethod
    def _answer(answer: Any) -> Any:
        return answer

    def search(self, query: str, filters: Json, **options: Any) -> Any:
        return super().search(query, filters, api_version="v2", **options)

    def get_all(self, filters: Json, **options: Any) -> Any:
        return super().get_all(filters, api_version="v2", **options)


_SPELLED: Mapping[str, type[Client]] = {
    "0.1.118": Python0,
    "1.0.11": Python1,
    "2.2.1": Client,
    "2.4.6": TypeScript2,
    "3.3.1": TypeScript3,
}


def client_of(driver: Driver, server: Served, key: str, **connection: str) -> Client:
    """A client of the driver's kind, connected to the server."""
    return _SPELLED[driver.kind.version](driver, server, key, **connection)


def having(what: str) -> pytest.MarkDecorator:
    """Only the clients that have methods for it."""
    return _of([kind for kind in KINDS if what not in _SPELLED[kind.version].lacks])


def only(*versions: str) -> pytest.MarkDecorator:
    """Only the clients of these versions."""
    return _of([kind for kind in KINDS if kind.version in versions])


def _of(kinds: Sequence[Kind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=str)


def results(answer: Any) -> list[Json]:
    """The items of an answer, be it a list or an object with a list."""
    return list(answer["results"] if isinstance(answer, dict) else answer)


_VERBATIM = {"metadata", "profile", "schema", "customCategories", "structuredDataSchema"}
"""What that client does not turn into camel case: the user's own names stand in it."""


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _snaked(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_snaked(each) for each in answer]
    if isinstance(answer, dict):
        return {
            re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name): each if name in _VERBATIM else _snaked(each)
            for name, each in answer.items()
        }
    return answer
