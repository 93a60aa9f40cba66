"""The driver's errors as graphmem's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from neo4j.exceptions import (
    AuthError,
    ClientError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)
from neo4j.exceptions import (
    ConfigurationError as DriverConfigurationError,
)

from graphmem.errors import ConfigurationError, DiskFull, GraphmemError, InvalidInput, TooLarge, Unavailable

__all__ = ["apoc_needed", "check_url", "met_another", "shown", "translated"]

_RETRY_AFTER = 2.0  # seconds
_NEEDED = 2**30  # bytes a server should have free; what it has cannot be asked of it

_MET_ANOTHER = frozenset(
    {
        "Neo.ClientError.Statement.EntityNotFound",  # what was just found is being removed
        "Neo.ClientError.Schema.ConstraintValidationFailed",  # an id came into use elsewhere
        "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists",
        "Neo.ClientError.Schema.IndexAlreadyExists",
        "Neo.ClientError.Schema.ConstraintAlreadyExists",
    }
)
_TOO_LONG = "too large to index"


def shown(url: str) -> str:
    """The URL as messages may show it: without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def met_another(error: Neo4jError) -> bool:
    """Whether the error only says that another transaction was faster: the work is to be done again."""
    return error.code in _MET_ANOTHER


def check_url(url: str) -> None:
    """Raise `ConfigurationError` unless the URL speaks Bolt. (The driver takes others, for parts that are not here.)"""
    if urlsplit(url).scheme.partition("+")[0] not in ("neo4j", "bolt"):
        raise _misspelt(url, "it begins with neither neo4j:// nor bolt://.")


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what the driver raises inside the block into errors of graphmem's tree."""
    try:
        yield
    except GraphmemError:  # some are OSErrors, too
        raise
    except (AuthError, Forbidden) as error:
        raise ConfigurationError(
            f"Neo4j at {shown(url)!r} does not let this user in: {_said(error)}",
            hint="Check user and password in neo4j://user:password@host:7687, and that the user may read and write.",
            setting="GRAPHMEM_STORE",
        ) from error
    except Neo4jError as error:
        raise _from_server(error, url) from error
    except DriverError as error:
        raise _from_driver(error, url) from error
    except OSError as error:
        raise _unavailable(url, error) from error
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"A text holds half of a surrogate pair at position {error.start} and cannot be stored.",
            hint="Decode the text as UTF-8 or UTF-16 before sending it.",
        ) from error
    except OverflowError as error:
        raise InvalidInput(f"A number is too large for the store: {error}.") from error


def apoc_needed(what: str) -> ConfigurationError:
    """APOC is missing, or some of it."""
    return ConfigurationError(
        f"Neo4j lacks APOC: {what}",
        hint="Put APOC core of the server's own version into its plugins folder (in the official image: "
        "NEO4J_PLUGINS='[\"apoc\"]'), let dbms.security.procedures.allowlist name apoc.* if it is set, restart.",
        setting="GRAPHMEM_STORE",
    )


def _from_server(error: Neo4jError, url: str) -> GraphmemError:
    code, said = error.code or "", _said(error)
    if code == "Neo.ClientError.Procedure.ProcedureNotFound" or "Unknown function 'apoc." in said:
        return apoc_needed(said)
    if code.startswith("Neo.ClientError.Database."):
        return ConfigurationError(
            f"Neo4j at {shown(url)!r} has no such database: {said}",
            hint="Check the end of neo4j://user:password@host:7687/database.",
            setting="GRAPHMEM_STORE",
        )
    if code.startswith("Neo.ClientError.Security."):
        return ConfigurationError(
            f"Neo4j at {shown(url)!r} refuses: {said}",
            hint="Give the user the right to read, write and change the schema of the database.",
            setting="GRAPHMEM_STORE",
        )
    if _TOO_LONG in said:
        return TooLarge(
            "A name or an id is longer than Neo4j can look up; nothing was written.",
            hint="Names and ids may have up to 2,000 characters.",
        )
    if "OutOfDiskSpace" in code or "No space left" in said:
        return DiskFull(
            f"The disk of Neo4j at {shown(url)!r} is full; nothing was written.",
            hint="Free some space there and try again.",
            free=0,
            needed=_NEEDED,
        )
    if isinstance(error, TransientError) or not isinstance(error, ClientError) or "Transaction" in code:
        return _unavailable(url, error)
    return Unavailable(f"Neo4j at {shown(url)!r} failed: {said}")


def _from_driver(error: DriverError, url: str) -> GraphmemError:
    if isinstance(error, DriverConfigurationError):
        return _misspelt(url, str(error))
    if isinstance(error, ServiceUnavailable | SessionExpired):
        return _unavailable(url, error)
    return Unavailable(f"The connection to Neo4j at {shown(url)!r} failed: {error}")


def _misspelt(url: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"Neo4j at {shown(url)!r} cannot be used: {why}",
        hint="Write it like neo4j://user:password@host:7687, of a Neo4j 5.26 or newer.",
        setting="GRAPHMEM_STORE",
    )


def _unavailable(url: str, error: Exception) -> Unavailable:
    said = _said(error) if isinstance(error, Neo4jError) else str(error)
    hint = "Check that it runs and that its address is right; then try again."
    if urlsplit(url).scheme.endswith("+s") and not isinstance(error, Neo4jError):
        hint += " Its certificate has to be trusted here: where an authority of your own signed it, name that one's in "
        hint += "SSL_CERT_FILE."
    return Unavailable(
        f"Neo4j at {shown(url)!r} cannot be reached, or is too busy: {said}", hint=hint, retry_after=_RETRY_AFTER
    )


def _said(error: Neo4jError) -> str:
    return (error.message or str(error)).strip()
