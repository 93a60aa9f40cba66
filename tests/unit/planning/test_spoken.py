"""Rule 3: words that say so, where no model judged them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.drafts import SELF
from graphmem.extraction.spoken import spoken_retirements
from graphmem.models import Memory, Mention
from tests.unit.planning.mind import ANA, T0, Mind, day, draft, me

SHOWN = {
    "home": "Ana lives in Porto.",
    "sister": "Ana's sister lives in Porto.",
    "fan": "Ana likes Porto.",
    "editor": "Ana uses Vim.",
    "editor fan": "Ana likes Vim.",
    "coffee": "I like coffee.",
    "tea": "Ana likes tea.",
    "preference": "Ana prefers coffee.",
    "habit": "I drink coffee every morning.",
    "marta": "Marta likes coffee.",
    "beer": "Ana does not like beer.",
    "smoke": "I smoke.",
    "job": "Ana works at Acme as an engineer.",
    "past": "Ana lived in Porto as a child.",
}


def memory(text: str, speaker: str = "ana", role: str = "user", **more) -> Memory:
    mentions = (Mention(entity_id=speaker, name=speaker),)
    return Memory(
        id=text,
        scope=ANA,
        text=text,
        observed_at=T0,
        created_at=T0,
        updated_at=T0,
        attributed_to=role,
        mentions=mentions,
        **more,
    )


ALL = [memory(text) for text in SHOWN.values()]


def retired(text: str, shown=ALL, **who) -> tuple[str, set[str]] | None:
    found = spoken_retirements(text, shown, **{"speaker": "ana", "role": "user", **who})
    if found is None:
        return None
    names = {text: name for name, text in SHOWN.items()}
    return found.verdict, {names.get(target, target) for target in found.targets}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I live in Lisbon, not Porto.", {"home"}),
        ("Actually, I live in Lisbon, not in Porto!", {"home"}),
        ("Ana lives in Lisbon, not Porto", {"home"}),
        ("The user lives in Lisbon, not Porto", {"home"}),
        ("I don't live in Porto, but in Lisbon.", {"home"}),
        ("I moved from Porto to Lisbon in May.", {"home"}),
        ("Ana moved from Porto to Lisbon.", {"home"}),
        ("I switched from Vim to Emacs.", {"editor"}),
        ("Switched from Vim to Emacs for Python", {"editor"}),
        ("I replaced Vim with Emacs.", {"editor"}),
        ("Last week was hard. I switched from Vim to Emacs.", {"editor"}),
        ("I no longer like coffee.", {"coffee"}),
        ("I don’t drink coffee anymore.", {"habit"}),
        ("I quit smoking.", {"smoke"}),
        ("I stopped drinking coffee", {"habit"}),
        ("Marta no longer likes coffee.", {"marta"}),
        ("I now prefer tea to coffee.", {"preference"}),
        ("Ana now prefers tea instead of coffee", {"preference"}),
        ("I like cocoa, not coffee.", {"coffee"}),
        ("I changed jobs from Acme to Globex.", {"job"}),
        ("I moved from Acme to Globex.", {"job"}),
        ("I switched from Acme to Globex.", {"job"}),
    ],
)
def test_words_that_say_so_retire(text: str, names: set[str]) -> None:
    assert retired(text) == ("supersedes", names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Forget that I like coffee.", {"coffee"}),
        ("Please forget that Ana lives in Porto.", {"home"}),
        ("Forget what I said about Acme.", {"job"}),
        ("It's not true that I like coffee.", {"coffee"}),
        ("Forget that I don't like beer", {"beer"}),
    ],
)
def test_words_that_take_back_retract(text: str, names: set[str]) -> None:
    assert retired(text) == ("retracts", names)


@pytest.mark.parametrize(
    "text",
    [
        "I like coffee.",
        "I like tea.",
        "I like cake.",
        "Forget that.",
        "Forget it!",
        "Forget about Porto.",
        "Forget what I said about Porto.",
        "Don't forget that I like coffee.",
        "I forgot that I like coffee.",
        "I'll never forget that I like coffee.",
        "Not Porto, Lisbon.",
        "Not Rome, Lisbon.",
        "Marta switched from Vim to Emacs.",
        "My brother moved from Porto to Lisbon.",
        "We moved from Porto to Lisbon.",
        "I took the train from Porto to Lisbon.",
        "I now prefer tea.",
        "I now prefer cake to tea.",
        "I prefer tea to coffee.",
        "I no longer like cocoa.",
        "I no longer like coffee with milk.",
        "I no longer like beer.",
        "My sister no longer likes coffee.",
        "I'm not sure about Porto, maybe Lisbon.",
        "I live in Lisbon, not far from Porto.",
        "Paris is nice, not Porto",
        "",
        "?!",
        "I no longer " + "like coffee and " * 40 + "tea",
    ],
)
def test_what_is_not_sure_stays(text: str) -> None:
    assert retired(text) is None


def test_a_bare_correction_must_be_clear() -> None:
    assert retired("Not Porto, Lisbon.", [memory(SHOWN["home"]), memory(SHOWN["tea"])]) == ("supersedes", {"home"})
    assert retired("No, not Porto, but Lisbon.", [memory(SHOWN["home"])]) == ("supersedes", {"home"})
    assert retired("Not Porto, Lisbon.", [memory(SHOWN["home"]), memory(SHOWN["sister"])]) is None
    assert retired("Not Porto, Lisbon.", [memory(SHOWN["home"]), memory(SHOWN["past"])]) is None
    assert retired("Not Porto, Lisbon was where we went by train", [memory(SHOWN["home"])]) is None
    assert retired("Not Porto, Lisbon.", [memory("Ana lives between Porto and Lisbon.")]) is None


def test_somebody_elses_i_is_somebody_else() -> None:
    assert retired("I no longer like coffee.", [memory("I like coffee.", speaker="rui")]) is None
    assert retired("I no longer like coffee.", [memory("I like coffee.", speaker="Rui")], speaker="Rui") is not None
    assert retired("I no longer like coffee.", [memory("I like coffee.", role="assistant")]) is None


def test_immutable_and_retired_memories_are_not_touched() -> None:
    assert retired("I no longer like coffee.", [memory("I like coffee.", immutable=True)]) is None
    assert retired("I no longer like coffee.", [memory("I like coffee.", expired_at=T0)]) is None


# -- in a plan


@pytest.fixture
def mind() -> Mind:
    return Mind()


def test_a_plan_listens_where_no_model_judged(mind: Mind):
    mind.add(draft("I like coffee.", entities=[SELF]))
    made = mind.add(draft("I no longer like coffee.", entities=[SELF]), shown=tuple(mind.memories()), model=None)

    assert mind.texts() == ["I no longer like coffee."]
    assert [each.event for each in made.outcomes[0].results] == ["ADD", "SUPERSEDE"]
    assert mind.history(mind.named("I like coffee.").id)[-1].reason == "words"


def test_a_retraction_in_words_adds_nothing(mind: Mind):
    mind.add(draft("I like coffee.", me("likes", "coffee")))
    mind.add(draft("Forget that I like coffee.", entities=[SELF]), shown=tuple(mind.memories()), model=None)

    assert mind.texts() == []
    assert mind.triples() == []
    assert mind.named("I like coffee.").invalid_at == day(2)


def test_a_verbatim_text_is_kept_all_the_same(mind: Mind):
    mind.add(draft("I like coffee.", entities=[SELF], inferred=False))
    said = draft("Forget that I like coffee.", entities=[SELF], inferred=False)
    mind.add(said, shown=tuple(mind.memories()), model=None)

    assert mind.texts() == ["Forget that I like coffee."]


def test_a_model_has_the_last_word(mind: Mind):
    mind.add(draft("I like coffee.", entities=[SELF]))
    mind.add(draft("I no longer like coffee.", entities=[SELF]), shown=tuple(mind.memories()), model="m")

    assert len(mind.texts()) == 2


def test_only_what_was_shown_is_touched(mind: Mind):
    mind.add(draft("I like coffee.", entities=[SELF]))
    mind.add(draft("I no longer like coffee.", entities=[SELF]), model=None)

    assert len(mind.texts()) == 2


def test_what_changed_since_it_was_shown_is_read_again(mind: Mind):
    mind.add(draft("I like coffee.", entities=[SELF]))
    shown = tuple(mind.memories())
    mind.delete(shown[0].id)
    mind.add(draft("I no longer like coffee.", entities=[SELF]), shown=shown, model=None)

    assert mind.texts() == ["I no longer like coffee."]


def test_a_named_speaker_speaks_for_themselves(mind: Mind):
    mind.add(draft("I like coffee.", entities=["Rui"]))
    shown = tuple(replace(each) for each in mind.memories())
    episode = mind.episode("I no longer like coffee.", day(5), name="Eva")
    said = draft("I no longer like coffee.", entities=["Eva"], episodes=(0,))
    mind.plan([mind.item(said, episodes=(episode,), shown=shown, model=None)], day(5))
    assert len(mind.texts()) == 2

    episode = mind.episode("I no longer like coffee!", day(6), name="Rui")
    said = draft("I no longer like coffee!", entities=["Rui"], episodes=(0,), inferred=False)
    mind.plan([mind.item(said, episodes=(episode,), shown=shown, model=None)], day(6))
    assert "I like coffee." not in mind.texts()
