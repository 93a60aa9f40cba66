"""From a location to the backend that is there."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from graphmem.assemble import assemble
from graphmem.client.backend import Backend
from graphmem.client.local import LocalBackend
from graphmem.client.remote import RemoteBackend
from graphmem.errors import ConfigurationError
from graphmem.settings import Settings, load_settings
from graphmem.stores.folder import FolderLock

__all__ = ["locate"]


def locate(
    location: str | PathLike[str] | None = None,
    *,
    api_key: str | None = None,
    settings: Settings | None = None,
) -> Backend:
    """The backend at `location`; nothing is opened yet.

    A folder that a running graphmem server holds is reached through that server.
    """
    settings = settings or load_settings()
    place = str(location or settings.store or settings.home)
    key = api_key or (settings.api_key.get_secret_value() if settings.api_key else None)
    if place.startswith(("http://", "https://")):
        return RemoteBackend(place, api_key=key)
    if "://" in place:
        scheme = place.split("://", 1)[0]
        raise ConfigurationError(
            f"A location of the kind {scheme!r} is not known.",
            hint="Give a folder, or http(s)://… of a graphmem server.",
            setting="GRAPHMEM_STORE",
        )
    if api_key is not None and location is None and settings.store is None:
        raise ConfigurationError(
            "An API key was given, but no server to use it with.",
            hint="Pass the server's address, Memory('http://host:8000', api_key=…), or leave the key out for a folder.",
            setting="GRAPHMEM_STORE",
        )
    folder = Path(place).expanduser()
    if url := FolderLock(folder).server():
        return RemoteBackend(url, api_key=key)
    return LocalBackend(assemble(settings, folder), settings.project)
