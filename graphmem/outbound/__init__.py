"""The one way out to addresses that callers name: guarded, bounded, and without anything of ours in the request."""

from __future__ import annotations

from graphmem.outbound.addresses import Destination, check_url, destinations, is_public
from graphmem.outbound.http import Fetched, fetch, post

__all__ = ["Destination", "Fetched", "check_url", "destinations", "fetch", "is_public", "post"]
