"""Prompts: Markdown files, loaded once and checked at load; and data as models are shown it.

A prompt begins with its name, version, inputs and the class of its answer. `{{name}}` marks the place of an input;
declared and used inputs must be the same. There is no logic in a prompt: what varies is decided in Python and passed
as text.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files

from graphmem.errors import ConfigurationError

__all__ = ["Prompt", "as_data", "as_document", "parse_prompt", "read_prompt"]

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


def read_prompt(package: str, name: str, *, beside: str = "") -> Prompt:
    """The prompt `name` of a package; raises `ConfigurationError` if it is missing or contradicts its own head.

    `beside` is what belongs to it and is not in its file: its hash tells of that, too.
    """
    source = files(package).joinpath(f"{name}.md")
    if not source.is_file():
        raise ConfigurationError(f"There is no prompt {name!r}.", setting="prompt")
    text = source.read_text("utf-8")
    digest = hashlib.sha256(f"{text}\0{beside}".encode()).hexdigest()[:8]
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


def as_document(**fields: object) -> str:
    """JSON with an item of a list a line, for models and people alike."""
    lines = []
    for name, value in fields.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(as_data(item) for item in value)
            lines.append(f"{as_data(name)}: [\n{rows}\n]")
        else:
            lines.append(f"{as_data(name)}: {as_data(value)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def as_data(value: object) -> str:
    """JSON, which is the fence: whatever somebody says stays inside a string."""
    # Tags are what some models take for the edge of their instructions; "\/" is "/" in JSON.
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
