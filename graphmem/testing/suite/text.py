"""Text of every kind, in every place where a caller's word enters: kept as it is, and never taken for a statement."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from graphmem.filters import METADATA, Leaf
from graphmem.models import Mention, Origin
from graphmem.queries import EntityQuery, RelationQuery, TextQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe, current, fresh, plain, world
from graphmem.text import name_key, words

__all__ = ["TextTests"]

HOSTILE = {
    "quotes": "It's \"quoted\" `ticked` 'twice' ''",
    "controls": "bell\a tab\t lines\r\n\x1b[31m\x01\x7f\x85\u2028 end",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 é vs e\u0301",
    "right to left": "שלום \u202eevil\u202c مرحبا",
    "chinese, japanese, korean": "東京タワー 한국어 中文",
    "beyond the first plane": "\U0001d518\U0001d52b\U0001d526 \U0010ffff \uffff",
    "sql": "Robert'); DROP TABLE memories;--",
    "sql union": "x' UNION SELECT * FROM settings WHERE '1'='1",
    "cypher": "`}) DETACH DELETE n //",
    "cypher more": "'}) MATCH (n) DETACH DELETE n WITH 1 as x RETURN x /*",
    "parameters": "$project :name ?1 {0} %s @x",
    "full text search": 'NEAR(a b) OR "c" AND NOT (d* ^e:f) +g -h ~i \\ [j TO k]',
    "like": "100% _under_ [a-z] \\% *",
    "json": '{"a": [1, null]} \\u0000 \\"',
    "path": "../../etc/passwd file:///etc LOAD CSV",
    "zero width": "a\u200bb\ufeffc\u00ad",
    "blank inside": "a  b\u00a0c\u3000d",
}


class TextTests(StoreSuite):
    """Hostile words in texts, names, ids, keys, labels, categories, phrases and questions."""

    @pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE.keys())
    async def test_every_place_keeps_the_word(self, scribe: Scribe, word: str) -> None:
        """And a bystander's memory is untouched by it."""
        await scribe.write(scribe.memory("bystander"))
        ids = {"user_id": word, "agent_id": word, "app_id": word, "run_id": word}
        hostile = Scribe(scribe.store, fresh(word), **ids)
        said = hostile.episode(word, role=word, name=word)
        thing = hostile.entity(word, self_of=word)
        has = hostile.relation(thing, "RELATED_TO", thing, label=word, superseded_by=word)
        memory = hostile.memory(
            word,
            about=[Mention(entity_id=thing.id, name=word, type=word)],
            states=[has],
            of=[said],
            metadata={word: word, "list": [word, {word: [word]}]},
            categories=(word,),
            attributed_to=word,
            feedback=word,
            origin=Origin(extractor=word, model=word, prompt=word),
        )
        entry = hostile.revision(memory, old_text=word, reason=word, by=word)
        applied = await hostile.write(said, thing, has, memory, entry)
        at = applied.sequence
        assert plain(await hostile.get(memory)) == plain(replace(memory, revision=at))
        entity = await hostile.entity_of(thing.id)
        assert plain(entity) == plain(replace(thing, type=word, mention_count=1, revision=at))
        assert plain(await hostile.relation_of(has.id)) == plain(replace(has, memory_ids=(memory.id,), revision=at))
        assert plain((await hostile.known(last_episodes=1)).episodes) == plain([replace(said, revision=at)])
        assert plain(await scribe.store.history(hostile.project, memory.id)) == plain([entry])
        await scribe.store.put_setting(hostile.project, word, {word: word})
        assert await scribe.store.setting(hostile.project, word) == {word: word}
        assert {each["id"] for each in await scribe.store.scopes(hostile.project)} == {word}
        assert await scribe.texts() == {"bystander"}

    @pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE.keys())
    async def test_every_read_takes_the_word(self, scribe: Scribe, word: str) -> None:
        """As a filter's value and key, a name, a type, a phrase, a question: it finds itself and nothing else."""
        thing = scribe.entity(word)
        memory = scribe.memory(word, about=[Mention(entity_id=thing.id, name=word, type=word)], metadata={word: word})
        await scribe.write(thing, memory, scribe.memory("zzz", metadata={"zzz": "zzz"}))
        for where in (
            Leaf("text", "eq", word),
            Leaf("text", "contains", word),
            Leaf("text", "icontains", word.upper()),
            Leaf(METADATA + word, "eq", word),
            Leaf(METADATA + word, "exists"),
        ):
            assert [each.id for each in await current(scribe.store, scribe.view(where=where))] == [memory.id], where
        names = frozenset({name_key(word)})
        for query in (EntityQuery(view=scribe.view(), names=names), EntityQuery(view=scribe.view(), type=word)):
            assert [each.id for each in (await scribe.store.entities(query)).items] == [thing.id]
        assert (await scribe.known(names=names)).entities[name_key(word)].id == thing.id
        phrase = " ".join(words(word))
        called = await scribe.store.spoken(scribe.view(), [phrase, word])
        assert {said: [node.id for node in nodes] for said, nodes in called.items()} == (
            {phrase: [thing.id]} if phrase else {}
        )
        found = await scribe.store.search_text(TextQuery(view=scribe.view(), text=word))
        assert found == ([(memory.id, 1.0)] if words(word) else [])
        everything = await scribe.store.relations(RelationQuery(view=scribe.view(), types=frozenset({word})))
        assert everything.items == ()
        assert await scribe.store.memories(scribe.view(), [word]) == {}
        assert await scribe.store.history(scribe.project, word) == []

    async def test_a_megabyte(self, scribe: Scribe) -> None:
        """Of text, in memory and episode, found again by its words."""
        long = "wort " * 200_000 + "ende"
        said, memory = scribe.episode(long), scribe.memory(long)
        await scribe.write(said, replace(memory, episode_ids=(said.id,)))
        read = await scribe.get(memory)
        assert read is not None
        assert read.text == long
        assert (await scribe.known(last_episodes=1)).episodes[0].content == long
        found = await scribe.store.search_text(TextQuery(view=scribe.view(), text="ENDE anfang"))
        assert found == [(memory.id, 0.5)]

    async def test_metadata_is_kept_exactly(self, scribe: Scribe) -> None:
        """Kinds, order of lists, depth, big and small numbers, and odd keys."""
        deep: object = "bottom"
        for _ in range(60):
            deep = {"deeper": [deep]}
        metadata = {
            "": "empty key",
            "a.b": {"c.d": 1},
            'q"': [True, 1, 1.0, "1", None],
            "numbers": [2**53 + 1, -(2**63), 2**63 - 1, 1e300, -0.0, 0.1, 5e-324],
            "empty": [{}, [], "", None],
            "user_id": "not the scope",
            "deep": deep,
            "é": 1,
            "e\u0301": 2,
        }
        memory = scribe.memory(metadata=metadata)
        await scribe.write(memory, scribe.revision(memory))
        read = await scribe.get(memory)
        assert read is not None
        assert json.dumps(read.metadata, sort_keys=True) == json.dumps(metadata, sort_keys=True)
        [entry] = await scribe.store.history(scribe.project, memory.id)
        assert json.dumps(entry.state["metadata"], sort_keys=True) == json.dumps(metadata, sort_keys=True)
        assert await scribe.store.count(scribe.view(where=Leaf("user_id", "eq", "not the scope"))) == 0

    # -- words of a question

    async def test_questions_are_answered_by_the_share_of_their_words(self, scribe: Scribe) -> None:
        """Distinct and folded; the best first, ties by id; no word in common is no hit."""
        both = [scribe.memory("The CAFÉ in Lisbon, the café!"), scribe.memory("Lisbon has a cafe")]
        one = scribe.memory("a cafe elsewhere")
        await scribe.write(*both, one, scribe.memory("nothing of it"))
        found = await scribe.store.search_text(TextQuery(view=scribe.view(), text="café lisbon CAFE"))
        ordered = sorted(memory.id for memory in both)
        assert [key for key, _ in found] == [*ordered, one.id]
        assert [share for _, share in found] == pytest.approx([1.0, 1.0, 0.5])
        first = await scribe.store.search_text(TextQuery(view=scribe.view(), text="cafe lisbon", limit=1))
        assert [key for key, _ in first] == ordered[:1]

    async def test_a_question_without_words_finds_nothing(self, scribe: Scribe) -> None:
        """Blank, or punctuation alone."""
        await scribe.write(scribe.memory("words"))
        for text in ("", "   ", "?!…", '"', "*", "()", "\\"):
            assert await scribe.store.search_text(TextQuery(view=scribe.view(), text=text)) == []

    async def test_words_follow_the_text(self, scribe: Scribe) -> None:
        """A reworded memory is found by its new words and not by the old; a dropped one not at all."""
        memory = scribe.memory("likes apples")
        await scribe.write(memory)
        await scribe.write(replace(memory, text="likes pears"))
        for text, number in (("apples", 0), ("pears", 1)):
            assert len(await scribe.store.search_text(TextQuery(view=scribe.view(), text=text))) == number
        await scribe.drop(memory)
        assert await scribe.store.search_text(TextQuery(view=scribe.view(), text="likes pears")) == []

    async def test_a_hidden_text_takes_no_place(self, scribe: Scribe) -> None:
        """The limit counts visible memories."""
        hidden = [scribe.memory("common words", expired_at=scribe.now()) for _ in range(20)]
        seen = scribe.memory("common words")
        await scribe.write(*hidden, seen)
        found = await scribe.store.search_text(TextQuery(view=scribe.view(), text="common words", limit=1))
        assert [key for key, _ in found] == [seen.id]

    async def test_the_world_is_whole_after_all_that(self, scribe: Scribe) -> None:
        """Names that would end a statement early leave the rest of the change standing."""
        things = [scribe.entity(word) for word in HOSTILE.values()]
        drawn = [scribe.relation(a, "KNOWS", b, label=a.name) for a, b in pairwise(things)]
        memories = [scribe.memory(each.label, states=[each]) for each in drawn]
        await scribe.write(*things, *drawn, *memories)
        whole = await world(scribe.store, scribe.project)
        assert {memory["text"] for memory in whole["memories"]} == {each.label for each in drawn}
        assert len(whole["entities"]) == len(HOSTILE)
        assert len(whole["relations"]) == len(HOSTILE) - 1
