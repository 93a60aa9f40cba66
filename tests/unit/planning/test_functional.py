"""Rule 1: the same subject, the same functional predicate, another object."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.extraction.registry import Registry
from tests.unit.planning.mind import REGISTRY, Mind, day, draft, me, triple, year


def porto(**more):
    return draft("Ana lives in Porto.", me("lives in", "Porto"), **more)


def lisbon(**more):
    return draft("Ana lives in Lisbon.", me("lives in", "Lisbon"), **more)


@pytest.fixture
def mind() -> Mind:
    return Mind()


# -- retires


def test_a_new_home_takes_the_place_of_the_old(mind: Mind):
    mind.add(porto())
    made = mind.add(lisbon())

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert mind.triples() == [("ana", "LIVES_IN", "Lisbon")]
    old, new = mind.named("Ana lives in Porto."), mind.named("Ana lives in Lisbon.")
    assert (old.superseded_by, old.invalid_at, old.expired_at) == (new.id, day(2), day(2))
    assert mind.timeline() == [("Porto", day(1), day(2), False), ("Lisbon", day(2), None, True)]
    [outcome] = made.outcomes
    assert [(each.event, each.memory.text) for each in outcome.results] == [
        ("ADD", "Ana lives in Lisbon."),
        ("SUPERSEDE", "Ana lives in Porto."),
    ]
    assert [made.entities[relation.object_id].name for relation in outcome.added] == ["Lisbon"]
    assert [made.entities[relation.object_id].name for relation in outcome.closed] == ["Porto"]
    assert outcome.closed[0].superseded_by == new.id
    assert outcome.closed[0].memory_ids == (old.id,)


def test_superseding_is_history(mind: Mind):
    mind.add(porto())
    mind.add(lisbon())
    [added, superseded] = mind.history(mind.named("Ana lives in Porto.").id)

    assert added.event == "ADD"
    assert added.state["expired_at"] is None
    assert superseded.event == "SUPERSEDE"
    assert (superseded.at, superseded.by, superseded.reason) == (day(2), "test", "functional:LIVES_IN")
    assert superseded.old_text == "Ana lives in Porto."
    assert superseded.new_text is None  # the successor's words would outlive it here


def test_what_was_true_then_is_seen_as_of_then(mind: Mind):
    mind.add(porto())
    mind.add(lisbon())

    assert mind.triples(as_of=day(1)) == [("ana", "LIVES_IN", "Porto")]
    assert mind.triples(as_of=day(2)) == [("ana", "LIVES_IN", "Lisbon")]
    assert mind.texts(as_of=day(1.5)) == ["Ana lives in Porto."]
    assert mind.texts(known_at=day(1)) == ["Ana lives in Porto."]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("works at", "works at"),
        ("works for", "is employed by"),
        ("WORKS_FOR", "works at"),
        ("works at", "EMPLOYED_BY"),
        ("lives in", "moved to"),
        ("moved to", "lives in"),
        ("is married to", "married"),
        ("has phone number", "has phone number"),
        ("favorite colour is", "favorite colour is"),
    ],
)
def test_words_for_one_slot_retire_each_other(mind: Mind, before: str, after: str):
    mind.add(draft("One.", me(before, "A")))
    mind.add(draft("Two.", me(after, "B")))

    assert mind.texts() == ["Two."]


def test_it_holds_for_anybody(mind: Mind):
    mind.add(draft("Marta works at Acme.", triple("Marta", "works at", "Acme")))
    mind.add(draft("Marta works at Globex.", triple("marta", "works at", "Globex")))

    assert mind.texts() == ["Marta works at Globex."]


def test_it_reaches_across_the_scopes_of_a_partition(mind: Mind):
    mind.add(porto(), scope=replace(mind.scope, run_id="r1"))
    mind.add(lisbon(), scope=replace(mind.scope, agent_id="bot"))

    assert mind.texts() == ["Ana lives in Lisbon."]


def test_all_who_said_it_are_retired(mind: Mind):
    mind.add(porto())
    mind.add(draft("Home is Porto.", me("lives in", "Porto")))
    mind.add(lisbon())

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert len(mind.everything()) == 2


def test_a_batch_is_decided_in_order(mind: Mind):
    items = [
        mind.item(each, episodes=(mind.episode(each.text, day(number)),))
        for number, each in enumerate([porto(), lisbon(), draft("Ana lives in Faro.", me("lives in", "Faro"))])
    ]
    made = mind.plan(items, day(9))

    assert mind.texts() == ["Ana lives in Faro."]
    assert [[each.event for each in outcome.results] for outcome in made.outcomes] == [
        ["ADD"],
        ["ADD", "SUPERSEDE"],
        ["ADD", "SUPERSEDE"],
    ]
    assert mind.events(mind.named("Ana lives in Porto.").id) == ["ADD", "SUPERSEDE"]
    assert mind.timeline() == [
        ("Porto", day(0), day(1), False),
        ("Lisbon", day(1), day(2), False),
        ("Faro", day(2), None, True),
    ]


# -- stays


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (me("likes", "coffee"), me("likes", "tea")),
        (me("visited", "Porto"), me("visited", "Lisbon")),
        (me("works at", "Acme"), me("also works at", "Globex")),
        (me("lives in", "Porto"), me("works at", "Lisbon")),
        (me("lives in", "Porto"), triple("Marta", "lives in", "Lisbon")),
        (me("lives in", "Porto"), me("lives in", "porto")),
        (me("lives in", "Porto"), me("does not live in", "Lisbon")),
        (me("favorite colour is", "blue"), me("favorite food is", "rice")),
        (me("has sister", "Marta"), me("has sister", "Rita")),
    ],
)
def test_what_can_hold_together_stays(mind: Mind, before, after):
    mind.add(draft("One.", before))
    mind.add(draft("Two.", after))

    assert mind.texts() == ["One.", "Two."]


def test_it_ends_at_the_partition(mind: Mind):
    mind.add(porto())
    mind.add(draft("Rui lives in Lisbon.", me("lives in", "Lisbon")), scope=replace(mind.scope, user_id="rui"))

    assert mind.texts() == ["Ana lives in Porto.", "Rui lives in Lisbon."]


def test_an_immutable_memory_stays(mind: Mind):
    mind.add(porto(immutable=True))
    mind.add(lisbon())

    assert mind.texts() == ["Ana lives in Porto.", "Ana lives in Lisbon."]
    assert mind.triples() == [("ana", "LIVES_IN", "Lisbon"), ("ana", "LIVES_IN", "Porto")]


def test_a_relation_that_an_immutable_memory_states_stays_for_all(mind: Mind):
    mind.add(draft("Home is Porto.", me("lives in", "Porto")))
    mind.add(porto(immutable=True))
    mind.add(lisbon())

    assert len(mind.texts()) == 3


def test_one_statement_does_not_contradict_itself(mind: Mind):
    mind.add(draft("Ana works at Acme and Globex.", me("works at", "Acme"), me("works at", "Globex")))

    assert len(mind.triples()) == 2


def test_one_message_does_not_contradict_itself(mind: Mind):
    mind.add(
        draft("Ana works at Acme.", me("works at", "Acme")),
        draft("Ana works at Globex.", me("works at", "Globex")),
        text="I work at Acme and at Globex.",
    )

    assert len(mind.texts()) == 2


def test_a_later_message_of_one_add_does(mind: Mind):
    episodes = (mind.episode("I live in Porto.", day(1)), mind.episode("Lisbon, I mean.", day(1)))
    mind.plan([mind.item(porto(episodes=(0,)), lisbon(episodes=(1,)), episodes=episodes)], day(1))

    assert mind.texts() == ["Ana lives in Lisbon."]


def test_only_the_relation_closes_where_the_memory_says_more(mind: Mind):
    mind.add(draft("Ana lives in Porto with Rex.", me("lives in", "Porto"), me("has dog", "Rex")))
    mind.add(lisbon())

    assert mind.texts() == ["Ana lives in Porto with Rex.", "Ana lives in Lisbon."]
    assert mind.triples() == [("ana", "HAS_DOG", "Rex"), ("ana", "LIVES_IN", "Lisbon")]


def test_the_memory_goes_with_the_last_of_its_relations(mind: Mind):
    mind.add(draft("Ana lives in Porto and works at Acme.", me("lives in", "Porto"), me("works at", "Acme")))
    mind.add(lisbon())
    assert len(mind.texts()) == 2

    mind.add(draft("Ana works at Globex.", me("works at", "Globex")))

    assert mind.texts() == ["Ana lives in Lisbon.", "Ana works at Globex."]
    assert mind.named("Ana lives in Porto and works at Acme.").invalid_at == day(3)


def test_a_project_may_say_otherwise(mind: Mind):
    mind.registry = Registry({"functional": {"residence": []}})
    mind.add(porto())
    mind.add(lisbon())

    assert len(mind.texts()) == 2
    assert REGISTRY.read("lives in").slot == "residence"


# -- told late


def test_what_was_true_earlier_is_inserted_and_retires_nothing(mind: Mind):
    mind.add(lisbon(), told=year(2024))
    made = mind.add(draft("Ana lives in Porto.", me("lives in", "Porto", valid_at=year(2010))), told=year(2025))

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert mind.timeline() == [("Porto", year(2010), year(2024), False), ("Lisbon", year(2024), None, True)]
    late, now = mind.named("Ana lives in Porto."), mind.named("Ana lives in Lisbon.")
    assert (late.valid_at, late.invalid_at, late.superseded_by) == (year(2010), year(2024), now.id)
    assert mind.events(late.id) == ["ADD", "SUPERSEDE"]
    assert mind.texts(as_of=year(2012)) == ["Ana lives in Porto."]
    assert [each.event for each in made.outcomes[0].results] == ["ADD"]


def test_it_is_inserted_between_its_neighbours(mind: Mind):
    mind.add(draft("Porto 2010.", me("lives in", "Porto", valid_at=year(2010))))
    mind.add(draft("Lisbon 2020.", me("lives in", "Lisbon", valid_at=year(2020))))
    mind.add(draft("Faro 2015.", me("lives in", "Faro", valid_at=year(2015))))

    assert mind.timeline() == [
        ("Porto", year(2010), year(2015), False),
        ("Faro", year(2015), year(2020), False),
        ("Lisbon", year(2020), None, True),
    ]
    assert mind.named("Porto 2010.").superseded_by == mind.named("Faro 2015.").id
    assert mind.named("Porto 2010.").invalid_at == year(2015)
    assert mind.named("Faro 2015.").superseded_by == mind.named("Lisbon 2020.").id


@pytest.mark.parametrize("label", ["lives in", "lived in"])
def test_what_is_over_stands_by_itself(mind: Mind, label: str):
    mind.add(lisbon(), told=year(2024))
    past = me(label, "Porto", valid_at=year(2010), invalid_at=year(2011))
    mind.add(draft("Ana lived in Porto in 2010.", past), told=year(2025))

    assert mind.texts() == ["Ana lives in Lisbon.", "Ana lived in Porto in 2010."]
    assert mind.triples() == [("ana", "LIVES_IN", "Lisbon")]
    assert mind.triples(as_of=year(2010)) == [("ana", "LIVES_IN", "Porto")]
    assert mind.texts(as_of=year(2010)) == ["Ana lived in Porto in 2010."]

    mind.add(draft("Ana lives in Faro.", me("lives in", "Faro")), told=year(2026))
    assert mind.texts() == ["Ana lived in Porto in 2010.", "Ana lives in Faro."]


def test_a_past_tense_without_dates_stands_by_itself_too(mind: Mind):
    mind.add(lisbon())
    mind.add(draft("Ana lived in Porto.", me("lived in", "Porto")))

    assert mind.triples() == [("ana", "LIVED_IN", "Porto"), ("ana", "LIVES_IN", "Lisbon")]


def test_saying_that_it_is_over_ends_it(mind: Mind):
    mind.add(draft("Ana works at Acme.", me("works at", "Acme")), told=year(2020))
    mind.add(draft("Ana worked at Acme until 2023.", me("works at", "Acme", invalid_at=year(2023))), told=year(2024))

    assert mind.texts() == ["Ana worked at Acme until 2023."]
    assert mind.timeline("WORKS_AT") == [("Acme", year(2020), year(2023), False)]
    assert mind.triples(as_of=year(2022)) == [("ana", "WORKS_AT", "Acme")]


def test_an_earlier_stay_does_not_end_the_present_one(mind: Mind):
    mind.add(porto(valid_at=year(2005)), told=year(2020))
    mind.add(draft("In 2010 Ana lived in Porto.", me("lives in", "Porto", valid_at=year(2010), invalid_at=year(2011))))

    assert mind.timeline()[0] == ("Porto", year(2005), None, True)
    assert len(mind.texts()) == 2


def test_an_announced_end_does_not_keep_it_from_being_retired(mind: Mind):
    mind.add(draft("Until 2030 Ana lives in Porto.", me("lives in", "Porto", invalid_at=year(2030))), told=year(2024))
    mind.add(lisbon(), told=year(2025))

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert mind.timeline()[0] == ("Porto", year(2024), year(2025), False)


def test_after_its_announced_end_nothing_is_left_to_retire(mind: Mind):
    contract = me("works at", "Acme", valid_at=year(2020), invalid_at=year(2022))
    mind.add(draft("Contract.", contract), told=year(2020))
    mind.add(draft("Ana works at Globex.", me("works at", "Globex")), told=year(2023))

    assert mind.texts() == ["Contract.", "Ana works at Globex."]
    assert mind.timeline("WORKS_AT")[0] == ("Acme", year(2020), year(2022), True)


# -- to come


def moving(place: str, when) -> object:
    return draft(f"Ana moves to {place} in {when.year}.", me("lives in", place, valid_at=when))


def test_what_is_planned_does_not_retire_what_holds(mind: Mind):
    mind.add(porto())
    mind.add(moving("Lisbon", year(2030)))

    assert mind.texts() == ["Ana lives in Porto.", "Ana moves to Lisbon in 2030."]


def test_what_holds_is_not_retired_by_a_plan_when_it_is_told_later(mind: Mind):
    mind.add(moving("Lisbon", year(2030)))
    mind.add(porto())

    assert mind.texts() == ["Ana moves to Lisbon in 2030.", "Ana lives in Porto."]


def test_when_it_comes_true_it_does(mind: Mind):
    mind.add(porto())
    mind.add(moving("Lisbon", year(2030)))
    mind.today = 3000
    mind.add(draft("Ana lives in Lisbon now.", me("lives in", "Lisbon")))

    assert mind.texts() == ["Ana moves to Lisbon in 2030.", "Ana lives in Lisbon now."]
    assert mind.timeline() == [("Porto", day(1), year(2030), False), ("Lisbon", year(2030), None, True)]


def test_when_it_does_not_come_true_either(mind: Mind):
    mind.add(porto())
    mind.add(moving("Lisbon", year(2030)))
    mind.today = 3000
    mind.add(draft("Ana still lives in Porto.", me("still lives in", "Porto")))

    assert mind.texts() == ["Ana still lives in Porto."]
    assert mind.timeline() == [
        ("Porto", day(1), year(2030), False),
        ("Lisbon", year(2030), day(3001), False),
        ("Porto", day(3001), None, True),
    ]


def test_what_was_planned_then_and_is_past_now_is_in_line(mind: Mind):
    mind.add(porto(), told=year(2020))
    mind.add(moving("Lisbon", year(2022)), told=year(2021))

    assert mind.texts() == ["Ana moves to Lisbon in 2022."]
    assert mind.timeline()[0] == ("Porto", year(2020), year(2022), False)


def test_one_plan_takes_the_place_of_another(mind: Mind):
    mind.add(porto())
    mind.add(moving("Lisbon", year(2030)))
    mind.add(moving("Faro", year(2030)))

    assert mind.texts() == ["Ana lives in Porto.", "Ana moves to Faro in 2030."]


def test_a_plan_is_given_up(mind: Mind):
    mind.add(porto())
    mind.add(moving("Lisbon", year(2030)))
    mind.add(draft("Ana does not move to Lisbon.", me("lives in", "Lisbon", negated=True)))

    assert mind.texts() == ["Ana lives in Porto.", "Ana does not move to Lisbon."]


def test_a_clock_that_is_ahead_makes_no_plan(mind: Mind):
    mind.add(porto())
    mind.add(lisbon(), told=day(3))

    assert mind.texts() == ["Ana lives in Lisbon."]


# -- the same again


def test_porto_lisbon_and_porto_again(mind: Mind):
    mind.add(porto())
    mind.add(lisbon())
    mind.add(porto())

    assert mind.texts() == ["Ana lives in Porto."]
    assert mind.timeline() == [
        ("Porto", day(1), day(2), False),
        ("Lisbon", day(2), day(3), False),
        ("Porto", day(3), None, True),
    ]
    assert len(mind.all()) == 3


def test_said_of_a_time_in_between_it_belongs_there(mind: Mind):
    mind.add(porto())
    mind.add(lisbon(), told=day(5))
    mind.add(draft("In those days Ana lived in Porto.", me("lives in", "Porto", valid_at=day(3))))

    assert mind.timeline() == [("Porto", day(1), day(5), False), ("Lisbon", day(5), None, True)]
    late = mind.named("In those days Ana lived in Porto.")
    assert (late.invalid_at, late.superseded_by) == (day(5), mind.named("Ana lives in Lisbon.").id)


def test_said_of_an_earlier_time_it_begins_earlier(mind: Mind):
    mind.add(porto(), told=year(2020))
    mind.add(draft("Ana has lived in Porto since 2010.", me("lives in", "Porto", valid_at=year(2010))))

    assert mind.timeline() == [("Porto", year(2010), None, True)]
    assert mind.relations()[0].support == 2


def test_unless_something_else_lies_in_between(mind: Mind):
    mind.add(draft("Lisbon 2015.", me("lives in", "Lisbon", valid_at=year(2015))))
    mind.add(draft("Porto 2020.", me("lives in", "Porto", valid_at=year(2020))))
    mind.add(draft("Porto 2010.", me("lives in", "Porto", valid_at=year(2010))))

    assert mind.timeline() == [
        ("Porto", year(2010), year(2015), False),
        ("Lisbon", year(2015), year(2020), False),
        ("Porto", year(2020), None, True),
    ]


def test_what_is_inserted_into_a_long_stay_parts_it(mind: Mind):
    mind.add(draft("Porto 2010.", me("lives in", "Porto", valid_at=year(2010))))
    mind.add(draft("Porto 2020.", me("lives in", "Porto", valid_at=year(2020))))
    mind.add(draft("Lisbon 2015.", me("lives in", "Lisbon", valid_at=year(2015))))

    assert mind.timeline() == [
        ("Porto", year(2010), year(2015), False),
        ("Lisbon", year(2015), year(2020), False),
        ("Porto", year(2020), None, True),
    ]
    assert mind.texts() == ["Porto 2020."]
