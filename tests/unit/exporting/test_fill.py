"""Documents filled from the graph alone: what is known stands where it belongs, and nothing is made up."""

from __future__ import annotations

from typing import Any

import pytest

from graphmem.exporting import Filler, read_schema
from graphmem.models import Memory
from tests.unit.exporting.conftest import NOW, SAID, TEXT, TEXTS, World, fill, filled, memory, obj, world

INTEGER = {"type": "integer"}
DATE = {"type": "string", "format": "date"}
SEATS = {"seats": 4, "plan": "pro", "ok": True}


@pytest.fixture
def ana() -> World:
    """A life in some twenty triples."""
    said = [
        memory("Ana planned her week.", 40, categories=("work",)),
        memory("The trip to Rome was lovely!", 41, categories=("travel", "joy"), metadata={"trip": "rome"}),
        memory("The sea at Ostia was cold", 42, categories=("travel",), metadata=SEATS),
    ]
    return world(
        ("Ana", "WORKS_AT", "Acme", {"valid_at": SAID}),
        ("Ana", "WORKS_AS", "data engineer"),
        ("Ana", "LIVES_IN", "Porto", {"invalid_at": NOW.replace(month=4)}),
        ("Ana", "LIVES_IN", "Lisbon"),
        ("Lisbon", "LOCATED_IN", "Portugal"),
        ("Ana", "IS", "vegetarian"),
        ("Ana", "LIKES", "tea"),
        ("Ana", "LOVES", "jazz"),
        ("Ana", "NOT_LIKES", "coffee"),
        ("Ana", "HAS_SISTER", "Marta"),
        ("Marta", "WORKS_FOR", "Critical Software"),
        ("Ana", "HAS_DOG", "Rex"),
        ("Ana", "IS_AGED", "34 years"),
        ("Ana", "HAS_EMAIL", "ana@example.com"),
        ("Rui", "MANAGES", "Ana"),
        ("Ana", "IS_MARRIED_TO", "Tom", {"valid_at": NOW.replace(year=2020)}),
        ("Ana", "HAS_BIRTHDAY", "1992-05-07"),
        ("Ana", "HAS_FAVORITE_COLOR", "green"),
        ("Ana", "SPEAKS", "English"),
        ("Ana", "SPEAKS", "Portuguese"),
        ("Ana", "PLANS_TO_VISIT", "Japan", {"valid_at": NOW.replace(year=2027)}),
        memories=said,
        aliases={"Ana": ["Ana Silva", "Anita"]},
        types={"Rex": "Animal", "Marta": "Person", "Rui": "Person", "Tom": "Person", "Acme": "Organization"},
    )


@pytest.mark.parametrize(
    ("name", "schema", "value"),
    [
        ("employer", TEXT, "Acme"),
        ("current_company_name", TEXT, "Acme"),
        ("works_at", TEXT, "Acme"),
        ("worksAt", TEXT, "Acme"),
        ("field_7", {"type": "string", "description": "The person's current employer"}, "Acme"),
        ("field_7", {"type": "string", "title": "Job title"}, "data engineer"),
        ("jobTitle", TEXT, "data engineer"),
        ("city", TEXT, "Lisbon"),
        ("country", TEXT, "Portugal"),
        ("manager", TEXT, "Rui"),
        ("husband", TEXT, "Tom"),
        ("weddingDate", DATE, "2020-06-01"),
        ("birthday", DATE, "1992-05-07"),
        ("age", INTEGER, 34),
        ("age", TEXT, "34 years"),
        ("email", {"type": "string", "format": "email"}, "ana@example.com"),
        ("favourite_colour", TEXT, "green"),
        ("languages", TEXTS, ["English", "Portuguese"]),
        ("languages", TEXT, "English, Portuguese"),
        ("languages", {"type": "array", "items": TEXT, "maxItems": 1}, ["English"]),
        ("likes", TEXTS, ["tea", "jazz"]),
        ("pets", TEXTS, ["Rex"]),
        ("number_of_pets", INTEGER, 1),
        ("language_count", INTEGER, 2),
        ("memory_count", INTEGER, 24),
        ("name", TEXT, "Ana"),
        ("full_name", TEXT, "Ana Silva"),
        ("first_name", TEXT, "Ana"),
        ("surname", TEXT, "Silva"),
        ("aliases", TEXTS, ["Ana Silva", "Anita"]),
        ("user_id", TEXT, "ana"),
        ("categories", TEXTS, ["travel", "joy", "work"]),
        ("trip", TEXT, "rome"),
        ("seats", INTEGER, 4),
        ("seats", TEXT, "4"),
        ("metadata", {"type": "object"}, {"trip": "rome", "seats": 4, "plan": "pro", "ok": True}),
        ("plan", {"enum": ["free", "pro"]}, "pro"),
        ("diet", {"enum": ["vegan", "vegetarian", "none"]}, "vegetarian"),
        ("how_she_eats", {"enum": ["vegan", "vegetarian"]}, "vegetarian"),
        ("leanings", {"type": "array", "items": {"enum": ["vegetarian", "tea", "wine"]}}, ["vegetarian", "tea"]),
        ("is_vegetarian", {"type": "boolean"}, True),
        ("likes_coffee", {"type": "boolean"}, False),
        ("likes_tea", {"type": "boolean"}, True),
        ("has_pets", {"type": "boolean"}, True),
        ("is_married", {"type": "boolean"}, True),
        ("ok", {"type": "boolean"}, True),
        ("travel", TEXTS, ["The trip to Rome was lovely!", "The sea at Ostia was cold"]),
        ("travel_notes", TEXT, "The sea at Ostia was cold. The trip to Rome was lovely!"),
        ("last_seen", DATE, "2026-04-13"),
        ("first_seen", {"type": "string", "format": "date-time"}, "2026-03-02T09:00:00Z"),
        ("kind", {"const": "person"}, "person"),
        ("employer", {"anyOf": [{"type": "integer"}, TEXT]}, "Acme"),
        ("age", {"type": ["string", "integer", "null"]}, 34),
    ],
)  # fmt: skip
def test_a_property_is_filled_with_what_its_name_means(ana: World, name: str, schema: Any, value: Any) -> None:
    assert fill({name: schema, "name": TEXT}, ana)[name] == value


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("former_employer", TEXT),
        ("blood_type", TEXT),
        ("has_children", {"type": "boolean"}),
        ("phone", TEXT),
        ("title", {"type": "string", "maxLength": 2}),
        ("employer", INTEGER),
        ("employer", {"type": "string", "pattern": "^[0-9]+$"}),
        ("employer", DATE),
        ("birthday", {"enum": ["May", "June"]}),
        ("goals", TEXTS),
        ("anything", {}),
        ("never", False),
        ("nothing", {"type": "null"}),
    ],
)
def test_what_nobody_told_is_left_out(ana: World, name: str, schema: Any) -> None:
    found = fill({name: schema, "name": TEXT}, ana)
    assert found.get(name) is None


def test_what_is_over_or_only_planned_is_not_now(ana: World) -> None:
    found = fill({"cities": TEXTS, "plans_to_visit": TEXTS, "lives_in": TEXT}, ana)
    assert found == {"cities": ["Lisbon"], "lives_in": "Lisbon"}


def test_an_object_is_about_whoever_its_name_leads_to(ana: World) -> None:
    sister = {"name": TEXT, "employer": TEXT, "relationship": TEXT, "age": INTEGER}
    found = fill({"sister": obj(**sister), "employer": obj(company_name=TEXT, since=DATE)}, ana)
    assert found["sister"] == {"name": "Marta", "employer": "Critical Software", "relationship": "has sister"}
    assert found["employer"] == {"company_name": "Acme", "since": "2026-03-02"}


def test_an_object_may_say_more_of_the_same_person(ana: World) -> None:
    found = fill({"contact": obj(email=TEXT, phone=TEXT), "work": obj(company=TEXT, role=TEXT)}, ana)
    assert found == {"contact": {"email": "ana@example.com"}, "work": {"company": "Acme", "role": "data engineer"}}


def test_an_object_about_nobody_known_is_not_filled_with_somebody_else(ana: World) -> None:
    accountant = obj(name=TEXT, email=TEXT, city=TEXT)
    brother = obj(city=TEXT, email=TEXT)
    assert fill({"accountant": accountant, "brother": brother, "name": TEXT}, ana) == {"name": "Ana"}


def test_a_list_of_objects_has_one_for_each(ana: World) -> None:
    person = obj(name=TEXT, relation=TEXT, employer=TEXT)
    found = fill({"people": {"type": "array", "items": person}, "family": {"type": "array", "items": person}}, ana)
    assert {each["name"] for each in found["people"]} == {"Marta", "Rui", "Tom"}
    assert found["family"] == [
        {"name": "Tom", "relation": "is married to"},
        {"name": "Marta", "relation": "has sister", "employer": "Critical Software"},
    ]


def test_relations_and_memories_are_lists_as_well(ana: World) -> None:
    edge = obj(source=TEXT, relationship=TEXT, target=TEXT)
    note = obj(text=TEXT, date=DATE, categories=TEXTS, trip=TEXT)
    found = fill(
        {
            "relationships": {"type": "array", "items": edge},
            "memories": {"type": "array", "items": note, "maxItems": 3},
            "facts": TEXTS,
        },
        ana,
    )
    assert {"source": "Rui", "relationship": "manages", "target": "Ana"} in found["relationships"]
    assert {"source": "Ana", "relationship": "works at", "target": "Acme"} in found["relationships"]
    assert found["memories"][1] == {
        "text": "The trip to Rome was lovely!",
        "date": "2026-04-12",
        "categories": ["travel", "joy"],
        "trip": "rome",
    }
    assert len(found["facts"]) == 24


def test_prose_gathers_the_best_memories() -> None:
    texts = [
        memory("Ana sings", 1),
        memory("Ana dances", 2, feedback="NEGATIVE"),
        memory("Ana paints", 0, feedback="POSITIVE"),
        memory("Ana should rest", 3, attributed_to="assistant"),
        memory("Ana runs", 0, episode_ids=("one", "two")),
    ]
    known = world(memories=texts)
    about = {"type": "string", "description": "A short summary of the person, in prose"}
    found = fill({"bio": TEXT, "x": about, "summary": {"type": "string", "maxLength": 22}}, known)
    assert found["bio"] == "Ana paints. Ana runs. Ana sings. Ana dances. Ana should rest."
    assert found["x"] == found["bio"]
    assert found["summary"] == "Ana paints. Ana runs."
    assert fill({"bio": {"type": "string", "maxLength": 5}}, known) == {"bio": "Ana…"}


def test_people_who_know_one_another_have_an_end() -> None:
    names = [f"P{n}" for n in range(6)]
    triples = [(one, "KNOWS", other) for one in ["Ana", *names] for other in names if one != other]
    schema = {
        "$defs": {"P": obj(name=TEXT, knows={"type": "array", "items": {"$ref": "#/$defs/P"}})},
        "$ref": "#/$defs/P",
    }
    document, missing = filled(schema, world(*triples))
    assert missing == []
    assert [each["name"] for each in document["knows"]] == names

    def names_on_the_way(person: dict[str, Any], above: tuple[str, ...]) -> None:
        assert person["name"] not in above
        for each in person.get("knows", []):
            names_on_the_way(each, (*above, person["name"]))

    names_on_the_way(document, ())


def test_unknown_is_null_where_null_may_stand() -> None:
    schema = {
        "type": "object",
        "properties": {
            "employer": {"anyOf": [TEXT, {"type": "null"}], "default": None},
            "age": {"type": ["integer", "null"]},
            "nickname": TEXT,
        },
        "required": ["employer", "age"],
    }
    assert filled(schema, world()) == ({"employer": None, "age": None}, [])


def test_what_is_required_and_unknown_is_named() -> None:
    schema = {
        "type": "object",
        "properties": {
            "employer": TEXT,
            "age": INTEGER,
            "hobbies": TEXTS,
            "level": {"enum": ["a", "b"]},
            "plan": {"type": "string", "default": "free"},
            "address": {**obj(street=TEXT, zip=INTEGER), "required": ["street", "zip"]},
            "version": {"const": 2},
            "code": {"type": "string", "minLength": 3},
        },
        "required": ["employer", "age", "hobbies", "level", "plan", "address", "version", "code", "else"],
    }
    document, missing = filled(schema, world())
    assert document == {"employer": "", "hobbies": [], "plan": "free", "address": {"street": ""}, "version": 2}
    assert set(missing) == {
        *("employer", "age", "hobbies", "level", "plan", "address", "address.street", "address.zip", "code", "else"),
    }


def test_what_the_schema_asks_of_the_whole_is_named_too() -> None:
    schema = {**obj(name=TEXT, tags={"type": "array", "items": TEXT, "minItems": 2}), "minProperties": 3}
    document, missing = filled(schema, world(memories=[memory("x", categories=("one",))]))
    assert document == {"name": "Ana", "tags": ["one"]}
    assert set(missing) == {"the document", "tags"}


def test_items_that_lack_something_are_kept_and_named(ana: World) -> None:
    person = {**obj(name=TEXT, employer=TEXT, age=INTEGER), "required": ["name", "employer", "age"]}
    document, missing = filled(obj(family={"type": "array", "items": person}), ana)
    assert [each["name"] for each in document["family"]] == ["Tom", "Marta"]
    assert missing == ["family.0.employer", "family.0.age", "family.1.age"]


def test_likeness_helps_where_no_word_does(ana: World) -> None:
    assert fill({"paymaster": TEXT, "name": TEXT}, ana) == {"name": "Ana"}
    schema = obj(paymaster=TEXT, name=TEXT)
    assert list(Filler(read_schema(schema), ana).open) == []
    filler = Filler(read_schema(schema), ana)
    assert filler.document() == {"name": "Ana"}
    assert list(filler.open) == ["paymaster"]
    assert filled(schema, ana, paymaster="WORKS_AT")[0] == {"paymaster": "Acme", "name": "Ana"}


def test_an_id_that_is_no_name_is_none() -> None:
    opaque = world(own="u-7f3", owner="u-7f3")
    assert fill({"name": TEXT, "user_id": TEXT}, opaque) == {"user_id": "u-7f3"}
    told = world(own="u-7f3", owner="u-7f3", aliases={"u-7f3": ["Bea Costa"]})
    assert fill({"name": TEXT, "first_name": TEXT}, told) == {"name": "Bea Costa", "first_name": "Bea"}
    lower = world(own="ana.silva", owner="ana.silva")
    assert fill({"name": TEXT}, lower) == {"name": "Ana Silva"}


def test_a_scope_that_is_nobody_still_has_entities() -> None:
    known = world(("Atlas", "HAS_DEADLINE", "2026-07-01"), own=None, types={"Atlas": "Project"})
    project = obj(project_name=TEXT, deadline=DATE)
    found = fill({"projects": {"type": "array", "items": project}, "name": TEXT}, known)
    assert found == {"projects": [{"project_name": "Atlas", "deadline": "2026-07-01"}]}


def test_the_documented_professional_profile() -> None:
    """A schema of the kind that is shown to users of hosted memories: enums by reference, everything nullable."""

    def maybe(kind: dict[str, Any], description: str) -> dict[str, Any]:
        return {"anyOf": [kind, {"type": "null"}], "default": None, "description": description}

    schema = {
        "$defs": {
            "Education": {"enum": ["high_school", "bachelors", "masters"], "title": "Education", "type": "string"},
            "Employment": {"enum": ["full_time", "part_time", "freelance"], "title": "Employment", "type": "string"},
        },
        "properties": {
            "full_name": maybe({"maxLength": 100, "type": "string"}, "The professional's full name"),
            "current_role": maybe(TEXT, "Current job title or role"),
            "years_experience": maybe({"minimum": 0, "type": "integer"}, "Years of professional experience"),
            "employment_status": maybe({"$ref": "#/$defs/Employment"}, "Current employment status"),
            "education_level": maybe({"$ref": "#/$defs/Education"}, "Highest education level"),
            "skills": maybe(TEXTS, "List of professional skills"),
        },
        "title": "ProfessionalProfile",
        "type": "object",
    }
    known = world(
        ("Ana", "WORKS_AS", "data engineer"),
        ("Ana", "HAS_SKILL", "SQL"),
        ("Ana", "HAS_SKILL", "Python"),
        ("Ana", "HAS_EMPLOYMENT_STATUS", "full time"),
        ("Ana", "HAS_DEGREE", "Masters in physics"),
        aliases={"Ana": ["Ana Silva"]},
    )
    assert filled(schema, known) == (
        {
            "full_name": "Ana Silva",
            "current_role": "data engineer",
            "years_experience": None,
            "employment_status": "full_time",
            "education_level": "masters",
            "skills": ["SQL", "Python"],
        },
        [],
    )


def test_memories_of_a_thing_are_those_that_mention_it() -> None:
    from graphmem.models import Mention

    rex = Memory(
        id="m-rex",
        scope=memory("x").scope,
        text="Rex barks at night",
        observed_at=SAID,
        created_at=SAID,
        updated_at=SAID,
        mentions=(Mention(entity_id="e-rex", name="Rex"),),
    )
    known = world(("Ana", "HAS_DOG", "Rex"), memories=[rex, memory("Ana sings")], types={"Rex": "Animal"})
    dog = obj(name=TEXT, notes=TEXT, type=TEXT, mentions=INTEGER, id=TEXT)
    assert fill({"dog": dog}, known)["dog"] == {
        "name": "Rex",
        "notes": "Rex barks at night.",
        "type": "Animal",
        "mentions": 1,
        "id": "e-rex",
    }
