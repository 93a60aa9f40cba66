"""Who is who: names, aliases, the owner, the agent."""

from __future__ import annotations

import pytest

from graphmem.drafts import AGENT, SELF, EntityDraft
from graphmem.errors import InvalidInput, TooLarge
from graphmem.models import Scope
from tests.unit.planning.mind import ANA, Mind, day, draft, me, triple


@pytest.fixture
def mind() -> Mind:
    return Mind()


def person(name: str, *aliases: str, type_: str | None = "Person") -> EntityDraft:
    return EntityDraft(name=name, type=type_, aliases=aliases)


# -- names


@pytest.mark.parametrize(
    "name", ["Marta", "marta", "MARTA", " Marta ", "Mártа".replace("а", "a"), '"Marta"', "Marta's"]
)
def test_a_name_means_one_entity(mind: Mind, name: str):
    mind.add(draft("One.", entities=["Marta"]))
    mind.add(draft("Two.", entities=[name]))

    [one, two] = mind.memories()
    assert one.entity_ids == two.entity_ids


def test_whatever_its_type(mind: Mind):
    mind.add(draft("One.", entities=[person("Jordan")]))
    mind.add(draft("Two.", entities=[person("Jordan", type_="Place")]))

    [one, two] = mind.memories()
    assert one.entity_ids == two.entity_ids
    assert [memory.mentions[0].type for memory in (one, two)] == ["Person", "Place"]


def test_partitions_do_not_meet(mind: Mind):
    mind.add(draft("One.", entities=["Mum"]))
    mind.add(draft("Two.", entities=["Mum"]), scope=Scope(user_id="rui"))

    [one, two] = mind.memories()
    assert one.entity_ids != two.entity_ids


def test_both_ends_of_a_relation_are_mentioned(mind: Mind):
    mind.add(
        draft("Marta leads Atlas.", triple("Marta", "leads", "Atlas", subject_type="Person", object_type="Project"))
    )

    [memory] = mind.memories()
    assert {(mention.name, mention.type) for mention in memory.mentions} == {("Marta", "Person"), ("Atlas", "Project")}


def test_an_entity_goes_with_its_last_mention(mind: Mind):
    mind.add(draft("One.", entities=["Marta"]))
    mind.add(draft("Two.", entities=["Marta"]))
    mind.delete(mind.named("One.").id)
    assert "Marta" in mind.entities()
    mind.delete(mind.named("Two.").id)
    assert mind.entities() == {}


def test_a_blank_name_is_refused(mind: Mind):
    with pytest.raises(InvalidInput):
        mind.add(draft("One.", entities=[" "]))
    with pytest.raises(InvalidInput):
        mind.add(draft("One.", me("likes", "\t")))


# -- aliases


def test_an_alias_finds_its_entity(mind: Mind):
    mind.add(draft("One.", entities=[person("Critical Software", "CSW")]))
    mind.add(draft("CSW grows.", triple("csw", "has office in", "Coimbra")))

    assert mind.triples() == [("Critical Software", "HAS_OFFICE_IN", "Coimbra")]
    assert mind.names("Critical Software") == {"Critical Software", "CSW", "csw"}


def test_a_new_name_with_a_known_alias_is_the_known_one(mind: Mind):
    mind.add(draft("One.", entities=["Marta"]))
    mind.add(draft("Two.", entities=[person("Marta Silva", "Marta")]))

    [one, two] = mind.memories()
    assert one.entity_ids == two.entity_ids
    assert mind.names("Marta") == {"Marta", "Marta Silva"}


def test_an_acronym_tells_enough(mind: Mind):
    mind.add(draft("One.", entities=[person("International Business Machines", "IBM")]))
    mind.add(draft("Two.", entities=[person("Big Blue", "IBM")]))

    assert len(mind.entities()) == 1


def test_a_namesake_is_not_taken_for_another(mind: Mind):
    mind.add(draft("One.", entities=[person("Marta Silva", "Marta")]))
    mind.add(draft("Two.", entities=[person("Marta Costa", "Marta")]))

    assert set(mind.entities()) == {"Marta Silva", "Marta Costa"}
    assert mind.names("Marta Silva") == {"Marta Silva", "Marta"}
    assert mind.names("Marta Costa") == {"Marta Costa"}


def test_an_alias_is_not_stolen(mind: Mind):
    mind.add(draft("One.", entities=["Marta", "Rita"]))
    mind.add(draft("Two.", entities=[person("Rita", "Marta")]))

    assert mind.names("Rita") == {"Rita"}
    assert mind.names("Marta") == {"Marta"}


def test_an_alias_learned_in_a_batch_holds_for_the_rest_of_it(mind: Mind):
    mind.add(draft("Marta works at Acme.", triple("Marta", "works at", "Acme")))
    drafts = [
        draft("Marta is called Tita.", entities=[person("Marta", "Tita")]),
        draft("Tita works at Globex.", triple("Tita", "works at", "Globex")),
    ]
    items = [mind.item(each, episodes=(mind.episode(each.text, day(2)),)) for each in drafts]
    mind.plan(items, day(2))

    assert mind.triples() == [("Marta", "WORKS_AT", "Globex")]


def test_too_many_aliases_are_refused(mind: Mind):
    with pytest.raises(TooLarge):
        mind.add(draft("One.", entities=[person("Marta", *(f"m{n}" for n in range(101)))]))


# -- the owner


def test_the_owner_begins_under_the_id(mind: Mind):
    mind.add(draft("The user likes tea.", me("likes", "tea")))

    owner = mind.entities()["ana"]
    assert owner.self_of == "user:ana"


def test_the_id_as_a_name_means_the_owner(mind: Mind):
    mind.add(draft("Ana leads Atlas.", triple("Ana", "LEADS", "Atlas")))
    mind.add(draft("I like tea.", me("likes", "tea")))

    assert mind.triples() == [("Ana", "LEADS", "Atlas"), ("Ana", "LIKES", "tea")]
    assert mind.entities()["Ana"].self_of == "user:ana"


def test_the_owner_learns_a_real_name():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("I like tea.", me("likes", "tea")))
    mind.add(draft("I am Ana Silva.", entities=[person(SELF, "Ana Silva")]))
    mind.add(draft("Ana Silva likes trains.", triple("Ana Silva", "likes", "trains")))

    assert mind.triples() == [("Ana Silva", "LIKES", "tea"), ("Ana Silva", "LIKES", "trains")]
    assert mind.names("Ana Silva") == {"Ana Silva", "u-17"}
    assert all("u-17" in {m.name for m in memory.mentions} for memory in mind.memories())


def test_a_nickname_does_not_replace_a_real_name():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("I am Ana.", entities=[person(SELF, "Ana")]))
    mind.add(draft("They call me Aninhas.", entities=[person(SELF, "Aninhas")]))

    assert mind.names("Ana") == {"Ana", "Aninhas", "u-17"}


def test_a_name_that_is_stated_does():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("My name is Ana.", me("is named", "Ana")))
    made = mind.add(draft("My name is Rita now.", me("is named", "Rita")))

    assert mind.texts() == ["My name is Rita now."]
    assert mind.names("Rita") == {"Ana", "Rita", "u-17"}
    assert [relation.label for relation in mind.relations()] == ["is named Rita"]
    assert len(made.outcomes[0].closed) == 1


def test_the_same_name_again_is_no_change():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("My name is Ana.", me("is named", "Ana")))
    mind.add(draft("I'm called Ana.", me("is called", "Ana")))

    assert len(mind.texts()) == 2
    assert mind.names("Ana") == {"Ana", "u-17"}


def test_others_keep_their_names_as_things_said(mind: Mind):
    mind.add(draft("The dog is named Rex.", triple("the dog", "is named", "Rex")))

    assert mind.triples() == [("the dog", "IS_NAMED", "Rex")]


def test_a_deleted_name_is_forgotten():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("I like tea.", me("likes", "tea")))
    mind.add(draft("My name is Ana.", me("is named", "Ana")))
    mind.add(draft("I like trains.", me("likes", "trains")))
    mind.delete(mind.named("My name is Ana.").id)

    assert mind.names("u-17") == {"u-17"}
    mind.add(draft("I like rain.", me("likes", "rain")))
    assert len(mind.triples()) == 3
    assert {subject for subject, _, _ in mind.triples()} == {"u-17"}


def test_the_owner_is_found_under_the_real_name_by_id():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("My name is Ana.", me("is named", "Ana"), me("lives in", "Porto")))
    mind.add(draft("I live in Lisbon.", me("lives in", "Lisbon")))

    assert [place for place, *_ in mind.timeline()] == ["Porto", "Lisbon"]
    assert mind.timeline()[0][3] is False


def test_the_name_of_somebody_else_is_not_taken():
    mind = Mind(Scope(user_id="u-17"))
    mind.add(draft("Marta called.", entities=[person("Marta")]))
    mind.add(draft("I'm Marta too.", entities=[person(SELF, "Marta")]))

    assert mind.names("u-17") == {"u-17"}
    assert mind.names("Marta") == {"Marta"}


def test_an_entity_turns_out_to_be_the_owner():
    mind = Mind(Scope(agent_id="helper", user_id="ana"))
    mind.add(draft("helper is slow.", entities=["helper"]), scope=ANA)
    assert mind.entities()["helper"].self_of is None
    mind.add(draft("I help.", triple(AGENT, "helps", SELF)))

    assert mind.entities()["helper"].self_of == "agent:helper"


# -- the agent


def test_the_agent_is_itself():
    mind = Mind(Scope(user_id="ana", agent_id="helper"))
    mind.add(draft("The assistant recommended Porto.", triple(AGENT, "recommends", "Porto")))

    assert mind.entities()["helper"].self_of == "agent:helper"
    assert mind.triples() == [("helper", "RECOMMENDS", "Porto")]


def test_without_an_agent_it_is_the_assistant(mind: Mind):
    mind.add(draft("The assistant recommended Porto.", triple(AGENT, "recommends", "Porto")))

    assert mind.triples() == [("assistant", "RECOMMENDS", "Porto")]


def test_an_agent_that_owns_its_memory_is_its_owner():
    mind = Mind(Scope(agent_id="helper"))
    mind.add(draft("I like order.", me("likes", "order"), triple(AGENT, "likes", "peace")))

    assert mind.triples() == [("helper", "LIKES", "order"), ("helper", "LIKES", "peace")]


def test_user_and_agent_of_one_id_are_two():
    mind = Mind(Scope(user_id="alex", agent_id="Alex"))
    mind.add(draft("One.", me("likes", "tea"), triple(AGENT, "likes", "order")))
    mind.add(draft("Two.", me("likes", "cake"), triple(AGENT, "likes", "peace")))

    assert mind.triples() == [
        ("agent:Alex", "LIKES", "order"),
        ("agent:Alex", "LIKES", "peace"),
        ("alex", "LIKES", "cake"),
        ("alex", "LIKES", "tea"),
    ]


@pytest.mark.parametrize("scope", [Scope(run_id="r1"), Scope(app_id="shop")])
def test_any_owner_may_say_i(scope: Scope):
    mind = Mind(scope)
    mind.add(draft("I like tea.", me("likes", "tea")))

    [(name, _, _)] = mind.triples()
    assert mind.entities()[name].self_of == scope.owner
