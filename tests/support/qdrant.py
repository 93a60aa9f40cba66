"""Where a real Qdrant server is found for tests: an address, or nowhere."""

from __future__ import annotations

import os
import warnings

from qdrant_client import AsyncQdrantClient

__all__ = ["GRPC", "KEY", "URL", "WANTING", "clear"]

URL = os.environ.get("GRAPHMEM_TEST_QDRANT")
KEY = os.environ.get("GRAPHMEM_TEST_QDRANT_KEY")
GRPC = int(os.environ.get("GRAPHMEM_TEST_QDRANT_GRPC", "6334"))
WANTING = "GRAPHMEM_TEST_QDRANT gives no URL of a Qdrant server"


async def clear(prefix: str) -> None:
    """Remove the collections whose names begin so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
        client = AsyncQdrantClient(URL, api_key=KEY, check_compatibility=False)
    for each in (await client.get_collections()).collections:
        if each.name.startswith(prefix):
            await client.delete_collection(each.name)
    await client.close()
