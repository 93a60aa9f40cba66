"""The same statement again: provenance grows, rows do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from graphmem.drafts import EntityDraft
from graphmem.filters import field_equals
from tests.unit.planning.mind import Mind, day, draft, me, triple, year


@pytest.fixture
def mind() -> Mind:
    return Mind()


def test_fifteen_times_is_one_memory(mind: Mind):
    for number in range(15):
        made = mind.add(draft("Ana likes coffee.", me("likes", "coffee")), text=f"message {number}")

    [memory] = mind.memories()
    assert len(memory.episode_ids) == 15
    assert mind.events(memory.id) == ["ADD"]
    assert [each.event for each in made.outcomes[0].results] == ["NONE"]
    assert made.outcomes[0].results[0].memory.id == memory.id
    assert memory.observed_at == memory.updated_at == day(1)


@pytest.mark.parametrize("text", ["ana likes coffee", "Ana  likes\ncoffee!", "Ána likes coffee."])
def test_spelling_makes_no_difference(mind: Mind, text: str):
    mind.add(draft("Ana likes coffee."))
    mind.add(draft(text))

    assert mind.texts() == ["Ana likes coffee."]


def test_other_words_are_another_memory_of_the_same_relation(mind: Mind):
    mind.add(draft("Ana likes coffee.", me("likes", "coffee")))
    mind.add(draft("Coffee is what Ana likes.", me("likes", "coffee")))

    assert len(mind.texts()) == 2
    [relation] = mind.relations()
    assert relation.support == 2


def test_verbatim_texts_are_all_kept(mind: Mind):
    for _ in range(3):
        mind.add(draft("Ana likes coffee.", inferred=False))

    assert len(mind.texts()) == 3


def test_another_scope_is_another_memory(mind: Mind):
    for scope in (mind.scope, replace(mind.scope, run_id="r1"), replace(mind.scope, agent_id="bot"), mind.scope):
        mind.add(draft("Ana likes coffee.", me("likes", "coffee")), scope=scope)

    assert len(mind.texts()) == 3
    assert len(mind.texts(where=field_equals("run_id", "r1"))) == 1
    [relation] = mind.relations()
    assert relation.support == 3


def test_a_batch_meets_itself(mind: Mind):
    items = [
        mind.item(draft("Ana likes coffee.", me("likes", "coffee")), episodes=(mind.episode(str(n), day(n)),))
        for n in range(3)
    ]
    made = mind.plan(items, day(1))

    assert len(mind.texts()) == 1
    assert [outcome.results[0].event for outcome in made.outcomes] == ["ADD", "NONE", "NONE"]
    assert len(mind.memories()[0].episode_ids) == 3


def test_links_said_the_second_time_are_added(mind: Mind):
    mind.add(draft("Ana leads Atlas."))
    made = mind.add(draft("Ana leads Atlas.", triple("Ana", "LEADS", "Atlas"), entities=["Atlas"]))

    assert len(mind.texts()) == 1
    assert mind.triples() == [("Ana", "LEADS", "Atlas")]
    assert len(made.outcomes[0].added) == 1


def test_what_holds_no_longer_is_news_when_it_is_said_again(mind: Mind):
    mind.add(draft("Ana lives in Porto with Rex.", me("lives in", "Porto"), me("has dog", "Rex")))
    mind.add(draft("Ana lives in Lisbon.", me("lives in", "Lisbon")))
    mind.add(draft("Ana lives in Porto with Rex.", me("lives in", "Porto"), me("has dog", "Rex")))

    assert mind.texts() == ["Ana lives in Porto with Rex.", "Ana lives in Porto with Rex."]
    assert ("ana", "LIVES_IN", "Porto") in mind.triples()
    assert ("ana", "LIVES_IN", "Lisbon") not in mind.triples()


def test_what_expired_is_news_when_it_is_said_again(mind: Mind):
    mind.add(draft("Ana is on leave.", expiration_date=date(2024, 1, 5)))
    mind.add(draft("Ana is on leave.", expiration_date=date(2024, 1, 5)))
    mind.today = 10
    mind.add(draft("Ana is on leave.", expiration_date=date(2024, 1, 5)))

    assert len(mind.all()) == 2


def test_another_expiration_is_another_memory(mind: Mind):
    mind.add(draft("Ana is on leave.", expiration_date=date(2030, 1, 2)))
    mind.add(draft("Ana is on leave."))

    assert len(mind.texts()) == 2


def test_a_memory_that_should_last_is_not_taken_for_one_that_may_go(mind: Mind):
    mind.add(draft("Ana is allergic to nuts."))
    mind.add(draft("Ana is allergic to nuts.", immutable=True))
    mind.add(draft("Ana is allergic to nuts."))

    assert [memory.immutable for memory in mind.memories()] == [False, True]


def test_a_question_is_no_statement(mind: Mind):
    mind.add(draft("Ana likes coffee."))
    mind.add(draft("Ana likes coffee?"))

    assert len(mind.texts()) == 2


# -- dates


def test_an_undated_memory_is_dated_by_one_that_agrees(mind: Mind):
    mind.add(draft("Ana visited Paris.", me("visited", "Paris")))
    made = mind.add(draft("Ana visited Paris.", me("visited", "Paris"), valid_at=year(2010)))

    [memory] = mind.memories()
    assert memory.valid_at == year(2010)
    assert mind.relations()[0].valid_at == year(2010)
    assert mind.events(memory.id) == ["ADD", "UPDATE"]
    assert made.outcomes[0].results[0].event == "UPDATE"


def test_another_date_is_another_memory(mind: Mind):
    mind.add(draft("Ana visited Paris.", me("visited", "Paris"), valid_at=year(2010)))
    mind.add(draft("Ana visited Paris.", me("visited", "Paris"), valid_at=year(2020)))

    assert len(mind.texts()) == 2


def test_disjoint_intervals_are_relations_of_their_own(mind: Mind):
    for start in (2010, 2020):
        relation = me("visited", "Paris", valid_at=year(start), invalid_at=year(start + 1))
        mind.add(draft(f"Ana visited Paris in {start}.", relation))

    assert [(r.valid_at, r.invalid_at) for r in mind.relations()] == [
        (year(2010), year(2011)),
        (year(2020), year(2021)),
    ]
    assert mind.triples(as_of=year(2015)) == []
    assert mind.triples(as_of=year(2020)) == [("ana", "VISITED", "Paris")]


def test_overlapping_stays_that_are_over_are_one(mind: Mind):
    mind.add(draft("One.", me("visited", "Paris", valid_at=year(2010), invalid_at=year(2012))))
    mind.add(draft("Two.", me("visited", "Paris", valid_at=year(2011), invalid_at=year(2013))))

    [relation] = mind.relations()
    assert relation.support == 2


def test_a_memory_covers_the_time_of_its_relations(mind: Mind):
    mind.add(
        draft(
            "Ana worked at Acme and Globex.",
            me("worked at", "Acme", valid_at=year(2010), invalid_at=year(2012)),
            me("worked at", "Globex", valid_at=year(2012), invalid_at=year(2015)),
        )
    )
    [memory] = mind.memories()
    assert (memory.valid_at, memory.invalid_at) == (year(2010), year(2015))
    assert mind.triples(as_of=year(2011)) == [("ana", "WORKS_AT", "Acme")]
    assert mind.triples(as_of=year(2013)) == [("ana", "WORKS_AT", "Globex")]


def test_a_relation_has_the_time_of_its_memory(mind: Mind):
    mind.add(draft("Ana visited Paris.", me("visited", "Paris"), valid_at=year(2010), invalid_at=year(2011)))
    [relation] = mind.relations()
    assert (relation.valid_at, relation.invalid_at) == (year(2010), year(2011))


def test_words_of_another_script_are_kept_apart(mind: Mind):
    mind.add(draft("安娜喜欢咖啡。", me("喜欢", "咖啡")))
    mind.add(draft("安娜喝咖啡。", me("喝", "咖啡")))

    assert {(relation.type, relation.label) for relation in mind.relations()} == {
        ("RELATED_TO", "喜欢"),
        ("RELATED_TO", "喝"),
    }


def test_mentions_unite(mind: Mind):
    mind.add(draft("Ana met Marta.", entities=["Marta"]))
    mind.add(draft("Ana met Marta.", entities=[EntityDraft(name="Marta", type="Person", aliases=("Martinha",))]))

    assert mind.names("Marta") == {"Marta", "Martinha"}
    [memory] = mind.memories()
    assert {mention.type for mention in memory.mentions} == {"Person"}
