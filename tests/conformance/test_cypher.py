"""The Cypher files as a real Neo4j sees them: how they are planned, what they return, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from neo4j import AsyncGraphDatabase, NotificationMinimumSeverity
from neo4j.exceptions import ClientError

from graphmem.filters import And, Leaf, Not, Or
from graphmem.queries import View
from graphmem.stores.neo4j import Neo4jStore
from graphmem.stores.neo4j.session import statements
from graphmem.stores.neo4j.where import Sight, sight
from graphmem.stores.statements import Condition
from graphmem.testing.worlds import TODAY, Scribe, fresh
from graphmem.text import words
from tests.support.neo4j import empty

pytestmark = [pytest.mark.services, pytest.mark.anyio]

NAMES = sorted(statements())
PLANNED = [name for name in NAMES if not name.startswith("schema/")]
READS = [name for name in NAMES if name.split("/")[0] in ("read", "walk", "search", "past")]

WHERE = And(
    (
        Or((Leaf("run_id", "eq", "7"), Not(Leaf("metadata.trip", "icontains", "x")), Leaf("categories", "in", ("a",)))),
        Leaf("metadata.n", "gte", 1),
    )
)
VIEWS = {
    "one": View(project="p", where=WHERE, owners=("user:a",), today=date(2026, 1, 1)),
    "several": View(
        project="p", owners=("user:a", "user:b"), today=date(2026, 1, 1), as_of=datetime(2026, 1, 1, tzinfo=UTC)
    ),
    "all": View(project="p", today=date(2026, 1, 1), known_at=datetime(2026, 1, 1, tzinfo=UTC)),
}
NARROW = {
    "read/entity_page": "e.type = $v_type",
    "read/entities": "e.type = $v_type",
    "read/entities_named": "e.id IN $v_ids",
    "read/relation_page": "r.type IN $v_types",
    "read/relations": "r.type IN $v_types",
    "read/relations_of": "r.id IN $v_ids",
}

# A scan where nothing better is possible, and why.
ALLOWED: dict[str, set[str]] = {
    "outbox/pending": {"NodeIndexScan"},  # in the order of the index, up to the limit
    "upkeep/misdrawn": {"NodeByLabelScan"},  # looks at all
    "upkeep/stray": {"NodeByLabelScan", "DirectedAllRelationshipsScan"},  # likewise
    "upkeep/owed": {"NodeIndexScan", "NodeByLabelScan"},  # once a purge, which looks at all that could be owed
    "upkeep/partitions": {"NodeIndexScan"},  # once a dump
    "upkeep/purge": {"NodeIndexScan"},  # likewise
    "upkeep/purge_applied": {"NodeIndexScan"},  # all of them go
    "upkeep/settings": {"NodeIndexScan"},  # of every project
    "upkeep/tally": {"NodeByLabelScan"},  # counts everything
    "upkeep/tally_of_project": {"NodeIndexScan"},  # the marks, which are few
}
SOURCES = ("Seek", "Seek(Locking)", "Argument", "Unwind")
"""What a product of rows may be made of."""


def filled(name: str, seen: Sight) -> str:
    """The statement with its gaps filled as its callers do."""
    fillings = {
        "visible": seen.visible,
        "timely": seen.timely,
        "place": seen.place,
        "own": seen.own,
        "drawn": seen.drawn,
        "named": seen.named,
        "narrow": Condition(NARROW.get(name, "true")),
        "side": Condition("type(d) = 'SUBJECT'"),
        "typed": Condition("r.type IN $v_types"),
    }
    statement = statements()[name]
    return statement.where(**{slot: fillings[slot] for slot in statement.slots})


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All operators of a plan."""
    yield plan
    for child in plan.get("children", ()):
        yield from steps(child)


def operator_of(step: dict[str, Any]) -> str:
    """Its name, without the database's."""
    return step["operatorType"].split("@")[0]


def operators(plan: dict[str, Any]) -> set[str]:
    """The names of all operators of a plan."""
    return set(map(operator_of, steps(plan)))


@pytest.fixture(scope="module")
async def store(neo4j_of_our_own):
    # Of few things the planner looks at all: plans are asked of a database that tells it nothing.
    empty(neo4j_of_our_own)
    store = Neo4jStore(neo4j_of_our_own.url)
    await store.open()
    await store.cypher("CALL db.clearQueryCaches()", {}, limit=1, timeout=30.0)
    yield store
    await store.aclose()


@pytest.fixture(scope="module")
async def session(store, neo4j_of_our_own):
    async with (
        AsyncGraphDatabase.driver(
            neo4j_of_our_own.url, notifications_min_severity=NotificationMinimumSeverity.OFF
        ) as driver,
        driver.session() as session,
    ):
        yield session


# --- plans ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("name", PLANNED)
async def test_no_statement_looks_at_everything(name: str, kind: str, session) -> None:
    seen = sight(VIEWS[kind])
    if kind != "one" and not statements()[name].slots:
        return
    result = await session.run("EXPLAIN " + filled(name, seen), seen.params)
    columns = result.keys()
    plan = (await result.consume()).plan
    allowed = ALLOWED.get(name, set())
    assert {step for step in operators(plan) if "Scan" in step} <= allowed
    for step in steps(plan):
        if step["operatorType"].startswith("CartesianProduct"):
            sources = {operator_of(source) for source in steps(step) if not source.get("children")}
            assert {source for source in sources if not source.endswith(SOURCES)} <= allowed
    if statements()[name].returns:
        assert tuple(columns) == statements()[name].returns


def test_what_is_allowed_is_there() -> None:
    assert set(ALLOWED) <= set(PLANNED)
    assert set(NARROW) <= set(READS)


# --- tenancy ----------------------------------------------------------------------------------------------


@dataclass
class House:
    """A project in which the same people remember the same as in another, and all its ids."""

    scribe: Scribe
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def marks(self) -> set[str]:
        """What nothing of another project holds: its ids, its name."""
        return {self.scribe.project, *(id_ for ids in self.ids.values() for id_ in ids)}

    async def furnish(self) -> House:
        """Write something of every kind."""
        scribe = self.scribe
        ana, bo = scribe.entity("Ana Silva"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo, valid_at=scribe.now())
        said = scribe.episode("I know Bo")
        new = scribe.memory("Ana knows Bo", states=[knows], of=[said], metadata={"trip": "Lisbon"}, categories=("a",))
        old = scribe.memory("Ana met Bo", about=[ana], expired_at=scribe.now(), superseded_by=new.id)
        entries = [scribe.revision(old), scribe.revision(new)]
        await scribe.write(said, ana, bo, knows, new, old, *entries)
        self.ids = {
            "memories": [new.id, old.id],
            "entities": [ana.id, bo.id],
            "relations": [knows.id],
            "episodes": [said.id],
            "revisions": [entry.id for entry in entries],
        }
        return self

    def params(self, name: str, about: House) -> list[dict[str, Any]]:
        """What a reader in this house asks a statement, with the ids of the house that it is `about`."""
        things = name.rpartition("/")[2]
        ids = about.ids["entities" if "entit" in things else "relations" if "relation" in things else "memories"]
        newest = "newest" in name
        asked = {
            "project": self.scribe.project,
            "at": datetime(9999 if newest else 1, 1, 1, tzinfo=UTC),
            "id": "\uffff" if newest else "",
            "key": "",
            "valid_at": -(2**63),
            "created_at": -(2**63),
            "offset": 0,
            "limit": 1_000,
            "cap": 100,
            "most": 1_000,
            "memories": True,
            "last": False,
            "reach": 2,
            "pause": timedelta(hours=1),
            "ids": ids,
            "links": True,
            "entities": about.ids["entities"],
            "without": [],
            "alone": "user:ana",
            "retired": True,
            "day": TODAY.isoformat(),
            "facts": about.ids["relations"],
            "prefer": about.ids["memories"],
            "prefer_relations": dict.fromkeys(about.ids["relations"], 0),
            "prefer_memories": dict.fromkeys(about.ids["memories"], 0),
            "names": ["ana silva", "bo"],
            "phrases": ["ana silva", "bo"],
            "words": words("Ana knows Bo"),
            "questions": ['"ana" "knows"'],
            "known_at": datetime(9999, 1, 1, tzinfo=UTC),
        }
        wanted = {param: asked[param] for param in statements()[name].params}
        if name == "past/history":
            return [{**wanted, "id": id_} for id_ in ids]
        return [wanted]


def told(value: Any) -> set[str]:
    """All texts in what a statement returned."""
    if isinstance(value, list | tuple):
        return {text for each in value for text in told(each)}
    return {value} if isinstance(value, str) else set()


@pytest.fixture(scope="module")
async def houses(store):
    names = fresh("north"), fresh("south")
    return [await House(Scribe(store, name, user_id="ana")).furnish() for name in names]


VIEWED = {"visible": {}, "everything": {"owners": None, "include_superseded": True}}
GAPS = ("filled", "open")
COUNTS: dict[str, dict[str, list[Any]]] = {
    "read/count": {"visible": [[1]], "everything": [[2]]},
    "read/owners": {"visible": [["user:ana"]], "everything": [["user:ana"]]},
}
"""What tells of no id."""


@pytest.mark.parametrize("kind", VIEWED)
@pytest.mark.parametrize("gaps", GAPS)
@pytest.mark.parametrize("name", READS)
async def test_no_read_tells_of_another_project(name: str, gaps: str, kind: str, houses, session) -> None:
    """Whatever ids it is asked for, and even if a view was forgotten."""

    async def ask(reader: House, about: House) -> list[Any]:
        over = VIEWED[kind]
        view = View(**{"project": reader.scribe.project, "owners": ("user:ana",), "today": TODAY, **over})
        seen = sight(view)
        statement = statements()[name]
        gap = {"visible": seen.visible, "timely": seen.timely, "place": seen.place}
        gap |= {"own": seen.own, "drawn": seen.drawn, "named": seen.named}
        text = statement.where(**{slot: gap[slot] for slot in statement.slots if slot in gap and gaps == "filled"})
        rows: list[Any] = []
        for params in reader.params(name, about):
            result = await session.run(text, {**seen.params, **params})
            rows += [list(row) async for row in result]
        return rows

    for reader, other in (houses, houses[::-1]):
        try:
            own, foreign = await ask(reader, reader), await ask(reader, other)
        except ClientError as error:
            # Without its view a statement may not even be planned: the index that it starts from is over the owner.
            if gaps == "open" and error.code == "Neo.ClientError.Statement.SyntaxError":
                continue
            raise
        assert not told([own, foreign]) & other.marks
        if name in COUNTS:
            assert own == COUNTS[name][kind]
        else:
            assert told(own) & reader.marks, "nothing was read at all"
