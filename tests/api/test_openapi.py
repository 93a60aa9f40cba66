"""The OpenAPI document: complete, and true. Schemathesis calls every operation with whatever it can think of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings
from tests.api.live import running


def document() -> dict[str, Any]:
    """What the app says of itself. It need not be opened for that."""
    return create_app(LocalBackend(assemble(Settings(extractor="verbatim"), Path("unopened")))).openapi()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("schemathesis")
    with running(folder / "memory", folder / "log") as server:
        items = [
            {
                "messages": f"Ana met friend {number} in Porto.",
                "user_id": "ana",
                "agent_id": 0,
                "infer": False,
                "relations": [["Ana", "MET", f"Friend {number}"]],
            }
            for number in range(5)
        ]
        httpx.post(f"{server.url}/memories/batch", json={"items": items}).raise_for_status()
        yield server.url


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


LONGEST_LINE = 60_000

schema = schemathesis.openapi.from_dict(document())


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_call_fails_the_server(case: schemathesis.Case, server: str) -> None:
    # A request line beyond 64 KiB never comes to the app: the HTTP server hangs up, maybe before it is sent to its end.
    assume(3 * len(str(case.query).encode("utf-8", "surrogatepass")) < LONGEST_LINE)
    case.call_and_validate(
        base_url=server,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
        timeout=30,
    )
