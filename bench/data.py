"""The data sets, read from the folder that `GRAPHMEM_DATA` names and turned into what `add` and `search` take.

`python -m bench.data locomo > locomo.jsonl` writes a set as lines that `graphmem import` reads.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["TASKS", "Question", "Task", "data_folder", "locomo", "musique"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the user whose memory it is asked of, and the keys of the memories that answer it."""

    text: str
    user_id: str
    gold: frozenset[str]
    kind: str


@dataclass(frozen=True, slots=True)
class Task:
    """A data set: items for `add_many`, each with its key in `metadata["key"]`, and questions."""

    name: str
    items: list[dict[str, Any]]
    questions: list[Question]
    cuts: tuple[int, ...] = (2, 5, 10, 20)
    refused: list[str] = field(default_factory=list)


def data_folder() -> Path:
    """Where the data is. Raises `SystemExit` with what to do if nobody said."""
    folder = os.environ.get("GRAPHMEM_DATA")
    if not folder or not Path(folder).is_dir():
        raise SystemExit("Set GRAPHMEM_DATA to the folder that holds the data sets (locomo/, musique_openie/ …).")
    return Path(folder)


def musique(folder: Path) -> Task:
    """MuSiQue passages with the triples that OpenIE drew from them, in one partition; multi-hop questions."""
    items = []
    with gzip.open(folder / "musique_openie" / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            passage = json.loads(line)
            triples = [triple for triple in passage["triples"] if _usable(triple)]
            items.append(
                {
                    "messages": f"{passage['title']}\n{passage['text']}",
                    "user_id": "musique",
                    "infer": False,
                    "metadata": {"key": passage["id"]},
                    "entities": [name for name in passage["entities"] if name.strip()],
                    "relations": triples,
                }
            )
    questions = []
    for line in (folder / "musique_openie" / "questions-dev.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        questions.append(Question(asked["question"], "musique", frozenset(asked["gold"]), asked["type"]))
    return Task("musique", items, questions)


def _usable(triple: list[str]) -> bool:
    return len(triple) == 3 and all(isinstance(part, str) and part.strip() for part in triple)


_KINDS = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


def locomo(folder: Path) -> Task:
    """LoCoMo: every turn of three conversations as a memory, said by its speaker at the session's time."""
    items: list[dict[str, Any]] = []
    questions: list[Question] = []
    for conversation in json.loads((folder / "locomo" / "conversations.json").read_text(encoding="utf-8")):
        user = conversation["sample_id"]
        known: set[str] = set()
        for said, turn in _turns(conversation["conversation"]):
            key = _turn_key(turn["dia_id"])
            known.add(key)
            items.append(
                {
                    "messages": {"role": "user", "name": turn["speaker"], "content": turn["text"]},
                    "user_id": user,
                    "infer": False,
                    "timestamp": said,
                    "metadata": {"key": f"{user}/{key}"},
                }
            )
        for asked in conversation["qa"]:
            found = {_turn_key(each) for text in asked["evidence"] for each in re.findall(r"D\d+:\d+", text)}
            gold = frozenset(f"{user}/{key}" for key in found & known)
            if gold:
                questions.append(Question(asked["question"], user, gold, _KINDS[asked["category"]]))
    return Task("locomo", items, questions, cuts=(5, 10, 25))


def _turns(conversation: dict[str, Any]) -> Iterator[tuple[datetime, dict[str, Any]]]:
    sessions = sorted(int(name.split("_")[1]) for name in conversation if re.fullmatch(r"session_\d+", name))
    for session in sessions:
        said = datetime.strptime(conversation[f"session_{session}_date_time"], "%I:%M %p on %d %B, %Y")
        for turn in conversation[f"session_{session}"]:
            if turn["text"].strip():
                yield said.replace(tzinfo=UTC), turn


def _turn_key(text: str) -> str:
    session, turn = text.removeprefix("D").split(":")
    return f"D{int(session)}:{int(turn)}"


TASKS = {"musique": musique, "locomo": locomo}


if __name__ == "__main__":
    for item in TASKS[sys.argv[1]](data_folder()).items:
        print(json.dumps(item, default=datetime.isoformat, ensure_ascii=False))
