"""The data sets, read from the folder that `GRAPHMEM_DATA` names and turned into what `add` and `search` take.

`python -m bench.data locomo > locomo.jsonl` writes a set as lines that `graphmem import` reads.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from graphmem import ids

__all__ = ["TASKS", "Question", "Task", "data_folder", "same_ids"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the user whose memory it is asked of, and the keys of the memories that answer it.

    `said` is when the last of these was said, where the set tells.
    """

    text: str
    user_id: str
    gold: frozenset[str]
    kind: str
    said: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A data set: items for `add_many`, each with its key in `metadata["key"]`, and questions.

    `quotable` says that its licence lets its questions be quoted in a report.
    """

    name: str
    items: list[dict[str, Any]]
    questions: list[Question]
    cuts: tuple[int, ...] = (2, 5, 10, 20)
    quotable: bool = False


def data_folder() -> Path:
    """Where the data is. Raises `SystemExit` with what to do if nobody said."""
    folder = os.environ.get("GRAPHMEM_DATA")
    if not folder or not Path(folder).is_dir():
        raise SystemExit("Set GRAPHMEM_DATA to the folder that holds the data sets (locomo/, musique_openie/ …).")
    return Path(folder)


@contextmanager
def same_ids(name: str) -> Iterator[None]:
    """Draw ids from a seed: they decide between equal scores, and figures should be the same every time."""
    with mock.patch.object(ids, "urandom", random.Random(name).randbytes):
        yield


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
    return Task("musique", items, _multi_hop(folder / "musique_openie", "musique"), quotable=True)


def _multi_hop(folder: Path, user: str) -> list[Question]:
    lines = (folder / "questions-dev.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    return [Question(each["question"], user, frozenset(each["gold"]), each["type"]) for each in asked]


def _usable(triple: list[str]) -> bool:
    return len(triple) == 3 and all(isinstance(part, str) and part.strip() for part in triple)


_KINDS = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


def twowiki(folder: Path) -> Task:
    """2WikiMultihopQA: passages without triples, each about what its title names; multi-hop questions."""
    with gzip.open(folder / "twowiki" / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        items = [
            {
                "messages": f"{passage['title']}\n{passage['text']}",
                "user_id": "twowiki",
                "infer": False,
                "metadata": {"key": passage["id"]},
                "entities": [passage["title"]],
            }
            for passage in map(json.loads, lines)
        ]
    return Task("twowiki", items, _multi_hop(folder / "twowiki", "twowiki"), quotable=True)


def locomo(folder: Path) -> Task:
    """LoCoMo: every turn of three conversations as a memory, said by its speaker at the session's time."""
    return _locomo(folder, "locomo", lambda _, __: {})


def locomo_entities(folder: Path) -> Task:
    """LoCoMo, its turns with the entities that a model found in them, as a caller gives them."""
    named: dict[str, dict[str, list[str]]] = {}

    def entities(user: str, key: str) -> dict[str, Any]:
        if user not in named:
            named[user] = _entity_graph(folder / "locomo" / f"{user}.entity-graph.json.gz")
        return {"entities": found} if (found := named[user].get(key)) else {}

    return _locomo(folder, "locomo_entities", entities)


def _entity_graph(path: Path) -> dict[str, list[str]]:
    """The names of the entities of each turn, by the turn's key."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        graph = json.load(file)
    found: dict[str, list[str]] = {}
    for edge in graph["edges"]:
        turn = _turn_key(graph["memories"][edge["memory_id"]]["dia_id"])
        found.setdefault(turn, []).append(graph["entities"][edge["entity_id"]]["value"])
    return found


def _locomo(folder: Path, name: str, more: Callable[[str, str], dict[str, Any]]) -> Task:
    items: list[dict[str, Any]] = []
    questions: list[Question] = []
    for conversation in json.loads((folder / "locomo" / "conversations.json").read_text(encoding="utf-8")):
        user = conversation["sample_id"]
        known: dict[str, datetime] = {}
        for said, turn in _turns(conversation["conversation"]):
            key = _turn_key(turn["dia_id"])
            known[key] = said
            items.append(
                {
                    "messages": {"role": "user", "name": turn["speaker"], "content": turn["text"]},
                    "user_id": user,
                    "infer": False,
                    "timestamp": said,
                    "metadata": {"key": f"{user}/{key}"},
                    **more(user, key),
                }
            )
        for asked in conversation["qa"]:
            found = {_turn_key(each) for text in asked["evidence"] for each in re.findall(r"D\d+:\d+", text)}
            if told := found & known.keys():
                gold = frozenset(f"{user}/{key}" for key in told)
                last = max(known[key] for key in told)
                questions.append(Question(asked["question"], user, gold, _KINDS[asked["category"]], last))
    return Task(name, items, questions, cuts=(5, 10, 25))


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


def lihua(folder: Path) -> Task:
    """LiHua-World: a year of one person's chats, each file of them a memory; questions with the files that answer."""
    items = []
    with zipfile.ZipFile(folder / "lihua" / "LiHuaWorld.zip") as archive:
        for path in sorted(name for name in archive.namelist() if name.endswith(".txt")):
            head, _, chat = archive.read(path).decode("utf-8").partition("\n")
            said = datetime.strptime(head.removeprefix("Time:").strip(), "%Y%m%d_%H:%M")
            items.append(_chat(chat.strip(), said))
    known = {item["metadata"]["key"] for item in items}
    asked = json.loads((folder / "lihua" / "questions-dev.json").read_text(encoding="utf-8")).values()
    questions = []
    for each in asked:
        found = {_chat_key(name) for name in each["evidence"].split("<and>")}
        if gold := frozenset(found & known):
            questions.append(Question(each["question"], "lihua", gold, each["type"]))
    return Task("lihua", items, questions)


def _chat(text: str, said: datetime) -> dict[str, Any]:
    """One chat, its lines `WolfgangSchulz: …`; who speaks in it is named as people write names."""
    speakers: dict[str, str] = {}

    def spaced(match: re.Match[str]) -> str:
        speakers[match[1]] = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", match[1])
        return f"{speakers[match[1]]}:"

    return {
        "messages": re.sub(r"^(\w+):", spaced, text, flags=re.MULTILINE),
        "user_id": "lihua",
        "infer": False,
        "timestamp": said.replace(tzinfo=UTC),
        "metadata": {"key": f"{said:%Y%m%d_%H%M}"},
        "entities": list(speakers.values()),
    }


def _chat_key(name: str) -> str:
    return name.strip().removeprefix("Time:").strip().replace(":", "")


def madial(folder: Path) -> Task:
    """MADial-Bench: what two children lived through; what a dialogue about it should recall at its first test turn."""
    items = []
    for line in (folder / "madial" / "MADial-Bench-en-memory.json").read_text(encoding="utf-8").splitlines():
        [(key, memory)] = json.loads(line).items()
        items.append(
            {
                "messages": memory["event"],
                "user_id": "madial",
                "infer": False,
                "timestamp": f"{memory['time']}T12:00:00+00:00",
                "metadata": {"key": key},
            }
        )
    questions = []
    for line in (folder / "madial" / "MADial-Bench-en-dialogue.json").read_text(encoding="utf-8").splitlines():
        talk = json.loads(line)
        turns = talk["dialogue"][1 : talk["test-turn"][0]]
        before = [re.sub(r"^<(\w+)>:\s*", "", turn).strip().strip('"') for turn in turns]
        gold = frozenset(str(each) for each in talk["relevant-id"])
        questions.append(Question(" ".join(before), "madial", gold, "dialogue"))
    return Task("madial", items, questions)


TASKS: dict[str, Callable[[Path], Task]] = {
    "musique": musique,
    "twowiki": twowiki,
    "locomo": locomo,
    "locomo_entities": locomo_entities,
    "lihua": lihua,
    "madial": madial,
}


if __name__ == "__main__":
    for item in TASKS[sys.argv[1]](data_folder()).items:
        print(json.dumps(item, default=datetime.isoformat, ensure_ascii=False))
