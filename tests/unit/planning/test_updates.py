"""New words or new fields for a memory, under the same id."""

from __future__ import annotations

from datetime import date

import pytest

from graphmem.errors import InvalidInput, NotFound
from graphmem.extraction.plan import plan_update
from graphmem.ids import new_id
from graphmem.queries import Known
from tests.unit.planning.mind import Mind, day, draft, me, triple, year


@pytest.fixture
def mind() -> Mind:
    return Mind()


def told(mind: Mind, text: str, *relations, **more) -> str:
    return mind.add(draft(text, *relations, **more)).outcomes[0].results[0].memory.id


def test_new_words_are_linked_anew(mind: Mind):
    key = told(mind, "Marta works at Acme.", triple("Marta", "works at", "Acme"))
    made = mind.update(key, triple("Rita", "leads", "Atlas"), text="Rita leads Atlas.")

    assert mind.texts() == ["Rita leads Atlas."]
    assert mind.triples() == [("Rita", "LEADS", "Atlas")]
    assert set(mind.entities()) == {"Rita", "Atlas"}
    memory = mind.memory(key)
    assert (memory.created_at, memory.updated_at) == (day(1), day(2))
    last = mind.history(key)[-1]
    assert (last.event, last.old_text, last.new_text) == ("UPDATE", "Marta works at Acme.", "Rita leads Atlas.")
    outcome = made.outcomes[0].results[0]
    assert (outcome.event, outcome.memory.id, outcome.previous_text) == ("UPDATE", key, "Marta works at Acme.")
    assert [relation.type for relation in made.outcomes[0].added] == ["LEADS"]


def test_what_the_words_still_state_stays_as_it_is(mind: Mind):
    key = told(mind, "Ana lives in Porto.", me("lives in", "Porto", valid_at=year(2010)))
    [before] = mind.relations()
    mind.update(key, me("lives in", "Porto"), text="Ana is at home in Porto.")

    [after] = mind.relations()
    assert (after.id, after.valid_at) == (before.id, year(2010))


def test_what_others_state_too_stays(mind: Mind):
    key = told(mind, "One.", me("has dog", "Rex"))
    told(mind, "Two.", me("has dog", "Rex"))
    mind.update(key, text="Three.")

    [relation] = mind.relations()
    assert relation.support == 1


def test_what_the_old_words_had_retired_holds_again(mind: Mind):
    old = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    new = told(mind, "Ana lives in Lisbon.", me("lives in", "Lisbon"))
    made = mind.update(new, me("likes", "Lisbon"), text="Ana likes Lisbon.")

    assert mind.texts() == ["Ana lives in Porto.", "Ana likes Lisbon."]
    assert mind.events(old) == ["ADD", "SUPERSEDE", "RESTORE"]
    assert [(each.event, each.memory.id) for each in made.outcomes[0].results] == [("UPDATE", new), ("RESTORE", old)]
    assert (mind.memory(old).invalid_at, mind.memory(old).superseded_by) == (None, None)


def test_unless_the_new_words_retire_it_too(mind: Mind):
    old = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    new = told(mind, "Ana lives in Lisbon.", me("lives in", "Lisbon"))
    before = mind.memory(old)
    made = mind.update(new, me("lives in", "Faro"), text="Ana lives in Faro.")

    assert mind.texts() == ["Ana lives in Faro."]
    assert mind.memory(old) == before
    assert mind.timeline()[0] == ("Porto", day(1), day(2), False)
    assert mind.events(old) == ["ADD", "SUPERSEDE"]
    assert [each.event for each in made.outcomes[0].results] == ["UPDATE"]


def test_what_words_retired_stays_retired(mind: Mind):
    old = told(mind, "Ana plans a trip.")
    new = told(mind, "Ana cancelled the trip.", verdict="supersedes", targets=(old,))
    mind.update(new, text="Ana has cancelled her trip.")

    assert mind.memory(old).superseded_by == new


def test_new_words_may_retire_others(mind: Mind):
    home = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    key = told(mind, "Ana likes Lisbon.", me("likes", "Lisbon"))
    made = mind.update(key, me("lives in", "Lisbon"), text="Ana lives in Lisbon.")

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert mind.memory(home).superseded_by == key
    assert [each.event for each in made.outcomes[0].results] == ["UPDATE", "SUPERSEDE"]


def test_the_same_words_change_nothing(mind: Mind):
    key = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    made = mind.update(key, text="Ana lives in Porto.")

    assert made.changes.operations == ()
    assert made.outcomes[0].results[0].event == "NONE"
    assert mind.triples() == [("ana", "LIVES_IN", "Porto")]


def test_fields_change_whole(mind: Mind):
    key = told(mind, "One.", me("likes", "tea"), metadata={"a": 1}, categories=("x",))
    mind.update(key, metadata={"b": 2}, categories=("y",), expiration_date=date(2030, 1, 1), feedback="POSITIVE")

    memory = mind.memory(key)
    assert (memory.metadata, memory.categories, memory.feedback) == ({"b": 2}, ("y",), "POSITIVE")
    assert memory.expiration_date == date(2030, 1, 1)
    assert mind.events(key) == ["ADD", "UPDATE"]
    assert mind.triples() == [("ana", "LIKES", "tea")]

    mind.update(key, expiration_date=None)
    assert mind.memory(key).expiration_date is None


def test_words_and_fields_together(mind: Mind):
    key = told(mind, "One.")
    mind.update(key, text="Two.", metadata={"b": 2}, observed_at=year(2020))

    memory = mind.memory(key)
    assert (memory.text, memory.metadata, memory.observed_at) == ("Two.", {"b": 2}, year(2020))


def test_fields_of_what_is_immutable_or_past_may_change(mind: Mind):
    fixed = told(mind, "One.", immutable=True)
    old = told(mind, "Two.")
    told(mind, "Three.", verdict="supersedes", targets=(old,))
    for key in (fixed, old):
        mind.update(key, metadata={"b": 2})
        assert mind.memory(key).metadata == {"b": 2}


def test_their_words_may_not(mind: Mind):
    fixed = told(mind, "One.", immutable=True)
    old = told(mind, "Two.")
    told(mind, "Three.", verdict="supersedes", targets=(old,))
    for key in (fixed, old):
        with pytest.raises(InvalidInput) as caught:
            mind.update(key, text="Other.")
        assert caught.value.field == "text"
        assert key in caught.value.message


def test_other_fields_are_refused(mind: Mind):
    key = told(mind, "One.")
    with pytest.raises(InvalidInput) as caught:
        mind.update(key, created_at=year(2000))
    assert caught.value.field == "created_at"


def test_an_unknown_memory_is_not_found(mind: Mind):
    with pytest.raises(NotFound):
        plan_update(new_id(), Known(), text="One.", at=day(1), change_id=new_id(), registry=mind.registry)


def test_another_moment_of_telling_is_another_place_in_line(mind: Mind):
    porto = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    lisbon = told(mind, "Ana lives in Lisbon.", me("lives in", "Lisbon"))
    mind.update(lisbon, observed_at=year(2020))

    assert mind.texts() == ["Ana lives in Porto."]
    assert mind.timeline() == [("Lisbon", year(2020), day(1), False), ("Porto", day(1), None, True)]
    assert mind.memory(lisbon).superseded_by == porto
    assert mind.events(porto) == ["ADD", "SUPERSEDE", "RESTORE"]


def test_what_has_dates_stays_where_it_is(mind: Mind):
    told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    lisbon = told(mind, "Ana lives in Lisbon.", me("lives in", "Lisbon", valid_at=day(1.5)))
    mind.update(lisbon, observed_at=year(2020))

    assert mind.texts() == ["Ana lives in Lisbon."]
