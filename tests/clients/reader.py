"""A stand-in for a language model, behind the protocol of real ones: it understands a few plain sentences.

It reads the same record, instructions and schema as a model would, so what reaches a model shows in what it answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.chat_server import Reply, Request, completion

__all__ = ["read"]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A kind of sentence, what it states, and the topic by which it is filed. A functional one ends what was so."""

    pattern: re.Pattern[str]
    relation: str
    object_type: str
    topic: str
    functional: bool = False


_SENTENCES = (
    _Sentence(re.compile(r"\bI (?:live in|moved to) ([A-Z]\w+)"), "lives in", "Place", "personal_details", True),
    _Sentence(re.compile(r"\bI work at ([A-Z]\w+)"), "works at", "Organization", "professional_details", True),
    _Sentence(re.compile(r"\bI (?:like|love) (\w+)"), "likes", "Topic", "food"),
    _Sentence(re.compile(r"\bI play (\w+)"), "plays", "Topic", "sports"),
    _Sentence(re.compile(r"\bMy sister is ([A-Z]\w+)"), "has sister", "Person", "family"),
)


def read(request: Request) -> Reply:
    """The model's answer to a request, whatever it is asked for."""
    wanted = request.body["response_format"]["json_schema"]
    if wanted["name"] == "memories":
        return completion(_memories(request.body["messages"]))
    return completion(_told(wanted, _text(request.body["messages"][-1]["content"])))


def _memories(messages: list[dict[str, Any]]) -> dict[str, Any]:
    system, record = messages[0]["content"], json.loads(_text(messages[-1]["content"]))
    never = _listed(system, "Never remember:")
    offered = re.findall(r"(?m)^- (\S+?)(?::|$)", system.partition("Categories:")[2].partition("# Examples")[0])
    answer: dict[str, Any] = {"memories": [], "refused": []}
    for message in record["messages"]:
        if any(word in message["text"].lower() for word in never):
            answer["refused"].append(message["number"])
        else:
            answer["memories"] += _found(message, record, offered)
    return answer


def _found(message: Mapping[str, Any], record: Mapping[str, Any], offered: list[str]) -> Iterator[dict[str, Any]]:
    if message["from"] != "user":
        return
    who = record["user"] or "The user"
    for sentence in _SENTENCES:
        for match in sentence.pattern.finditer(message["text"]):
            about = f"{who} {sentence.relation}"
            before = [m["number"] for m in record["known"] if m["text"].startswith(about) and sentence.functional]
            yield {
                "text": f"{about} {match[1]}.",
                "verdict": "supersedes" if before else "new",
                "targets": before,
                "messages": [message["number"]],
                "attributed_to": "user",
                "categories": [sentence.topic] if sentence.topic in offered else [],
                "valid_at": None,
                "invalid_at": None,
                "entities": [
                    {"name": "user", "type": "Person", "aliases": []},
                    {"name": match[1], "type": sentence.object_type, "aliases": []},
                ],
                "relations": [_relation(sentence, match[1])],
            }


def _relation(sentence: _Sentence, found: str) -> dict[str, Any]:
    return {
        "subject": "user",
        "relation": sentence.relation,
        "object": found,
        "subject_type": "Person",
        "object_type": sentence.object_type,
        "valid_at": None,
        "invalid_at": None,
        "negated": False,
    }


_FACTS = {
    "city": re.compile(r"lives in (\w+)"),
    "employer": re.compile(r"works at (\w+)"),
}


def _told(wanted: Mapping[str, Any], record: str) -> dict[str, Any]:
    """A document: of what the record says, that which its properties name."""
    facts = {name: pattern.findall(record) for name, pattern in _FACTS.items()}
    facts["summary"] = [" ".join(re.findall(r"[\w ]+ (?:lives in|works at|likes) \w+\.", record))]
    return {name: facts[name][-1] if facts.get(name) else None for name in wanted["schema"]["properties"]}


def _listed(system: str, heading: str) -> list[str]:
    line = system.partition(heading)[2].partition("\n")[0].strip().lower()
    return [] if line == "(none)" else re.findall(r"\w{4,}", line)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return str(next(part["text"] for part in content if part["type"] == "text"))  # pictures follow the record
