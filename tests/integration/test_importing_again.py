"""An import that is done may be done again: what was deleted meanwhile comes back, and nothing comes twice."""

from __future__ import annotations

import json
from pathlib import Path

from graphmem import Memory, Settings

SETTINGS = Settings(extractor="verbatim", embedder="bundled", durability="normal")


def test_lines_of_a_finished_import_are_new_again(tmp_path: Path) -> None:
    lines = [json.dumps({"messages": f"note {number}", "user_id": "ana", "infer": False}) for number in range(3)]
    with Memory(tmp_path, settings=SETTINGS) as memory:
        assert memory.import_lines(lines, name="file")["memories"] == 3
        memory.delete_all("ana")
        assert memory.import_lines(lines, name="file")["memories"] == 3
        assert memory.stats()["memories"] == 3


def test_an_export_brings_deleted_ids_back(tmp_path: Path) -> None:
    with Memory(tmp_path, settings=SETTINGS) as memory:
        memory.add("Ana leads Atlas", user_id="ana", infer=False, relations=[("Ana", "LEADS", "Atlas")])
        before = memory.get_all("ana")["results"]
        exported = list(memory.export())
        memory.import_lines(exported, name="all")
        assert memory.stats()["memories"] == 1
        memory.delete_all("ana")
        memory.import_lines(exported, name="all")
        after = memory.get_all("ana")["results"]
        assert [(each["id"], each["memory"], each["created_at"]) for each in after] == [
            (each["id"], each["memory"], each["created_at"]) for each in before
        ]
        assert memory.index("verify")["clean"]
        [hit] = memory.search("who leads Atlas?", user_id="ana")["results"]
        assert hit["id"] == before[0]["id"]
