"""What a deletion takes with it, and what it gives back."""

from __future__ import annotations

import pytest

from graphmem.errors import InvalidInput
from graphmem.extraction.forget import redacted
from graphmem.extraction.plan import plan_delete
from graphmem.ids import new_id
from graphmem.queries import Known
from tests.unit.planning.mind import Mind, day, draft, me, year


@pytest.fixture
def mind() -> Mind:
    return Mind()


def told(mind: Mind, text: str, *relations, **more) -> str:
    return mind.add(draft(text, *relations, **more)).outcomes[0].results[0].memory.id


def lives(mind: Mind, place: str, **more) -> str:
    return told(mind, f"Ana lives in {place}.", me("lives in", place, **more))


def test_nothing_of_it_is_left_but_that_it_was_deleted(mind: Mind):
    key = told(mind, "Ana likes coffee.", me("likes", "coffee"))
    made = mind.delete(key)

    state = mind.store.state
    assert (state.memories, state.relations, state.entities, state.episodes) == ({}, {}, {}, {})
    [revision] = mind.history(key) if key in state.memories else [each for _, each in state.revisions.values()]
    assert (revision.event, revision.memory_id, revision.by) == ("DELETE", key, "test")
    assert (revision.old_text, revision.new_text, revision.state) == (None, None, {})
    assert made.counts == {"memories": 1, "episodes": 1, "redacted": 0, "restored": 0}
    assert [each.event for each in made.outcomes[0].results] == ["DELETE"]


def test_an_immutable_memory_can_be_deleted(mind: Mind):
    mind.delete(told(mind, "One.", immutable=True))
    assert mind.all() == []


def test_unknown_ids_are_passed_over(mind: Mind):
    key = told(mind, "One.")
    made = mind.delete(key, new_id())
    assert made.counts["memories"] == 1
    assert mind.delete(key).changes.operations == ()


def test_a_plan_needs_a_partition(mind: Mind):
    with pytest.raises(InvalidInput):
        plan_delete([new_id()], Known(), at=day(1), change_id=new_id(), registry=mind.registry)


# -- reopening


def test_the_predecessor_holds_again(mind: Mind):
    porto = lives(mind, "Porto")
    lisbon = lives(mind, "Lisbon")
    made = mind.delete(lisbon)

    assert mind.texts() == ["Ana lives in Porto."]
    assert mind.timeline() == [("Porto", day(1), None, True)]
    memory = mind.memory(porto)
    assert (memory.invalid_at, memory.expired_at, memory.superseded_by) == (None, None, None)
    assert mind.events(porto) == ["ADD", "SUPERSEDE", "RESTORE"]
    assert made.counts["restored"] == 1
    assert [(each.event, each.memory.id) for each in made.outcomes[0].results] == [
        ("DELETE", lisbon),
        ("RESTORE", porto),
    ]


def test_what_was_known_in_between_is_replayed(mind: Mind):
    lives(mind, "Porto")
    mind.delete(lives(mind, "Lisbon"))

    assert mind.texts(known_at=day(3)) == ["Ana lives in Porto."]
    assert mind.texts(known_at=day(2)) == []


def test_it_is_handed_over_to_the_next(mind: Mind):
    porto, lisbon, faro = lives(mind, "Porto"), lives(mind, "Lisbon"), lives(mind, "Faro")
    mind.delete(lisbon)

    assert mind.timeline() == [("Porto", day(1), day(3), False), ("Faro", day(3), None, True)]
    memory = mind.memory(porto)
    assert (memory.superseded_by, memory.invalid_at) == (faro, day(3))
    assert mind.history(porto)[-1].reason == "handed over"


def test_it_is_handed_over_to_who_says_the_same(mind: Mind):
    porto, lisbon = lives(mind, "Porto"), lives(mind, "Lisbon")
    again = told(mind, "Home is Lisbon.", me("lives in", "Lisbon"))
    mind.delete(lisbon)

    assert mind.texts() == ["Home is Lisbon."]
    assert mind.memory(porto).superseded_by == again
    assert mind.timeline() == [("Porto", day(1), day(3), False), ("Lisbon", day(3), None, True)]


def test_another_rival_may_have_come_meanwhile(mind: Mind):
    porto = lives(mind, "Porto")
    left = told(mind, "Ana moved away from Porto.", me("moved away from", "Porto"))
    lisbon = lives(mind, "Lisbon")
    mind.delete(left)

    assert mind.texts() == ["Ana lives in Lisbon."]
    assert mind.memory(porto).superseded_by == lisbon


def test_several_links_of_a_chain(mind: Mind):
    porto, lisbon, faro = lives(mind, "Porto"), lives(mind, "Lisbon"), lives(mind, "Faro")
    mind.delete(lisbon, faro)

    assert mind.texts() == ["Ana lives in Porto."]
    assert mind.memory(porto).is_current


def test_porto_again_joins_the_first_stay(mind: Mind):
    first = lives(mind, "Porto")
    lisbon = lives(mind, "Lisbon")
    second = lives(mind, "Porto")
    mind.delete(lisbon)

    [relation] = mind.everything()
    assert set(relation.memory_ids) == {first, second}
    assert mind.memory(first).is_current


def test_what_was_told_late_holds_then(mind: Mind):
    lisbon = lives(mind, "Lisbon")
    late = lives(mind, "Porto", valid_at=year(2010))
    mind.delete(lisbon)

    assert mind.memory(late).is_current
    assert mind.timeline() == [("Porto", year(2010), None, True)]


def test_the_opposite_holds_again(mind: Mind):
    told(mind, "Ana likes coffee.", me("likes", "coffee"))
    mind.delete(told(mind, "Ana no longer likes coffee.", me("no longer likes", "coffee")))

    assert mind.texts() == ["Ana likes coffee."]
    assert mind.triples() == [("ana", "LIKES", "coffee")]


def test_what_words_retired_holds_again(mind: Mind):
    old = told(mind, "Ana plans a trip.", me("plans", "trip"))
    mind.delete(told(mind, "Ana cancelled it.", verdict="supersedes", targets=(old,)))

    assert mind.texts() == ["Ana plans a trip."]
    assert mind.triples() == [("ana", "PLANS", "trip")]


def test_what_words_retired_is_handed_down(mind: Mind):
    one = told(mind, "One.", me("plans", "trip"))
    two = told(mind, "Two.", verdict="supersedes", targets=(one,))
    three = told(mind, "Three.", verdict="supersedes", targets=(two,))
    mind.delete(two)

    assert mind.texts() == ["Three."]
    assert mind.memory(one).superseded_by == three
    assert mind.triples() == []

    mind.delete(three)
    assert mind.texts() == ["One."]


def test_only_the_relation_had_closed(mind: Mind):
    told(mind, "Ana lives in Porto with Rex.", me("lives in", "Porto"), me("has dog", "Rex"))
    mind.delete(lives(mind, "Lisbon"))

    assert mind.triples() == [("ana", "HAS_DOG", "Rex"), ("ana", "LIVES_IN", "Porto")]


def test_what_had_ended_goes_on(mind: Mind):
    job = told(mind, "Ana works at Acme.", me("works at", "Acme"))
    mind.delete(told(mind, "Ana worked at Acme.", me("works at", "Acme", invalid_at=day(1.5))))

    assert mind.memory(job).is_current
    assert mind.timeline("WORKS_AT") == [("Acme", day(1), None, True)]


def test_dates_that_only_it_gave_go_with_it(mind: Mind):
    told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    mind.delete(told(mind, "Since 2010 Ana lives in Porto.", me("lives in", "Porto", valid_at=year(2010))))

    assert mind.timeline() == [("Porto", day(1), None, True)]
    assert mind.relations()[0].valid_at is None


# -- sources


def two_from_one(mind: Mind, content: str, *texts: str) -> list[str]:
    made = mind.add(*(draft(text) for text in texts), text=content)
    return [each.memory.id for each in made.outcomes[0].results]


def test_the_words_are_cut_from_a_source_that_others_came_from(mind: Mind):
    tea, _ = two_from_one(mind, "I like tea. I like cake.", "I like tea.", "I like cake.")
    made = mind.delete(tea)

    assert list(mind.episodes()) == ["I like cake."]
    assert made.counts == {"memories": 1, "episodes": 0, "redacted": 1, "restored": 0}


def test_a_source_in_other_words_is_emptied(mind: Mind):
    tea, _ = two_from_one(mind, "Tea is great, so is cake.", "Ana likes tea.", "Ana likes cake.")
    mind.delete(tea)

    assert list(mind.episodes()) == [""]


def test_a_source_goes_with_the_last_that_came_from_it(mind: Mind):
    tea, cake = two_from_one(mind, "Tea is great, so is cake.", "Ana likes tea.", "Ana likes cake.")
    mind.delete(tea)
    mind.delete(cake)
    assert mind.episodes() == {}

    made = mind.delete(*two_from_one(mind, "I like tea. I like cake.", "I like tea.", "I like cake."))
    assert mind.episodes() == {}
    assert made.counts["episodes"] == 1


@pytest.mark.parametrize(
    ("content", "text", "left"),
    [
        ("I like tea. I like cake.", "I like tea.", "I like cake."),
        ("I like cake. I like tea. And rain.", "I like tea.", "I like cake. And rain."),
        ("I like tea. I LIKE TEA.", "I like tea.", ""),
        ("I like tea. Yes, I like tea. And rain.", "I like tea.", "Yes, And rain."),
        ("line one\nI like tea.\nline three", "I like tea.", "line one\n \nline three"),
        ("I like cake.", "I like tea.", ""),
    ],
)
def test_redaction(mind: Mind, content: str, text: str, left: str):
    episode = mind.episode(content, day(1))
    assert redacted(episode, [text]).content == left
    assert redacted(episode, []).content == content


def test_a_thousand_at_once(mind: Mind):
    items = [
        mind.item(draft(f"Ana likes thing {n}.", me("likes", f"thing {n}")), episodes=(mind.episode(str(n), day(n)),))
        for n in range(1000)
    ]
    made = mind.plan(items, day(1))
    ids = [outcome.results[0].memory.id for outcome in made.outcomes]

    assert mind.delete(*ids).counts["memories"] == 1000
    assert mind.store.state.entities == {}
