"""What a caller's instructions may say: what is worth remembering, not how the model has to answer."""

from __future__ import annotations

import re

__all__ = ["HINT", "demanded_form"]

HINT = (
    "Say only what is worth remembering, and what not. The form of the answer is fixed: leave out sentences that ask "
    "for JSON, and examples that show it."
)
"""What to do with instructions that `demanded_form` finds fault with."""

_KEYS = r"facts|memory|memories|entities|relations|relationships|event|old_memory|deleted_memories"
_FORMS = r"JSON|XML|YAML|CSV"

_DEMANDS = (
    # An answer of another shape, shown: {"facts": [...]}
    re.compile(rf"[{{,]\s*[\"'“](?:{_KEYS})[\"'”]\s*:"),
    # An example of one: Output: {...
    re.compile(r"^\W*(?:output|answer|response|result)\s*:\s*[\[{]", re.IGNORECASE | re.MULTILINE),
    # A sentence that begins by asking for one. Only there: "she wants reports returned as JSON" is a fact like others.
    re.compile(
        r"(?:^|[.!?:;\n])\W*(?:(?:please|always|only|then|and|you (?:must|should|have to))\s+){0,3}"
        rf"(?:return|respond|answer|reply|output|format)\b[^.!?\n]{{0,100}}\b(?:{_FORMS})\b",
        re.IGNORECASE,
    ),
)


def demanded_form(instructions: str) -> str | None:
    """The words that ask for an answer of another form, None where there are none.

    One model call answers by graphmem's own schema, so such instructions cannot be followed; a model that is not held
    to a schema would be torn between the two. Prompts written for mem0's first extractor, which wants `{"facts": […]}`,
    are the common case.
    """
    for pattern in _DEMANDS:
        if found := pattern.search(instructions):
            return " ".join(found[0].split()).strip(" .!?:;,")
    return None
