"""Rule 4: what the extraction model says of memories it was shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.ids import new_id
from tests.unit.planning.mind import Mind, day, draft, me, year


@pytest.fixture
def mind() -> Mind:
    return Mind()


def told(mind: Mind, text: str, *relations, **more) -> str:
    """The id of a new memory."""
    made = mind.add(draft(text, *relations, **more))
    return made.outcomes[0].results[0].memory.id


# -- supersedes


def test_it_retires_what_the_model_names(mind: Mind):
    plan_a = told(mind, "Ana plans to go to Rome.", me("plans", "Rome trip"))
    other = told(mind, "Ana likes trains.")
    made = mind.add(draft("Ana cancelled the trip.", verdict="supersedes", targets=(plan_a,)))

    assert mind.texts() == ["Ana likes trains.", "Ana cancelled the trip."]
    old = mind.memory(plan_a)
    assert (old.invalid_at, old.superseded_by) == (day(3), mind.named("Ana cancelled the trip.").id)
    assert mind.history(plan_a)[-1].reason == "model"
    assert mind.triples() == []
    assert len(made.outcomes[0].closed) == 1
    assert mind.memory(other).is_current


def test_it_retires_several(mind: Mind):
    ids = [told(mind, text) for text in ("One.", "Two.", "Three.")]
    mind.add(draft("New.", verdict="supersedes", targets=tuple(ids)))

    assert mind.texts() == ["New."]


def test_it_holds_from_when_the_new_one_is_valid(mind: Mind):
    old = told(mind, "Ana is well.")
    mind.add(draft("Ana is ill.", verdict="supersedes", targets=(old,), valid_at=day(1.5)))
    assert mind.memory(old).invalid_at == day(1.5)


def test_it_never_ends_before_it_began(mind: Mind):
    old = told(mind, "Ana is well.")
    mind.add(draft("Ana is ill.", verdict="supersedes", targets=(old,), valid_at=year(2000)))
    assert mind.memory(old).invalid_at == day(2)


def test_an_immutable_memory_stays_and_the_new_one_is_added(mind: Mind):
    old = told(mind, "Ana is allergic to nuts.", immutable=True)
    for verdict in ("supersedes", "rewords", "retracts"):
        mind.add(draft(f"{verdict}.", verdict=verdict, targets=(old,)))

    assert mind.texts() == ["Ana is allergic to nuts.", "supersedes.", "rewords."]
    assert mind.events(old) == ["ADD"]


@pytest.mark.parametrize("verdict", ["supersedes", "rewords", "repeats"])
def test_an_unknown_target_leaves_a_new_memory(mind: Mind, verdict: str):
    mind.add(draft("Ana is ill.", verdict=verdict, targets=(new_id(),)))
    assert mind.texts() == ["Ana is ill."]


def test_a_retired_target_stays_as_it_is(mind: Mind):
    first = told(mind, "One.")
    second = mind.add(draft("Two.", verdict="supersedes", targets=(first,))).outcomes[0].results[0].memory.id
    mind.add(draft("Three.", verdict="supersedes", targets=(first,)))

    assert mind.memory(first).superseded_by == second
    assert mind.texts() == ["Two.", "Three."]


def test_what_others_still_say_stays(mind: Mind):
    first = told(mind, "Ana has a dog, Rex.", me("has dog", "Rex"))
    told(mind, "Rex is Ana's dog.", me("has dog", "Rex"))
    mind.add(draft("Ana is ill.", verdict="supersedes", targets=(first,)))

    assert mind.triples() == [("ana", "HAS_DOG", "Rex")]


def test_the_model_and_the_rules_agree_once(mind: Mind):
    first = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    moved = day(1.5)
    mind.add(
        draft(
            "Ana moved from Porto to Lisbon.",
            me("lives in", "Lisbon", valid_at=moved),
            me("lives in", "Porto", invalid_at=moved),
            verdict="supersedes",
            targets=(first,),
            valid_at=moved,
        )
    )

    assert mind.texts() == ["Ana moved from Porto to Lisbon."]
    assert mind.events(first) == ["ADD", "SUPERSEDE"]
    assert mind.timeline() == [("Porto", day(1), moved, False), ("Lisbon", moved, None, True)]
    assert mind.triples() == [("ana", "LIVES_IN", "Lisbon")]


def test_the_same_without_a_verdict(mind: Mind):
    first = told(mind, "Ana lives in Porto.", me("lives in", "Porto"))
    moved = day(1.5)
    leaving, arriving = me("lives in", "Porto", invalid_at=moved), me("lives in", "Lisbon", valid_at=moved)
    mind.add(draft("Ana moved from Porto to Lisbon.", leaving, arriving))

    assert mind.texts() == ["Ana moved from Porto to Lisbon."]
    assert mind.memory(first).invalid_at == moved
    assert mind.triples() == [("ana", "LIVES_IN", "Lisbon")]

    mind.add(draft("Ana lives in Faro.", me("lives in", "Faro")))
    assert mind.texts() == ["Ana lives in Faro."]


# -- retracts


def test_a_retraction_adds_nothing(mind: Mind):
    old = told(mind, "Ana likes coffee.", me("likes", "coffee"))
    made = mind.add(draft("Forget the coffee.", verdict="retracts", targets=(old,)))

    assert mind.texts() == []
    assert mind.triples() == []
    assert (mind.memory(old).superseded_by, mind.memory(old).invalid_at) == (None, day(2))
    assert [each.event for each in made.outcomes[0].results] == ["SUPERSEDE"]
    assert list(mind.episodes()) == ["Ana likes coffee."]


def test_a_retraction_of_nothing_does_nothing(mind: Mind):
    made = mind.add(draft("Forget it.", verdict="retracts"))
    assert made.changes.operations == ()
    assert made.outcomes[0].results == ()


def test_what_was_retracted_may_be_said_again(mind: Mind):
    old = told(mind, "Ana likes coffee.", me("likes", "coffee"))
    mind.add(draft("Forget it.", verdict="retracts", targets=(old,)))
    mind.add(draft("Ana likes coffee.", me("likes", "coffee")))

    assert mind.texts() == ["Ana likes coffee."]
    assert mind.triples() == [("ana", "LIKES", "coffee")]
    assert len(mind.all()) == 2


# -- rewords


def test_a_rewording_keeps_the_id(mind: Mind):
    old = told(mind, "Ana has a sister.", me("has", "sister"), metadata={"a": 1}, categories=("family",))
    made = mind.add(
        draft(
            "Ana has a sister, Marta.",
            me("has sister", "Marta"),
            verdict="rewords",
            targets=(old,),
            metadata={"b": 2},
        )
    )

    assert mind.texts() == ["Ana has a sister, Marta."]
    memory = mind.memory(old)
    assert memory.metadata == {"a": 1, "b": 2}
    assert memory.categories == ("family",)
    assert len(memory.episode_ids) == 2
    assert mind.triples() == [("ana", "HAS_SISTER", "Marta")]
    assert "sister" not in mind.entities()
    [outcome] = made.outcomes[0].results
    assert (outcome.event, outcome.previous_text) == ("UPDATE", "Ana has a sister.")
    last = mind.history(old)[-1]
    assert (last.event, last.old_text, last.new_text) == ("UPDATE", "Ana has a sister.", "Ana has a sister, Marta.")


def test_a_memory_of_another_scope_is_not_reworded_but_superseded(mind: Mind):
    old = told(mind, "Ana has a sister.")
    scope = replace(mind.scope, run_id="r1")
    mind.add(draft("Ana has a sister, Marta.", verdict="rewords", targets=(old,)), scope=scope)

    assert mind.texts() == ["Ana has a sister, Marta."]
    assert mind.memory(old).text == "Ana has a sister."


# -- repeats


def test_a_repetition_adds_provenance(mind: Mind):
    old = told(mind, "Ana likes coffee.", me("likes", "coffee"))
    made = mind.add(draft("Coffee is liked by Ana.", verdict="repeats", targets=(old,)))

    assert mind.texts() == ["Ana likes coffee."]
    assert len(mind.memory(old).episode_ids) == 2
    assert mind.events(old) == ["ADD"]
    assert [each.event for each in made.outcomes[0].results] == ["NONE"]


def test_a_repetition_elsewhere_is_a_memory_there(mind: Mind):
    old = told(mind, "Ana likes coffee.")
    scope = replace(mind.scope, run_id="r1")
    mind.add(draft("Ana likes coffee.", verdict="repeats", targets=(old,)), scope=scope)

    assert len(mind.texts()) == 2
