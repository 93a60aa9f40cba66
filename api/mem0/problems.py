"""Failures as mem0's clients read them.

They show `detail` where it is text, programs of theirs read `error` or `message`, and tell kinds apart by the status:
400 is a fault of the caller, 413 a quota, 422 is never sent by their servers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from ..wire import Json

__all__ = ["answer", "speaks_mem0"]

_PATHS = re.compile(r"/(v1|v2|v3|api/v1)(/|$)")


def speaks_mem0(scope: Scope) -> bool:
    """Whether the request is for one of the compatible paths, known or not."""
    path: str = scope["path"]
    return _PATHS.match(path.removeprefix(scope.get("root_path", ""))) is not None


def answer(problem: Mapping[str, Any], headers: Mapping[str, str]) -> Json:
    """The problem document `problem` in their shape: `detail`, `error` and `message` are texts, the rest stays."""
    told = problem["detail"]
    detail = f"{told} {problem['hint']}" if "hint" in problem else told
    body = {name: value for name, value in problem.items() if name not in ("type", "title", "detail", "hint")}
    missing = problem["code"] == "not_found" and problem.get("kind") == "memory"
    status = _status(problem)
    body |= {
        "status": status,
        "detail": detail,
        "error": "Memory not found!" if missing else told,
        "message": detail,
    }
    return Json(body, status_code=status, headers=dict(headers))


def _status(problem: Mapping[str, Any]) -> int:
    """The status, where 413 is left to whole bodies: a field that is too long is a fault, not a quota."""
    status: int = problem["status"]
    if status == 422 or (status == 413 and ("field" in problem or "path" in problem)):
        return 400
    return status
