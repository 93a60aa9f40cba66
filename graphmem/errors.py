"""Every error graphmem raises, in one tree.

::

    GraphmemError
    ├── InvalidInput (ValueError)      what you sent cannot be used; nothing was written
    │   ├── InvalidFilter              ... the filter; `path` says where in it
    │   └── TooLarge                   ... it is over a stated bound
    ├── NotFound (LookupError)         no such thing in your project and scope
    ├── Forbidden (PermissionError)    the key does not open this
    ├── Conflict                       somebody else changed the same thing first; try again
    ├── NotSupported                   this combination of parts cannot do that; `hint` says what can
    ├── ConfigurationError             a setting is wrong or missing
    │   ├── MissingExtra               a package has to be installed; `hint` is the command
    │   └── EmbedderChanged            the index was built with another embedder; rebuild it
    ├── Unavailable                    a part cannot be reached or cannot write now; `retry_after` seconds
    │   ├── StoreLocked                another process holds the folder; `holder` names it
    │   └── DiskFull                   too little free space to write safely
    ├── ModelError                     the language or embedding model failed
    │   ├── ModelUnavailable           ... could not be reached, or was busy
    │   ├── ModelRefused               ... declined to answer
    │   └── ModelAnswerInvalid         ... answered something that is not what was asked for
    └── CorruptStore                   the stored data contradicts itself

Each error carries its data as attributes, collected in `details` (JSON-ready, never a secret), says what
happened, to what, and what to do next (`hint`). `code` is stable and snake_case: doors show it to programs.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

__all__ = [
    "ConfigurationError",
    "Conflict",
    "CorruptStore",
    "DiskFull",
    "EmbedderChanged",
    "Forbidden",
    "GraphmemError",
    "InvalidFilter",
    "InvalidInput",
    "MissingExtra",
    "ModelAnswerInvalid",
    "ModelError",
    "ModelRefused",
    "ModelUnavailable",
    "NotFound",
    "NotSupported",
    "StoreLocked",
    "TooLarge",
    "Unavailable",
]


class GraphmemError(Exception):
    """The root of all errors of graphmem.

    `message` says what happened and to what, `hint` what to do next, `details` the data behind it.
    """

    code: ClassVar[str] = "graphmem_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __getattr__(self, name: str) -> Any:
        # Data given to the constructor reads as attributes: error.path, error.retry_after ...
        details = self.__dict__.get("details", {})
        if name in details:
            return details[name]
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")


class InvalidInput(GraphmemError, ValueError):
    """What the caller sent cannot be used. `field` names it where there is a name; nothing was written."""


class InvalidFilter(InvalidInput):
    """A filter cannot be understood. `path` is the way to the place inside the document."""


class TooLarge(InvalidInput):
    """Something is over its bound. `limit` and `actual` say by how much."""


class NotFound(GraphmemError, LookupError):
    """Nothing of that kind with that id is in the caller's project and scope. `kind` and `id` say what."""


class Forbidden(GraphmemError, PermissionError):
    """The caller is known but may not do this."""


class Conflict(GraphmemError):
    """The partition moved in what the change touches. Re-read, re-plan, apply again."""


class NotSupported(GraphmemError):
    """The parts in use cannot do this."""


class ConfigurationError(GraphmemError):
    """A setting is missing or wrong. `setting` names it."""


class MissingExtra(ConfigurationError):
    """A part needs a package that is not installed. `extra` names the extra that brings it."""


class EmbedderChanged(ConfigurationError):
    """The vector index was built with another embedder. `built_with` and `configured` are fingerprints."""


class Unavailable(GraphmemError):
    """A part cannot be reached or cannot write now. `retry_after` is in seconds, where it is known."""


class StoreLocked(Unavailable):
    """Another process holds the folder. `holder` says which, `url` where it listens if it is a server."""


class DiskFull(Unavailable):
    """Too little space is free to write safely. `free` and `needed` are bytes."""


class ModelError(GraphmemError):
    """A model failed. `provider` and `model` say which, `status` is the HTTP status where there was one."""


class ModelUnavailable(ModelError):
    """The model could not be reached, timed out, or was busy after all retries."""


class ModelRefused(ModelError):
    """The model declined to answer. `answer` holds its words."""


class ModelAnswerInvalid(ModelError):
    """The model's answer is not what was asked for, after repair. `answer` holds the start of its words."""


class CorruptStore(GraphmemError):
    """Stored data contradicts itself. `problems` lists what was found."""
