"""After all others: nothing of any client was left out."""

from __future__ import annotations

import pytest

from tests.clients.driven import Failed
from tests.clients.spelling import Client, having

pytestmark = pytest.mark.clients


@having("chat")
def test_what_their_clients_do_not_do_themselves(client: Client) -> None:
    with pytest.raises(Failed, match="NotImplementedError"):
        client.call("chat")


def test_every_public_method_was_called(client: Client) -> None:
    missed = client.methods() - client.driver.called
    client.driver.called.clear()  # the next store's tests call all of them anew
    assert missed == set()
