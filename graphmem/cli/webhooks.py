"""Webhooks: webhooks list, create, delete, test, log."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from graphmem.cli.command import Call, command
from graphmem.cli.either import either
from graphmem.client.later import DeliveryView, delivery_view, new_webhook_view, webhook_view
from graphmem.client.local import LocalBackend
from graphmem.errors import Unavailable

__all__ = ["register"]

WebhookId = Annotated[str, typer.Argument(help="The webhook's id.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    webhooks = typer.Typer(help="Addresses that are told what became of memories.", no_args_is_help=True)
    command(webhooks, show, name="list", example=["webhooks list"])
    command(webhooks, create, name="create", example=["webhooks create https://example.com/hook --event memory_add"])
    command(webhooks, delete, name="delete", example=["webhooks delete 0190..."])
    command(webhooks, test, name="test", example=["webhooks test 0190..."])
    command(webhooks, log, name="log", example=["webhooks log 0190..."])
    app.add_typer(webhooks, name="webhooks")


def show(call: Call) -> None:
    """List the webhooks, without their secrets."""

    async def here(backend: LocalBackend) -> list[dict[str, Any]]:
        return [{**webhook_view(each)} for each in await backend.engine.webhooks.listed(backend.project)]

    found = either(call, here, lambda server: server.webhooks.listed())

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("id", "name", "url", "events"):
            table.add_column(heading, overflow="fold", no_wrap=heading == "id")
        for each in found:
            paused = "" if each["is_active"] else " (paused)"
            table.add_row(each["id"], each["name"] + paused, each["url"], ", ".join(each["event_types"]))
        call.console.print(table if found else "There are no webhooks.")

    call.answer(found, tell)


def create(
    call: Call,
    address: Annotated[str, typer.Argument(help="The URL to send what happens to.")],
    *,
    name: Annotated[str, typer.Option(help="What lists and logs call it.")] = "webhook",
    event: Annotated[
        list[str] | None,
        typer.Option(help="An event to be told of, such as memory_add; may be given again.", show_default=False),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="What signs deliveries; left out, one is made.", show_default=False)
    ] = None,
) -> None:
    """Subscribe an address. The secret that signs what it is sent is shown this once."""
    body: dict[str, Any] = {"url": address, "name": name, "event_types": event, "secret": secret}
    body = {key: value for key, value in body.items() if value is not None}

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return {**new_webhook_view(await backend.engine.webhooks.create(backend.project, **body))}

    made = either(call, here, lambda server: server.webhooks.create(body))

    def tell() -> None:
        call.note(made["id"])
        call.note(f"Told of {', '.join(made['event_types'])}; signed with {made['secret']}, which is not shown again.")

    call.answer(made, tell)


def delete(call: Call, webhook_id: WebhookId) -> None:
    """Remove a webhook with its log."""

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return {**webhook_view(await backend.engine.webhooks.delete(backend.project, webhook_id))}

    gone = either(call, here, lambda server: server.webhooks.delete(webhook_id))
    call.answer(gone, lambda: call.note(f"Webhook {gone['name']!r} is told nothing any longer."))


def test(call: Call, webhook_id: WebhookId) -> None:
    """Send one signed delivery now, and say how it went. Ends with 5 if it was not taken."""

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return {**delivery_view(await backend.engine.webhooks.test(backend.project, webhook_id))}

    sent = either(call, here, lambda server: server.webhooks.test(webhook_id))
    call.answer(sent, lambda: call.note(f"{_outcome(sent)} ({sent['milliseconds']:.0f} ms)"))
    if not sent["delivered"]:
        raise Unavailable("The test delivery was not taken.", hint="See what the other side logged.")


def log(call: Call, webhook_id: WebhookId) -> None:
    """Show the last deliveries, newest first."""

    async def here(backend: LocalBackend) -> list[dict[str, Any]]:
        found: list[DeliveryView] = [
            delivery_view(each) for each in await backend.engine.webhooks.deliveries(backend.project, webhook_id)
        ]
        return [{**each} for each in found]

    found = either(call, here, lambda server: server.webhooks.deliveries(webhook_id))

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("at", "event", "attempt", "outcome"):
            table.add_column(heading, overflow="fold")
        for each in found:
            table.add_row(each["at"][:19], each["event_type"], str(each["attempt"]), _outcome(each))
        call.console.print(table if found else "Nothing was delivered yet.")

    call.answer(found, tell)


def _outcome(delivery: dict[str, Any]) -> str:
    if delivery["delivered"]:
        return f"Delivered: answered {delivery['status']}."
    return str(delivery["reason"] or f"Not taken: answered {delivery['status']}.")
