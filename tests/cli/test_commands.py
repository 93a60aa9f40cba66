"""Remembering, recalling, the graph and forgetting, as a person and as a program sees them."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_add_says_what_it_did(run: Run) -> None:
    shown = run("add", "My sister Marta works at Feedzai.", "--user", "ana")
    assert "ADD" in shown.out
    assert "+ Marta —WORKS_AT→ Feedzai" in shown.out
    assert run("add", "Tell me a joke!", "--user", "ana").out.startswith("Nothing to remember.")


def test_ids_have_two_names_and_share_nothing(run: Run) -> None:
    run("add", "Atlas ships in June", "--verbatim", "--user-id", "ana", "--run", "r1", "--metadata", '{"n": 7}')
    [memory] = run("list", "--user", "ana", "--run-id", "r1", "--json").json["results"]
    assert (memory["user_id"], memory["run_id"], memory["metadata"]) == ("ana", "r1", {"n": 7})
    assert run("list", "--user", "bob").out == "Nothing found.\n"


def test_add_takes_triples_and_standard_input(run: Run) -> None:
    run("add", "Ana leads Atlas", "--user", "ana", "--relation", "Ana | LEADS | Atlas")
    run("add", "-", "--user", "ana", "--verbatim", stdin="Ça va très bien".encode())
    assert run("paths", "Ana", "Atlas", "--user", "ana").out == "Ana —LEADS→ Atlas\n"
    assert "Ça va très bien" in run("list", "--user", "ana").out


def test_search_shows_scores_paths_and_relations(told: Run) -> None:
    shown = told("search", "Where does Ana's sister work?", "--user", "ana", "--explain")
    assert "Ana Silva —HAS_SISTER→ Marta → “Marta works at Feedzai.”" in shown.out.replace("\n", " ")
    for part in ("score", "relations", "Marta —WORKS_AT→ Feedzai", "times", "seeds", "reached"):
        assert part in shown.out
    answer = told("search", "Where does Ana's sister work?", "--user", "ana", "--limit", "2", "--json").json
    assert len(answer["results"]) == 2
    assert {"path", "scores", "memory"} <= answer["results"][0].keys()
    assert told("search", "Marta", "--user", "bob").out == "Nothing found.\n"


def test_the_past_is_shown_when_asked_for(told: Run) -> None:
    def texts(*options: str) -> set[str]:
        return {hit["memory"] for hit in told("search", "Porto", "--user", "ana", "--json", *options).json["results"]}

    assert "Ana lives in Porto." not in texts()
    assert "Ana lives in Porto." in texts("--past")
    assert "Ana lives in Porto." in texts("--as-of", "2026-03-01")
    assert "Ana lives in Porto." in texts("--known-at", "2999-01-01", "--past")
    assert "(superseded)" in told("list", "--user", "ana", "--past").out


def test_filters_and_thresholds_narrow(told: Run) -> None:
    told("add", "Marta paints", "--user", "ana", "--verbatim", "--metadata", '{"art": true}')
    listed = told("list", "--user", "ana", "--filters", '{"art": true}', "--json").json["results"]
    assert [memory["memory"] for memory in listed] == ["Marta paints"]
    assert told("search", "zebra", "--user", "ana", "--threshold", "0.99").out == "Nothing found.\n"


def test_a_list_goes_on_where_its_page_ended(told: Run) -> None:
    whole = told("list", "--user", "ana", "--json").ids
    first = told("list", "--user", "ana", "--limit", "2", "--json").json
    rest = told("list", "--user", "ana", "--cursor", first["cursor"], "--json")
    assert [each["id"] for each in first["results"]] + rest.ids == whole
    assert f"--cursor {first['cursor']}" in told("list", "--user", "ana", "--limit", "2").out


def test_an_id_is_never_broken(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = told("list", "--user", "ana", "--json").ids
    for width in ("100", "40"):
        monkeypatch.setenv("COLUMNS", width)
        shown = told("list", "--user", "ana").out
        assert all(each in shown for each in ids)
        assert "Marta works at Feedzai." in " ".join(shown.split())


def test_get_update_and_history(told: Run) -> None:
    added = told("add", "Rui leads Atlas.", "--user", "ana", "--json").json["results"][0]["id"]
    assert told("get", added).out.startswith("Rui leads Atlas.\n")
    assert told("get", added, "--json").json["id"] == added
    assert told("update", added, "Rui leads Borealis.").out.startswith("Rui leads Borealis.")
    assert told("update", added, "--metadata", '{"n": 1}', "--json").json["metadata"] == {"n": 1}
    assert [entry["event"] for entry in told("history", added, "--json").json] == ["ADD", "UPDATE", "UPDATE"]
    assert "Rui leads Atlas." in told("history", added).out
    assert told("paths", "Rui", "Borealis", "--user", "ana").out == "Rui —LEADS→ Borealis\n"


def test_the_graph_is_drawn(told: Run) -> None:
    tree = told("graph", "Ana", "--user", "ana", "--depth", "2").out
    assert tree.startswith("Ana Silva (Person)")
    assert "—HAS_SISTER→ Marta" in tree
    assert "    └── —WORKS_AT→ Feedzai" in tree.replace("│", " ")
    around = told("graph", "ana", "--user", "ana", "--json").json
    assert {entity["name"] for entity in around["entities"]} == {"Ana Silva", "Marta", "Lisbon"}
    assert {"HAS_SISTER", "LIVES_IN"} == {relation["relationship"] for relation in around["relations"]}


def test_paths_entities_and_timeline(told: Run) -> None:
    path = "Ana Silva —HAS_SISTER→ Marta —WORKS_AT→ Feedzai"
    assert told("paths", "Ana", "Feedzai", "--user", "ana").out == f"{path}\n"
    ways = told("paths", "Ana", "Feedzai", "--user", "ana", "--json").json
    assert ([each["text"] for each in ways["paths"]], ways["complete"]) == ([path], True)
    assert "No path" in told("paths", "Ana", "Feedzai", "--user", "ana", "--max-length", "1").out
    people = told("entities", "--user", "ana", "--type", "Person", "--json").json
    assert {each["name"] for each in people} == {"Ana Silva", "Marta"}
    assert "aliases" in told("entities", "--user", "ana").out
    line = told("timeline", "Ana", "--user", "ana").out
    assert "Ana Silva —LIVES_IN→ Porto [… to 2026-05-01]  (superseded)" in line
    assert "Ana Silva —LIVES_IN→ Lisbon [2026-05-01 to …]" in line
    dated = {each["target"]: each["invalid_at"] for each in told("timeline", "Ana", "--user", "ana", "--json").json}
    assert dated["Porto"] is not None
    assert dated["Lisbon"] is None


def test_profile_and_summary_tell_what_is_known(told: Run) -> None:
    shown = told("profile", "--user", "ana").out
    assert shown.startswith("Ana Silva")
    assert re.search(r"has sister +Marta", shown)
    assert told("profile", "--user", "ana", "--json").json["facts"]["has sister"] == ["Marta"]
    assert "Marta" in told("summary", "--user", "ana").out
    assert told("summary", "--user", "ana", "--json").json["memories"] > 2
    assert told("summary", "--user", "zoe").out == "Nothing is known.\n"
    assert told("profile", "--user", "zoe").out == "nameless: 0 memories\n"


def test_delete_gives_a_receipt(told: Run) -> None:
    listed = told("list", "--user", "ana", "--json").json["results"]
    marta = next(each["id"] for each in listed if each["memory"].startswith("Marta works"))
    shown = told("delete", marta).out
    assert "1 memory" in shown
    assert "1 relation" in shown
    told("get", marta, code=3)
    assert told("purge", "--json").json["receipt"]["state"] == "erased"


def test_delete_all_asks_first(told: Run) -> None:
    asked = told("delete-all", "--user", "ana", stdin=b"n\n", code=1)
    assert "Delete all memories of user ana?" in asked.out
    assert "Nothing was deleted." in asked.out
    assert "nobody to ask" in told("delete-all", "--user", "ana", code=2).err
    told("delete-all", "--user", "ana", "--json", code=2)
    told("delete-all", "--yes", code=2)
    assert len(told("list", "--user", "ana", "--json").ids) > 2
    told("delete-all", "--user", "ana", stdin=b"y\n")
    assert told("list", "--user", "ana").out == "Nothing found.\n"


def test_reset_forgets_everybody(told: Run) -> None:
    told("add", "Atlas", "--verbatim", "--user", "bob")
    told("reset", stdin=b"n\n", code=1)
    told("reset", "--yes")
    assert told("stats", "--json").json["memories"] == 0


def test_stats_and_the_index(told: Run) -> None:
    counts = told("stats", "--json").json
    assert counts["memories"] == 5
    assert counts["superseded"] == 1
    assert str(counts["points"]) in told("stats").out
    assert told("index", "verify", "--json").json["clean"] is True
    assert told("index", "rebuild", "--json").json["points"] == counts["points"]
    told("index", "drain")
    assert "clean" in told("index", "repair").out


def test_another_embedder_is_said_and_mended_by_a_rebuild(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "bundled")
    assert "index rebuild" in told("search", "Marta", "--user", "ana", code=7).err
    assert told("doctor", "--json", code=1).json["checks"][1]["ok"] is False
    told("index", "rebuild")
    assert "Marta works at Feedzai." in told("search", "Where does Marta work?", "--user", "ana").out


def test_doctor_explains_every_setting_and_tries_the_parts(run: Run) -> None:
    report = run("doctor", "--json").json
    assert {check["name"] for check in report["checks"]} == {"folder", "store and index", "embedder", "extractor"}
    assert all(check["ok"] for check in report["checks"])
    assert all(row["description"] for row in report["settings"])
    shown = run("doctor").out
    assert all(row["name"] in shown for row in report["settings"])
    assert "ollama" in shown


def test_doctor_keeps_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_LLM_API_KEY", "sk-very-secret")
    for options in ([], ["--json"]):
        said = run("doctor", *options)
        assert "sk-very-secret" not in said.out + said.err


def test_doctor_says_what_cannot_be_put_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "nonsense")
    [check] = run("doctor", "--json", code=1).json["checks"]
    assert "nonsense" in check["says"]


def test_keys_are_shown_once(run: Run, folder: Path) -> None:
    made = run("keys", "create", "laptop", "--role", "reader", "--project", "default", "--json").json
    assert "no keys" not in run("keys", "list").out
    assert run("keys", "list", "--json").json == [{key: made[key] for key in made if key != "key"}]
    assert all(made["key"].encode() not in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert "laptop" in run("keys", "revoke", "laptop").out
    assert "no keys" in run("keys", "list").out


def test_the_demo_answers_its_questions(run: Run) -> None:
    script = json.loads(files("graphmem.cli").joinpath("demo.json").read_text(encoding="utf-8"))
    answers = run("demo", "--json").json
    assert [answer["question"] for answer in answers] == script["questions"]
    best = [answer["results"][0] for answer in answers]
    assert [hit["memory"] for hit in best] == script["answers"]
    assert sum("—" in hit["path"]["text"].split("“")[0] for hit in best) >= 2
    shown = run("demo").out
    assert all(question in shown for question in script["questions"])
    assert shown.endswith(f"{script['next'][-1]}\n")


def test_the_demo_in_a_place_leaves_what_was_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "mine")
    run("add", "I like tea.", "--user", "ana", "--path", place)
    before = run("list", "--user", "ana", "--path", place, "--json").json
    assert len(run("demo", "--path", place, "--json").json) == 5
    assert run("list", "--user", "ana", "--path", place, "--json").json == before
    said = run("demo", "--path", place, "--keep").out
    project = re.search(r"demo-\w+", said)
    assert project
    assert run("list", "--user", "ana", "--path", place, "--json").json == before
    monkeypatch.setenv("GRAPHMEM_PROJECT", project[0])
    assert run("stats", "--path", place, "--json").json["memories"] == 14
