"""Prompts: Markdown files, loaded once and checked at load.

Each begins with its name, version, inputs and the class of its answer. `{{name}}` marks the place of an input;
declared and used inputs must be the same. There is no logic in a prompt: what varies is decided in Python and
passed as text. Examples are JSON data beside them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from graphmem.errors import ConfigurationError

__all__ = ["Prompt", "load_examples", "load_prompt"]

_FILE = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<body>.*)", re.DOTALL)
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_KEYS = {"name", "version", "inputs", "answers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt's text and what it says of itself. `origin` names it with version and a hash of its content."""

    name: str
    version: int
    inputs: frozenset[str]
    answers: str
    body: str
    origin: str

    def render(self, **inputs: str) -> str:
        """The text with `inputs` in their places; what stands in an input is never taken for a place.

        Raises `ConfigurationError` when inputs are missing or unknown.
        """
        if set(inputs) != self.inputs:
            raise ConfigurationError(
                f"Prompt {self.name!r} takes {sorted(self.inputs)}, got {sorted(inputs)}.", setting="prompt"
            )
        return _SLOT.sub(lambda slot: inputs[slot[1]], self.body)


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name; raises `ConfigurationError` if it is missing or contradicts its own head."""
    source = files(__name__).joinpath(f"{name}.md")
    if not source.is_file():
        raise ConfigurationError(f"There is no prompt {name!r}.", setting="prompt")
    text = source.read_text("utf-8")
    examples = "".join(json.dumps(example) for example in load_examples())
    digest = hashlib.sha256(f"{text}\0{examples}".encode()).hexdigest()[:8]
    return parse_prompt(text, expected=name, digest=digest)


def parse_prompt(text: str, *, expected: str, digest: str) -> Prompt:
    """A prompt from the text of its file; raises `ConfigurationError` if it contradicts its own head."""
    found = _FILE.fullmatch(text)
    lines = found["head"].splitlines() if found else []
    head = dict(line.split(": ", 1) for line in lines if ": " in line)
    if found is None or set(head) != _KEYS or head["name"] != expected or not head["version"].isdigit():
        raise ConfigurationError(
            f"The head of prompt {expected!r} is not one.",
            hint=f"It gives {sorted(_KEYS)}, the name being that of the file.",
            setting="prompt",
        )
    body = found["body"].strip()
    declared = {name.strip() for name in head["inputs"].strip("[]").split(",") if name.strip()}
    used = set(_SLOT.findall(body))
    if declared != used:
        raise ConfigurationError(
            f"Prompt {expected!r} declares {sorted(declared)} and uses {sorted(used)}.", setting="prompt"
        )
    return Prompt(
        name=head["name"],
        version=int(head["version"]),
        inputs=frozenset(declared),
        answers=head["answers"],
        body=body,
        origin=f"{head['name']}@{head['version']}+{digest}",
    )


@cache
def load_examples() -> tuple[Mapping[str, Any], ...]:
    """The examples in the order of their file names: each a `record` and the `answer` to it."""
    folder = files(__name__).joinpath("examples")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(json.loads(folder.joinpath(name).read_text("utf-8")) for name in names)
