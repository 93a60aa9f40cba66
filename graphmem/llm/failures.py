"""A call that brought no answer: what happened on the wire, and which error of graphmem that is.

A `Failure` is plain data made from a driver's exception. It is judged (try again? ask differently?) and, when
nothing helps, told to the user. The driver's exception ends here: it may quote keys and headers.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from graphmem.errors import ModelAnswerInvalid, ModelError, ModelRefused, ModelUnavailable

__all__ = ["Failure", "Target", "failure_of_body", "failure_of_exception", "sentence", "tidy"]

_MAX_WORDS = 300
_NO_CREDIT = ("insufficient_quota", "insufficient_balance", "billing_hard_limit_reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who was asked, as it may be shown: provider, model, address, the variables of the key."""

    label: str
    model: str
    url: str
    key_env: tuple[str, ...]

    @property
    def details(self) -> dict[str, Any]:
        """What every model error carries."""
        return {"provider": self.label, "model": self.model, "url": self.url}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call brought no answer.

    `status` is the HTTP status, None when there was no response. `code`, `param` and `text` are the server's
    own words; `answer` what the model had said, where the server quotes it. `retry_after` is in seconds.
    """

    kind: Literal["status", "timeout", "connection", "protocol"]
    text: str
    status: int | None = None
    code: str = ""
    param: str = ""
    answer: str = ""
    retry_after: float | None = None

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed later.

        A timeout is not tried again: the model may have worked, and be paid, for all that time.
        """
        if self.kind == "connection":
            return True
        if self.status is None or self.code in _NO_CREDIT:
            return False
        return self.status in (408, 409, 429) or self.status >= 500

    def error(self, target: Target, *, timeout: float) -> ModelError:
        """The error to raise. `timeout` is in seconds."""
        match self.kind:
            case "timeout":
                return ModelUnavailable(
                    f"{target.label} did not answer within {timeout:g} seconds (model {target.model!r}).",
                    hint="Raise the timeout, or try again later.",
                    retry_after=None,
                    **target.details,
                )
            case "connection":
                return ModelUnavailable(
                    f"{target.label} cannot be reached at {target.url!r}: {sentence(self.text)}",
                    hint="Check the base URL, and that a server is listening there.",
                    retry_after=None,
                    **target.details,
                )
            case "protocol":
                return ModelError(
                    f"What answers at {target.url!r} speaks no chat-completions protocol: {sentence(self.text)}",
                    hint="Check the base URL: it ends where /chat/completions begins, mostly in /v1.",
                    **target.details,
                )
            case "status":
                return self._error_of_status(target)

    def _error_of_status(self, target: Target) -> ModelError:
        about = {**target.details, "status": self.status}
        said = f"{target.label} (HTTP {self.status}): {sentence(self.text)}"
        if self.code == "content_filter":
            return ModelRefused(
                f"The content filter of {said}",
                hint="The text cannot be sent to this model; leave it out or use another one.",
                answer=self.text,
                **about,
            )
        if self.code == "json_validate_failed":
            return ModelAnswerInvalid(
                f"Model {target.model!r} wrote no valid JSON. {said}",
                hint="Try again, or use a stronger model.",
                answer=self.answer,
                **about,
            )
        if self.passing:
            return ModelUnavailable(
                f"Model {target.model!r} at {target.url!r} is not available now. {said}",
                hint="Try again later, or lower the number of calls.",
                retry_after=self.retry_after,
                **about,
            )
        hint = self._hint(target)
        if self.status == 401:
            # Providers quote the key, or parts of it, in these words: they are not shown.
            return ModelError(f"{target.label} did not accept the API key (HTTP 401).", hint=hint, **about)
        if self.status == 404:
            what = f"Model {target.model!r} was not found at {target.url!r}."
            return ModelError(f"{what} {said}", hint=hint, **about)
        return ModelError(f"Model {target.model!r} could not be asked. {said}", hint=hint, **about)

    def _hint(self, target: Target) -> str | None:
        keys = " or ".join(target.key_env) or "the provider's key variable"
        if self.code in _NO_CREDIT or self.status == 402:
            return "The account's credit or quota is used up; check its billing page."
        if self.code == "context_length_exceeded" or self.status == 413:
            return "The text is too long for this model: send less at a time, or use another one."
        return {
            401: f"Set {keys} to a valid key.",
            403: f"Check that the key in {keys} may use this model.",
            404: "Check the model's name, and that the base URL ends where /chat/completions begins.",
        }.get(self.status or 0)


def failure_of_exception(exc: Exception, *, secret: str | None) -> Failure:
    """The failure behind an exception of the `openai` package (or of one that derives from it).

    `secret` is blotted out wherever the server's words repeat it.
    """
    import openai

    if isinstance(exc, openai.APITimeoutError):
        return Failure(kind="timeout", text="")
    status = getattr(exc, "status_code", None)
    if isinstance(exc, openai.APIConnectionError) or not isinstance(status, int):
        cause = exc.__cause__ or exc
        return Failure(kind="connection", text=tidy(str(cause) or type(cause).__name__, secret=secret))
    response = getattr(exc, "response", None)
    headers = getattr(response, "headers", None) or {}
    return failure_of_body(getattr(exc, "body", None), status=status, headers=headers, secret=secret)


def failure_of_body(
    body: object, *, status: int, headers: Mapping[str, str] | None = None, secret: str | None
) -> Failure:
    """The failure that a response's status, headers and decoded body tell of."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    fields = error if isinstance(error, Mapping) else {}
    words = fields.get("message") or fields.get("detail") or error or "no explanation"
    return Failure(
        kind="status",
        status=status,
        code=str(fields.get("code") or fields.get("type") or ""),
        param=str(fields.get("param") or ""),
        text=tidy(str(words), secret=secret),
        answer=str(fields.get("failed_generation") or "")[:_MAX_WORDS],
        retry_after=_retry_after(headers or {}),
    )


def tidy(words: str, *, secret: str | None = None) -> str:
    """Foreign words fit for a message: on one line, bounded, without the secret and bearer tokens."""
    if secret:
        words = words.replace(secret, "***")
    words = re.sub(r"(?i)\bbearer\s+\S+", "Bearer ***", words)
    words = " ".join(words.split())
    return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}…"


def sentence(words: str) -> str:
    """The words with a full stop, so that a hint can follow."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110 10.2.3)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - time.time()
            except ValueError:
                continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None
