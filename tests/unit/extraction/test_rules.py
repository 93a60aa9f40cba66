"""The rules in both directions: what a sentence says is found, and what it does not say is not."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.drafts import AGENT, SELF, Extraction, MemoryDraft
from graphmem.errors import NotSupported
from graphmem.extraction.rules import RulesExtractor
from graphmem.models import Episode, Memory, Scope
from tests.unit.extraction.conftest import episode, memory, request

pytestmark = pytest.mark.anyio

NAMES = {SELF: "Ana", AGENT: "AGENT"}


async def extract(*said: str | Episode, shown: list[Memory] | None = None, **more: object) -> Extraction:
    return await RulesExtractor().extract(request(*said, shown=shown or [], **more))  # type: ignore[arg-type]


def day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()


def triples(extraction: Extraction) -> list[str]:
    """The relations as lines: "Ana lives in Porto", denied ones with "not", with "[since, until)" where dated."""
    lines = []
    for draft in extraction.memories:
        for r in draft.relations:
            subject, object_ = NAMES.get(r.subject, r.subject), NAMES.get(r.object, r.object)
            when = f" [{day(r.valid_at)}, {day(r.invalid_at)})" if r.valid_at or r.invalid_at else ""
            lines.append(f"{subject} {'not ' if r.negated else ''}{r.label} {object_}{when}")
    return lines


def texts(extraction: Extraction) -> list[str]:
    return [draft.text for draft in extraction.memories]


async def test_the_example_of_the_readme() -> None:
    said = "I moved from Porto to Lisbon in May. Marta, my sister, works at Critical Software."
    extraction = await extract(said)
    moved, sister, work = extraction.memories
    assert texts(extraction) == [
        "Ana moved from Porto to Lisbon in May 2023.",
        "Marta is Ana's sister.",
        "Marta works at Critical Software.",
    ]
    assert triples(extraction) == [
        "Ana lives in Porto [, 2023-05-01)",
        "Ana lives in Lisbon [2023-05-01, )",
        "Ana has sister Marta",
        "Marta works at Critical Software",
    ]
    assert [(NAMES.get(e.name, e.name), e.type) for e in moved.entities] == [
        ("Ana", "Person"), ("Porto", "Place"), ("Lisbon", "Place")
    ]  # fmt: skip
    assert [NAMES.get(e.name, e.name) for e in sister.entities] == ["Marta", "Ana"]
    assert [(e.name, e.type) for e in work.entities] == [("Marta", "Person"), ("Critical Software", "Organization")]
    assert (day(moved.valid_at), moved.invalid_at) == ("2023-05-01", None)
    assert extraction.origin.extractor == "rules"
    assert extraction.usage.calls == 0


# SAID is Monday, 8 May 2023; "Ana" is the speaker.
FOUND = [
    # who people are to each other
    ("My sister Marta is here.", ["Ana has sister Marta"]),
    ("My boss is Rui.", ["Ana has boss Rui"]),
    ("My sister's name is Marta.", ["Ana has sister Marta"]),
    ("My dog is called Rex.", ["Ana has dog Rex"]),
    ("I have a dog named Rex.", ["Ana has dog Rex"]),
    ("I have two sisters, Marta and Rita.", ["Ana has sister Marta", "Ana has sister Rita"]),
    ("My friends Rui, Eva and Tom came.", ["Ana has friend Rui", "Ana has friend Eva", "Ana has friend Tom"]),
    ("Marta is my sister.", ["Ana has sister Marta"]),
    ("Marta's my sister.", ["Ana has sister Marta"]),
    ("Marta (my sister) came.", ["Ana has sister Marta"]),
    ("This is my sister Marta.", ["Ana has sister Marta"]),
    ("Rui is Marta's husband.", ["Marta has husband Rui"]),
    ("A friend of mine, Rui, works at Google.", ["Ana has friend Rui", "Rui works at Google"]),
    ("A colleague of Marta's called Joe came.", ["Marta has colleague Joe"]),
    ("My former boss Joe moved to Spain.", ["Ana has former boss Joe", "Joe lives in Spain"]),
    ("My mother in law Teresa is from Faro.", ["Ana has mother-in-law Teresa", "Teresa is from Faro"]),
    ("My sister works at Nokia.", ["Ana has sister sister", "sister works at Nokia"]),
    ("Marta's husband works at Nokia.", ["Marta has husband Marta's husband", "Marta's husband works at Nokia"]),
    ("Mum lives in Porto.", ["Ana has mother mother", "mother lives in Porto"]),
    ("My sons Tom and Leo love chess.", ["Ana has son Tom", "Ana has son Leo", "Tom loves chess", "Leo loves chess"]),
    ("My kids love nature.", ["Ana has children children", "children loves nature"]),
    ("Marta, who is my sister, works at Acme.", ["Ana has sister Marta", "Marta works at Acme"]),
    ("Marta, Rui's sister, works at Acme.", ["Rui has sister Marta", "Marta works at Acme"]),
    ("Rui, a friend of mine, works at Acme.", ["Ana has friend Rui", "Rui works at Acme"]),
    ("Marta has always been my best friend.", ["Ana has friend Marta"]),
    ("A colleague of Marta, Joe, works at Acme.", ["Marta has colleague Joe", "Joe works at Acme"]),
    ("My mother's dog Rex is old.", ["Ana has mother mother", "mother has dog Rex"]),
    ("My sister's husband works at Nokia.",
     ["Ana has sister sister", "sister has husband sister's husband", "sister's husband works at Nokia"]),
    ("I met my sister and her husband.",
     ["Ana has sister sister", "sister has husband sister's husband", "Ana met sister", "Ana met sister's husband"]),
    ("My boss is Rui's friend.", ["Rui has friend boss", "Ana has boss boss"]),
    ("My dog and my cat like fish.",
     ["Ana has dog dog", "Ana has cat cat", "dog likes fish", "cat likes fish"]),
    ("I'm married to Rui.", ["Ana is married to Rui"]),
    ("I got married to Tom in 2012.", ["Ana is married to Tom [2012-01-01, )"]),
    ("I broke up with Tom.", ["Ana broke up with Tom"]),
    # work and study
    ("I work for Acme.", ["Ana works at Acme"]),
    ("I am employed by Acme.", ["Ana works at Acme"]),
    ("I work at a startup called Acme.", ["Ana works at Acme"]),
    ("I've worked at Acme since 2019.", ["Ana works at Acme [2019-01-01, )"]),
    ("I worked at Google from 2010 to 2015.", ["Ana works at Google [2010-01-01, 2016-01-01)"]),
    ("I worked at Google.", ["Ana works at Google [, 2023-05-08)"]),
    ("I used to work at Google.", ["Ana works at Google [, 2023-05-08)"]),
    ("I no longer work at Acme.", ["Ana not works at Acme"]),
    ("I don't work at Acme anymore.", ["Ana not works at Acme"]),
    ("I stopped working at Acme last month.", ["Ana not works at Acme [2023-04-01, )"]),
    ("I quit my job at Acme.", ["Ana not works at Acme"]),
    ("I just started working at Acme.", ["Ana works at Acme"]),
    ("I got a new job at Google.", ["Ana works at Google"]),
    ("I work as a nurse at Hospital da Luz.", ["Ana works as nurse", "Ana works at Hospital da Luz"]),
    ("Marta is a software engineer at Acme.", ["Marta works as software engineer", "Marta works at Acme"]),
    ("I'm the CEO of Acme.", ["Ana works as CEO", "Ana works at Acme"]),
    ("I was a teacher.", ["Ana works as teacher [, 2023-05-08)"]),
    ("I study physics at MIT.", ["Ana studies physics", "Ana studies at MIT"]),
    ("Ana leads Atlas.", ["Ana leads Atlas"]),
    ("Atlas is led by Rui.", ["Rui leads Atlas"]),
    ("Acme was founded by Tom in 2001.", ["Tom founded Acme [2001-01-01, )"]),
    ("I left Acme and joined Farfetch in March 2022.", ["Ana left Acme", "Ana joined Farfetch [2022-03-01, )"]),
    ("I formerly worked at Acme.", ["Ana works at Acme [, 2023-05-08)"]),
    ("I keep working at Acme.", ["Ana works at Acme"]),
    ("Working at Acme since 2010.", ["Ana works at Acme [2010-01-01, )"]),
    ("I've been a nurse since 2010.", ["Ana works as nurse [2010-01-01, )"]),
    ("I was a nurse until 2019.", ["Ana works as nurse [, 2019-01-01)"]),
    ("I used to be a nurse.", ["Ana works as nurse [, 2023-05-08)"]),
    ("I plan to move to Rome and work at Acme.", ["Ana plans to move to Rome", "Ana plans to work at Acme"]),
    # places
    ("I live in Porto.", ["Ana lives in Porto"]),
    ("I lived in Porto in 2010.", ["Ana lives in Porto [2010-01-01, 2011-01-01)"]),
    ("I lived in Porto until 2019.", ["Ana lives in Porto [, 2019-01-01)"]),
    ("I have been living in Lisbon for two years.", ["Ana lives in Lisbon [2021-05-08, )"]),
    ("I moved back to Porto in 2021.", ["Ana lives in Porto [2021-01-01, )"]),
    ("Moved to Lisbon last year!", ["Ana lives in Lisbon [2022-01-01, )"]),
    ("We moved to Berlin.", ["Ana lives in Berlin"]),
    ("My wife and I moved to Berlin.", ["Ana has wife wife", "wife lives in Berlin", "Ana lives in Berlin"]),
    ("In 2010 I lived in Porto, but in 2015 I moved to Lisbon.",
     ["Ana lives in Porto [2010-01-01, 2011-01-01)", "Ana lives in Lisbon [2015-01-01, )"]),
    ("I'm from Porto.", ["Ana is from Porto"]),
    ("I was born in Lisbon in 1990.", ["Ana was born in Lisbon [1990-01-01, )"]),
    ("My hometown is Braga.", ["Ana is from Braga"]),
    # tastes
    ("I like coffee and tea, but not beer.", ["Ana likes coffee", "Ana likes tea", "Ana not likes beer"]),
    ("I don't like sushi.", ["Ana not likes sushi"]),
    ("I no longer like coffee.", ["Ana not likes coffee"]),
    ("I can't stand mushrooms.", ["Ana not likes mushrooms"]),
    ("I love spicy Thai food.", ["Ana loves spicy Thai food"]),
    ("I hate Mondays at work.", ["Ana hates Mondays"]),
    ("I prefer tea to coffee.", ["Ana prefers tea"]),
    ("I love hiking in the mountains.", ["Ana loves hiking"]),
    ("My favorite movie is Alien.", ["Ana has favorite movie Alien"]),
    ("My favourite band has always been The Beatles.", ["Ana has favorite band Beatles"]),
    # traits
    ("I'm 34 years old.", ["Ana is aged 34"]),
    ("Marta turned 5 yesterday.", ["Marta is aged 5 [2023-05-07, )"]),
    ("I'm allergic to peanuts.", ["Ana is allergic to peanuts"]),
    ("I'm vegetarian.", ["Ana is vegetarian"]),
    ("I'm no longer vegetarian.", ["Ana not is vegetarian"]),
    ("I speak Portuguese and French.", ["Ana speaks Portuguese", "Ana speaks French"]),
    ("I can speak Italian.", ["Ana speaks Italian"]),
    ("I cannot eat gluten.", ["Ana not eats gluten"]),
    ("My phone number is 912 345 678.", ["Ana has phone number 912 345 678"]),
    ("I was diagnosed with asthma in 2015.", ["Ana has condition asthma [2015-01-01, )"]),
    # what happened, what is planned
    ("I visited Rome last week with my sister.", ["Ana visited Rome [2023-05-01, )"]),
    ("I've been to Rome and Paris.", ["Ana visited Rome", "Ana visited Paris"]),
    ("I'm reading Dune.", ["Ana is reading Dune"]),
    ("I read Dune last week.", ["Ana read Dune [2023-05-01, )"]),
    ("I met Tom at the park.", ["Ana met Tom"]),
    ("I want to visit Japan.", ["Ana wants to visit Japan"]),
    ("I'd love to visit Japan.", ["Ana wants to visit Japan"]),
    ("I'm going to move to Berlin next month.", ["Ana plans to move to Berlin [2023-06-01, )"]),
    ("I am moving to Berlin next month.", ["Ana plans to move to Berlin [2023-06-01, )"]),
    ("I will visit Rome in June.", ["Ana plans to visit Rome [2023-06-01, )"]),
    ("I took a trip to Japan in 2019.", ["Ana went to Japan [2019-01-01, )"]),
    ("I gave up playing chess.", ["Ana not plays chess"]),
    ("I use Python, Java, and Go at work.", ["Ana uses Python", "Ana uses Java", "Ana uses Go"]),
    ("I like tea and also coffee.", ["Ana likes tea", "Ana likes coffee"]),
    # changes
    ("I switched from Vim to Emacs.", ["Ana not uses Vim", "Ana uses Emacs"]),
    ("I live in Lisbon, not Porto.", ["Ana lives in Lisbon", "Ana not lives in Porto"]),
    # several at once
    ("Marta and Rui work at Google.", ["Marta works at Google", "Rui works at Google"]),
    ("I work at Acme and live in Lisbon.", ["Ana works at Acme", "Ana lives in Lisbon"]),
    ("Rui, who works at Acme, plays the guitar.", ["Rui works at Acme", "Rui plays guitar"]),
    ("Marta is a nurse and lives in Faro.", ["Marta works as nurse", "Marta lives in Faro"]),
    ("According to Rui, Marta works at Google.", ["Marta works at Google"]),
    ("By the way, remember that I hate mushrooms.", ["Ana hates mushrooms"]),
    ("I live in Lisbon, right?", ["Ana lives in Lisbon"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), FOUND)
async def test_what_is_said_is_found(said: str, expected: list[str]) -> None:
    assert triples(await extract(said)) == expected


@pytest.mark.parametrize(
    "said",
    [
        "If I lived in Paris, I would work at Google.",
        "I wish I lived in Rome.",
        "I don't think Marta works at Google.",
        "I wonder if Marta works at Google.",
        "Maybe Marta works at Google.",
        "Marta might work at Google.",
        "Marta should work at Google.",
        "I considered working at Google.",
        "I have to work at home.",
        "I like it. I love that. I love you.",
        "I like how you said it.",
        "I went to sleep. I went to work.",
        "He works at Google. She likes tea.",
        "Tom says he lives in Rome.",
        'He said "I love Lisbon" to me.',
        "The project manager is Rui.",
        "I called my sister.",
        "I have a sister.",
        "I ate pizza yesterday.",
        "I had 2 meetings. I am 7 minutes late.",
        "I'm Batman's fan.",
        "I come from a small town.",
        "You should always answer in French.",
        "The painting looks like a sunset.",
        "I can work at Google any day.",
        "Visit Lisbon. Love your neighbour.",
        "I am living proof.",
        "Everyone at Acme loves Rui. The people from Acme live in Porto.",
        "I want to rest and work at Acme. I could stay and live in Porto.",
        "I asked Rui to move to Porto. I have to go to Rome.",
        "The company I work for is Acme. Acme is where I work.",
        "Her sister works at Acme. His favorite color is red.",
        "He and Rui work at Acme.",
        "I want my children to be happy. I don't want Rui to go.",
    ],
)
async def test_what_is_not_said_is_not_found(said: str) -> None:
    assert triples(await extract(said)) == []


@pytest.mark.parametrize(
    "said",
    [
        "Thanks! That's great.",
        "Hi Mel! How are you?",
        "Wow, Caroline!",
        "😀🎉",
        "...",
        "Sounds good, see you later!",
        "Thanks for the tip, Caroline.",
        "You're so kind!",
        "That's such a nice photo!",
        "So glad you liked it!",
        "Paris is the capital of France.",
        "The capital of Peru is Lima.",
        "Water boils at 100 degrees.",
        "HTTP stands for Hypertext Transfer Protocol.",
        "Python is a programming language.",
        "What is the capital of Peru?",
        "do you know where Marta works",
        "Can you book a table at Ponto Final?",
        "Please summarise this text.",
        "Tell me a joke about Lisbon.",
        "Forget it.",
        "Nah, I haven't.",
        "¿Qué tal? 你好吗？",
    ],
)
async def test_nothing_to_remember(said: str) -> None:
    extraction = await extract(said)
    assert texts(extraction) == []
    assert extraction.refused == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I'm tired of winter.", "Ana is tired of winter."),
        ("I've lost my keys.", "Ana has lost their keys."),
        ("My keys are lost.", "Ana's keys are lost."),
        ("I don't drive.", "Ana doesn't drive."),
        ("I'll call Marta.", "Ana will call Marta."),
        ("I can't swim.", "Ana can't swim."),
        ("I was late and I missed my train.", "Ana was late and Ana missed their train."),
        ("I work and live in Lisbon.", "Ana works and lives in Lisbon."),
        ("I want to eat and drink.", "Ana wants to eat and drink."),
        ("Rui and I live in Porto.", "Rui and Ana live in Porto."),
        ("Marta gave me a book.", "Marta gave Ana a book."),
        ("The book is mine.", "The book is Ana's."),
        ("I hurt myself yesterday.", "Ana hurt themselves yesterday (7 May 2023)."),
        ("Just moved to Lisbon.", "Ana just moved to Lisbon."),
        ("Next week I have a test.", "Next week (15-21 May 2023) Ana has a test."),
        ("So, I really enjoy chess.", "Ana really enjoys chess."),
        ("Hey Rui, I finished the book.", "Ana finished the book."),
        ("- I like tea", "Ana likes tea"),
        ("I like tea that is\nvery sweet.", "Ana likes tea that is very sweet."),
        ("Help me plan my trip to Japan in June.", "Help Ana plan their trip to Japan in June 2023."),
        ("Guess what - I got a puppy two weeks ago!", "Ana got a puppy two weeks ago (24-30 April 2023)!"),
        ("Got the tattoo in 2020, it stands for freedom.", "Got the tattoo in 2020, it stands for freedom."),
        ("Can't wait for the grand opening tomorrow!", "Can't wait for the grand opening tomorrow (9 May 2023)!"),
        # where it is not simple, the words stay
        ('I said "I am here" to Tom.', 'I said "I am here" to Tom.'),
        ("I gotta tell Marta.", "I gotta tell Marta."),
        ("I zorble with Marta.", "I zorble with Marta."),
        ("We had a great time in Rome.", "We had a great time in Rome."),
    ],
)
async def test_a_memory_stands_alone(said: str, expected: str) -> None:
    assert texts(await extract(said)) == [expected]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I work at Acme and live in Lisbon.", ["Ana works at Acme.", "Ana lives in Lisbon."]),
        ("I no longer live in Porto, I moved to Faro.", ["Ana no longer lives in Porto.", "Ana moved to Faro."]),
        ("I'm vegetarian and I speak Portuguese.", ["Ana is vegetarian.", "Ana speaks Portuguese."]),
        ("I left Acme and joined Farfetch in 2022!", ["Ana left Acme!", "Ana joined Farfetch in 2022!"]),
        ("Marta is a nurse and lives in Faro.", ["Marta is a nurse.", "Marta lives in Faro."]),
        (
            "In 2010 I lived in Porto, but in 2015 I moved to Lisbon.",
            ["In 2010 Ana lived in Porto.", "In 2015 Ana moved to Lisbon."],
        ),
        (
            "I love tea and cake, and my sister Marta hates it and works at Acme",
            ["Marta is Ana's sister.", "Ana loves tea and cake, and Marta hates it", "Marta works at Acme"],
        ),
        ("My kids Tom and Rita love dinosaurs.",
         ["Tom is Ana's child.", "Rita is Ana's child.", "Tom and Rita love dinosaurs."]),
        ("I met Marta (my sister) in Rome.", ["Marta is Ana's sister.", "Ana met Marta in Rome."]),
        ("My sister Marta borrowed my car.", ["Marta is Ana's sister.", "Marta borrowed Ana's car."]),
        ("This is my sister Marta.", ["Marta is Ana's sister."]),
        # one statement, whatever joins its words
        ("Marta and Rui work at Google.", ["Marta and Rui work at Google."]),
        ("I like coffee and tea.", ["Ana likes coffee and tea."]),
        ("I was tired and I went home.", ["Ana was tired and Ana went home."]),
        ("Rui, who works at Acme, plays the guitar.", ["Rui, who works at Acme, plays the guitar."]),
        ("I moved to Lisbon because I work at Acme.", ["Ana moved to Lisbon because Ana works at Acme."]),
    ],
)  # fmt: skip
async def test_statements_are_taken_apart(said: str, expected: list[str]) -> None:
    assert texts(await extract(said)) == expected


async def test_every_statement_has_its_own_dates() -> None:
    extraction = await extract("In 2010 I lived in Porto, but in 2015 I moved to Lisbon and my sister Marta likes it.")
    assert [(draft.text[:11], day(draft.valid_at), day(draft.invalid_at)) for draft in extraction.memories] == [
        ("Marta is An", "", ""),
        ("In 2010 Ana", "2010-01-01", "2011-01-01"),
        ("In 2015 Ana", "2015-01-01", ""),
    ]


async def test_an_opaque_id_is_no_name() -> None:
    scope = Scope(user_id="u-73f2")
    said = episode("I live in Porto and my sister likes me.", scope=scope)
    assert texts(await extract(said, scope=scope)) == ["The user lives in Porto and their sister likes the user."]


async def test_pronouns_mean_the_only_one_they_can() -> None:
    said = "My sister Marta lives in Porto. She works at Farfetch. Her husband Rui is a nurse."
    extraction = await extract(said)
    assert texts(extraction) == [
        "Marta is Ana's sister.",
        "Marta lives in Porto.",
        "Marta works at Farfetch.",
        "Rui is Marta's husband.",
        "Rui is a nurse.",
    ]
    assert triples(extraction)[2:] == ["Marta works at Farfetch", "Marta has husband Rui", "Rui works as nurse"]


@pytest.mark.parametrize("said", ["Marta met Rui. She works at Nokia.", "Marta and Sofia came. She works at Nokia."])
async def test_pronouns_that_may_mean_two_mean_nobody(said: str) -> None:
    assert not any("Nokia" in line for line in triples(await extract(said)))


async def test_my_sister_is_the_one_who_was_named() -> None:
    assert triples(await extract("My sister Rita is here.", "My sister works at Nokia."))[1:] == ["Rita works at Nokia"]
    before = episode("My sister Rita is here.")
    assert triples(await extract("My sister works at Nokia.", context=[before])) == ["Rita works at Nokia"]
    known = memory("Ana's sister Rita lives in Faro.")
    assert triples(await extract("My sister works at Nokia.", shown=[known])) == ["Rita works at Nokia"]
    two = episode("My sisters Rita and Eva are here.")
    assert triples(await extract("My sister works at Nokia.", context=[two]))[1:] == ["sister works at Nokia"]


@pytest.mark.parametrize(
    "said", ["My name is Ana Silva.", "Call me Ana Silva.", "I am called Ana Silva.", "Hi, I'm Ana Silva!"]
)
async def test_the_speakers_name_is_an_alias(said: str) -> None:
    (draft,) = (await extract(said)).memories
    assert [(e.name, e.aliases) for e in draft.entities] == [(SELF, ("Ana Silva",))]
    assert draft.relations == ()


async def test_mum_is_a_name_for_my_mother() -> None:
    (draft,) = (await extract("I told Mum about the trip.")).memories
    assert ("mother", ("Mum",)) in [(e.name, e.aliases) for e in draft.entities]


async def test_other_speakers_speak_for_themselves() -> None:
    said = episode("I live in Porto. My sister works at Nokia.", name="Melanie")
    extraction = await extract(said)
    assert texts(extraction) == ["Melanie lives in Porto.", "Melanie's sister works at Nokia."]
    assert triples(extraction) == [
        "Melanie lives in Porto",
        "Melanie has sister Melanie's sister",
        "Melanie's sister works at Nokia",
    ]


async def test_what_an_assistant_said_is_kept_as_such() -> None:
    said = episode(
        "Sure! I can help with that. I recommend Ponto Final in Lisbon. The Eiffel Tower is tall. Your flight leaves"
        " at nine on 3 June 2023. Let me know if you need anything.",
        role="assistant",
    )
    extraction = await extract(episode("Where should I eat?"), said)
    assert texts(extraction) == [
        "The assistant recommends Ponto Final in Lisbon.",
        "The Eiffel Tower is tall.",
        "Your flight leaves at nine on 3 June 2023.",
    ]
    assert {draft.attributed_to for draft in extraction.memories} == {"assistant"}
    assert {draft.episodes for draft in extraction.memories} == {(1,)}
    assert triples(extraction) == ["AGENT recommends Ponto Final"]


# ---- taking back

KNOWN = [
    "Ana lives in Porto.",
    "Ana likes coffee.",
    "Ana's sister Marta works at Nokia.",
    "Ana met Rui in Porto in 2010.",
]


async def taken_back(said: str) -> tuple[MemoryDraft, list[str]]:
    shown = [memory(text) for text in KNOWN]
    (draft,) = (await extract(said, shown=shown)).memories
    return draft, [each.text for each in shown if each.id in draft.targets]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Forget that I live in Porto.", ["Ana lives in Porto."]),
        ("Please forget about Marta.", ["Ana's sister Marta works at Nokia."]),
        ("Delete what I said about coffee.", ["Ana likes coffee."]),
        ("Please don't remember that I like coffee.", ["Ana likes coffee."]),
        ("Forget that I hate broccoli.", []),
        ("Forget that I live in Rome.", []),
    ],
)
async def test_forgetting_touches_what_is_meant(said: str, meant: list[str]) -> None:
    draft, targets = await taken_back(said)
    assert draft.verdict == "retracts"
    assert targets == meant


async def test_words_that_only_take_back_are_not_kept() -> None:
    assert (await extract("Forget that I live in Porto.", "I live in Faro.")).refused == (0,)
    assert (await extract("Forget that I live in Porto. I live in Faro.")).refused == ()


@pytest.mark.parametrize(
    "said", ["Don't forget to call Marta.", "I forgot my keys at home.", "Never forget Marta's birthday."]
)
async def test_other_forgetting_is_told(said: str) -> None:
    (draft,) = (await extract(said)).memories
    assert draft.verdict == "new"


@pytest.mark.parametrize(
    ("said", "told", "meant"),
    [
        ("No, not coffee, tea.", ["Ana likes tea."], "Ana likes coffee."),
        (
            "I meant Google, not Nokia.",
            ["Marta is Ana's sister.", "Marta works at Google."],
            "Ana's sister Marta works at Nokia.",
        ),
        (
            "Actually, not Nokia but Google.",
            ["Marta is Ana's sister.", "Marta works at Google."],
            "Ana's sister Marta works at Nokia.",
        ),
    ],
)
async def test_a_correction_says_the_memory_anew(said: str, told: list[str], meant: str) -> None:
    shown = [memory(text) for text in KNOWN]
    *others, draft = (await extract(said, shown=shown)).memories
    assert [each.text for each in (*others, draft)] == told
    assert all(each.verdict == "new" for each in others)
    assert (draft.verdict, [each.text for each in shown if each.id in draft.targets]) == ("supersedes", [meant])
    assert draft.relations


async def test_a_correction_that_may_mean_two_touches_neither() -> None:
    draft, targets = await taken_back("Actually, not Porto, Lisbon.")
    assert (draft.verdict, targets) == ("new", [])


async def test_a_correction_within_a_message() -> None:
    extraction = await extract("I live in Porto. Sorry, not Porto, Lisbon.")
    assert texts(extraction) == ["Ana lives in Lisbon."]
    assert triples(extraction) == ["Ana lives in Lisbon"]


# ---- what rules cannot do


@pytest.mark.parametrize("wish", ["custom", "includes", "excludes"])
async def test_instructions_in_words_need_a_model(wish: str) -> None:
    with pytest.raises(NotSupported, match="takes a model"):
        await extract("I live in Lisbon.", **{wish: "nothing about health"})


async def test_categories_are_left_alone() -> None:
    (draft,) = (await extract("I live in Lisbon.", categories={"home": "where people live"})).memories
    assert draft.categories == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("私は東京に住んでいます。猫が好きです。", ["私は東京に住んでいます。", "猫が好きです。"]),
        ("אני גר בתל אביב. אני אוהב קפה.", ["אני גר בתל אביב.", "אני אוהב קפה."]),
        ("Ich wohne in Berlin. Ich liebe Kaffee.", ["Ich wohne in Berlin.", "Ich liebe Kaffee."]),
        ("Moro em Lisboa desde 2019.", ["Moro em Lisboa desde 2019."]),
        ("我住在北京。😀", ["我住在北京。"]),
    ],
)
async def test_other_languages_stay_as_they_are(said: str, expected: list[str]) -> None:
    extraction = await extract(said)
    assert texts(extraction) == expected
    assert triples(extraction) == []


HOSTILE = ["a", "a ", "a. ", "I ", "my sister's ", "Marta, my sister, ", "I like tea and ", "😀", "漢", "want to "]
HOSTILE += ["Not A, ", "forget that ", "the capital of ", "thanks, Marta, ", "\u202eI ", "I am ", "'", '"A ']


@pytest.mark.parametrize("unit", HOSTILE)
async def test_long_runs_of_anything_are_read_in_one_pass(unit: str) -> None:
    # What is quadratic would take minutes.
    text = unit * (50_000 // len(unit))
    for draft in (await extract(text)).memories:
        assert draft.text


async def test_a_megabyte_in_one_message() -> None:
    lines = "I visited Rome in 2019. " * 1_000
    extraction = await extract(lines + "x" * (2**20 - len(lines)))
    assert texts(extraction)[:1_000] == ["Ana visited Rome in 2019."] * 1_000


WORDS = "I my me Marta Rui she her sister 's , . and not no longer work works at Acme live lived in Porto moved from to"
WORDS += (
    ' is was a nurse like tea used if since 2019 yesterday have who " ( ) forget that call name favorite been going ?'
)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=14))
async def test_whatever_is_said_drafts_are_sound(words: list[str]) -> None:
    extraction = await extract(" ".join(["Well", *words]))
    for draft in extraction.memories:
        assert draft.text.strip()
        assert "\0" not in draft.text
        names = {entity.name for entity in draft.entities}
        for relation in draft.relations:
            assert relation.subject != relation.object
            assert {relation.subject, relation.object} <= names
            assert relation.label
            assert relation.valid_at is None or relation.invalid_at is None or relation.valid_at < relation.invalid_at
