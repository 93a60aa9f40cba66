"""Statements in files: the loader, and the files of the SQLite store."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from graphmem.errors import ConfigurationError
from graphmem.filters import Leaf
from graphmem.queries import EntityQuery, RelationQuery, View
from graphmem.stores.sqlite.migrate import migrate
from graphmem.stores.sqlite.pages import entity_page, relation_page
from graphmem.stores.sqlite.session import Session, connect, statements
from graphmem.stores.sqlite.where import sight
from graphmem.stores.statements import CYPHER, SQL, Condition, load, parse

GOOD = """\
-- Memories by id,
-- without their links.
-- params: ids (JSON array of ids, as text), project
-- returns: pk, id (of the memory)
-- where: visible
SELECT m.pk, ':quoted' AS id -- not :this one
FROM json_each(:ids) AS w WHERE :project AND true /*where visible*/
"""


def test_a_header_says_what_a_statement_takes_and_returns() -> None:
    statement = parse("read/some", GOOD.replace(" -- not :this one", ""), SQL)
    assert statement.about == "Memories by id, without their links."
    assert statement.params == ("ids", "project")
    assert statement.returns == ("pk", "id")
    assert statement.slots == ("visible",)
    assert statement.text.startswith("SELECT")


def test_a_field_goes_on_in_the_next_line() -> None:
    source = (
        "-- About.\n-- params: a, b,\n--    c (the\n--    last)\n-- returns: nothing\nDELETE FROM t WHERE :a + :b + :c"
    )
    assert parse("x", source, SQL).params == ("a", "b", "c")


def test_cypher_has_the_same_form() -> None:
    header = "// One.\n// params: ids\n// returns: m\n// where: visible\n"
    source = header + "MATCH (m) WHERE m.id IN $ids AND true /*where visible*/ RETURN m"
    statement = parse("x", source, CYPHER)
    assert statement.params == ("ids",)
    assert "(m.x = $w0)" in statement.where(visible=Condition("m.x = $w0"))


def test_a_gap_is_filled_in_parentheses_or_stays_true() -> None:
    statement = parse("x", GOOD.replace(" -- not :this one", ""), SQL)
    assert statement.where() == statement.text
    assert statement.where(visible=Condition("a OR b")).endswith("AND (a OR b)")
    with pytest.raises(KeyError):
        statement.where(elsewhere=Condition("a"))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("-- params: a\n-- returns: b\nSELECT :a", "needs a sentence"),
        ("-- About.\n-- returns: b\nSELECT 1", "needs a sentence"),
        ("-- About.\n-- params: none\nSELECT 1", "needs a sentence"),
        ("-- About.\n-- params: a\n-- returns: b\nSELECT 1", r"\['a'\]"),
        ("-- About.\n-- params: none\n-- returns: b\nSELECT :a", r"\['a'\]"),
        ("-- About.\n-- params: none\n-- params: none\n-- returns: b\nSELECT 1", "twice"),
        ("-- About.\n-- params: none\n-- returns: b\nSELECT true /*where x*/", "gaps"),
        ("-- About.\n-- params: none\n-- returns: b\n-- where: x\nSELECT 1", "gaps"),
        ("-- About.\n-- params: none\n-- returns: b\n-- where: x\nSELECT true /*where x*/, false /*where x*/", "gaps"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(source: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        parse("x", source, SQL)


def test_a_folder_is_loaded_by_path(tmp_path) -> None:
    (tmp_path / "read").mkdir()
    (tmp_path / "read" / "one.sql").write_text("-- One.\n-- params: none\n-- returns: one\nSELECT 1 AS one")
    (tmp_path / "read" / "note.txt").write_text("no statement")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "two.sql").write_text("SELECT 2")
    assert set(load(tmp_path, SQL, leave_out=("old",))) == {"read/one"}
    with pytest.raises(ConfigurationError, match="header"):
        load(tmp_path, SQL)
    with pytest.raises(ConfigurationError, match=r"No \.cypher files"):
        load(tmp_path, CYPHER)


# --- the files of the store -------------------------------------------------------------------------------

NAMES = sorted(statements())

# A full scan where nothing better is possible, and why.
ALLOWED = {
    "upkeep/all_settings": {"setting"},  # few, and asked for by backups
    "past/visible": {"b"},  # the rows of the query inside, which follows an index
    "read/history": {"chain"},  # the recursion's own rows
    "read/scopes": {"mine"},  # the project's memories, which it counts
    "read/tally": {"place", "revision", "stale", "partition USING COVERING INDEX sqlite_autoindex_partition_1"},
    "upkeep/dump_gone": {"v"},  # once a dump, which reads everything
    "upkeep/partitions": {"partition"},  # once a dump
    "upkeep/pending": {"stale"},  # in the order of the rows, up to the limit
    "upkeep/purge_partitions": {"partition"},  # purge rewrites the file anyway
    "upkeep/purge_revisions": {"revision"},
    "upkeep/states_naming_gone": {"v"},
    "upkeep/raise_floor": {"house"},  # one row
    "write/new_partition": {"house"},
    "write/forget_applied": {"applied"},  # once in a thousand changes
    "walk/around": {"a"},  # what was asked for
}
# Reads of a whole project look at the project, page by page; those that name owners do not.
WHOLE_PROJECT = {"past/visible", "read/count", "read/newest", "read/oldest", "read/texts"}

WHERE = Leaf("run_id", "eq", "7")
VIEWS = {
    "one": View(project="p", where=WHERE, owners=("user:a",), today=date(2026, 1, 1)),
    "several": View(
        project="p", owners=("user:a", "user:b"), today=date(2026, 1, 1), as_of=datetime(2026, 1, 1, tzinfo=UTC)
    ),
    "all": View(project="p", today=date(2026, 1, 1), include_superseded=True),
}


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Session:
    folder = tmp_path_factory.mktemp("statements")
    session = connect(folder / "graph.sqlite", reading=False)
    migrate(session, folder / "graph.sqlite", "store")
    yield session
    session.close()


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Session:
    folder = tmp_path_factory.mktemp("statements")
    session = connect(folder / "cache.sqlite", reading=False)
    migrate(session, folder / "cache.sqlite", "cache")
    yield session
    session.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_header_names_the_columns(name: str, session: Session, cache: Session) -> None:
    statement = statements()[name]
    connection = (cache if name.startswith("cache/") else session).connection
    connection.execute("BEGIN")
    try:
        cursor = connection.execute(statement.text, dict.fromkeys(statement.params, "1"))
    except sqlite3.IntegrityError:  # a constraint refuses these values: it writes, and returns nothing
        columns = ()
    else:
        columns = tuple(column[0] for column in cursor.description or ())
    finally:
        connection.execute("ROLLBACK")
    assert columns == statement.returns


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("name", NAMES)
def test_no_statement_scans_a_table(name: str, kind: str, session: Session, cache: Session) -> None:
    statement = statements()[name]
    driving = name in WHOLE_PROJECT
    if kind == "all" and driving:
        return
    seen = sight(VIEWS[kind], driving=driving)
    filling = {
        "visible": seen.visible,
        "timely": seen.timely,
        "place": seen.place,
        "named": seen.named,
        "within": seen.within,
    }
    text = statement.where(**{slot: filling[slot] for slot in statement.slots if slot in filling})
    params = {**seen.params, **dict.fromkeys(statement.params)}
    connection = (cache if name.startswith("cache/") else session).connection
    steps = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + text, params)]
    scans = {step.removeprefix("SCAN ") for step in steps if step.startswith("SCAN ")}
    scans = {scan for scan in scans if "VIRTUAL TABLE" not in scan and "CONSTANT" not in scan}
    assert scans <= ALLOWED.get(name, set())
    assert not any("AUTOMATIC" in step for step in steps)


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize(
    "asked",
    [
        EntityQuery(view=VIEWS["all"], ids=frozenset({"x"})),
        EntityQuery(view=VIEWS["all"], names=frozenset({"x"})),
        RelationQuery(view=VIEWS["all"], ids=frozenset({"x"})),
        *(
            RelationQuery(view=VIEWS["all"], entities=frozenset({"x"}), side=side)
            for side in ("subject", "object", "either")
        ),
    ],
)
def test_what_is_named_is_looked_up(asked: EntityQuery | RelationQuery, kind: str, session: Session) -> None:
    """Not looked for among all entities or relations of a partition."""
    asked = replace(asked, view=VIEWS[kind])
    run: list[str] = []
    session.connection.set_trace_callback(run.append)
    if isinstance(asked, EntityQuery):
        entity_page(session, asked)
    else:
        relation_page(session, asked)
    session.connection.set_trace_callback(None)
    steps = [row[3] for row in session.connection.execute("EXPLAIN QUERY PLAN " + run[0])]
    [found] = [step for step in steps if re.match("(SEARCH|SCAN) [er] ", step)]
    assert re.search(r"\((rowid|id|object|partition=\? AND subject)=\?", found), found


@pytest.mark.parametrize("name", NAMES)
def test_exists_is_not_turned_into_a_join(name: str) -> None:
    """SQLite 3.51.0 and 3.51.1 answer rows several times where they do that to one EXISTS in another."""
    seen = sight(View(project="p", where=Leaf("metadata.a", "eq", 1), today=date(2026, 1, 1)))
    filling = {
        "visible": seen.visible,
        "timely": seen.timely,
        "place": seen.place,
        "named": seen.named,
        "within": seen.within,
    }
    statement = statements()[name]
    text = statement.where(**{slot: filling[slot] for slot in statement.slots if slot in filling})
    for found in re.finditer(r"(?<!NOT )EXISTS \(", text):
        assert _inside(text[found.end() :]).rstrip().endswith("LIMIT 1")


def _inside(text: str) -> str:
    """Up to the parenthesis that closes what was open before."""
    depth = 1
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return text[:at]
    return text


def test_what_is_allowed_is_there() -> None:
    assert ALLOWED.keys() | WHOLE_PROJECT <= set(NAMES)


def test_removals_follow_indexes(session: Session) -> None:
    # Foreign keys are checked by looking for children: without an index, in all of them.
    for table in ("memory", "relation", "entity", "episode", "partition"):
        steps = [row[3] for row in session.connection.execute(f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE pk = 1")]
        assert [step for step in steps if step.startswith("SCAN")] == []
