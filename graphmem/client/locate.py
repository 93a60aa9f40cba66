"""From a location to the backend that is there."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from graphmem.errors import ConfigurationError

if TYPE_CHECKING:
    from graphmem.client.backend import Backend
    from graphmem.settings import Settings

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
    # Loaded here, and of the two backends the one that is needed: importing the package costs little.
    from graphmem.settings import NEO4J_SCHEMES, load_settings

    settings = settings or load_settings()
    place = str(location or settings.store or settings.home)
    key = api_key or (settings.api_key.get_secret_value() if settings.api_key else None)
    if place.startswith(("http://", "https://")):
        return _remote(place, key)
    if place.startswith(NEO4J_SCHEMES):
        return _neo4j(place, settings)
    if "://" in place:
        scheme = place.split("://", 1)[0]
        raise ConfigurationError(
            f"A location of the kind {scheme!r} is not known.",
            hint="Give a folder, neo4j://user:password@host:7687, or http(s)://… of a graphmem server.",
            setting="GRAPHMEM_STORE",
        )
    if api_key is not None and location is None and settings.store is None:
        raise ConfigurationError(
            "An API key was given, but no server to use it with.",
            hint="Name the graphmem server it opens, Memory('http://host:8000', api_key=…), or leave the key out for a "
            "memory in a folder, Memory('./mem').",
            setting="GRAPHMEM_STORE",
        )
    from graphmem.assemble import assemble
    from graphmem.client.local import LocalBackend
    from graphmem.stores.folder import FolderLock

    # Absolute from the start: the program may change its directory while the memory is open.
    folder = Path(place).expanduser().absolute()
    if url := FolderLock(folder).server():
        return _remote(url, key)
    return LocalBackend(assemble(settings, folder), settings.project)


def _neo4j(place: str, settings: Settings) -> Backend:
    """The Neo4j there, or the server of this machine that holds the copy of its index."""
    from graphmem.assemble import assemble_neo4j, index_folder
    from graphmem.client.local import LocalBackend
    from graphmem.settings import read_neo4j
    from graphmem.stores.folder import FolderLock

    address = read_neo4j(place)
    if settings.vectors == "edge" and (url := FolderLock(index_folder(settings, address)).server()):
        key = settings.api_key
        return _remote(url, key.get_secret_value() if key else None)
    return LocalBackend(assemble_neo4j(settings, address), settings.project)


def _remote(url: str, key: str | None) -> Backend:
    from graphmem.client.remote import RemoteBackend

    return RemoteBackend(url, api_key=key)
