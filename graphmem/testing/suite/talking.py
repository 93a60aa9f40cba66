"""`talk`: what was said before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from graphmem.models import Episode, Memory, Origin
from graphmem.queries import Talk, Turn
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, Scribe

__all__ = ["TalkTests"]

HOUR = timedelta(hours=1)


async def around(scribe: Scribe, *memories: Memory, reach: int = 2, **over: Any) -> dict[str, tuple[Turn, ...]]:
    """What was said around these memories."""
    view = scribe.view(**over)
    ids = tuple(memory.id for memory in memories)
    return await scribe.store.talk(Talk(view=view, memory_ids=ids, reach=reach, pause=HOUR))


def places(turns: tuple[Turn, ...]) -> list[tuple[int, str]]:
    """Where each memory stands."""
    return [(turn.place, turn.memory_id) for turn in turns]


class TalkTests(StoreSuite):
    """The turns around a turn: which, in which order, said by whom."""

    async def said(self, scribe: Scribe, *lines: str, **over: Any) -> tuple[list[Episode], list[Memory]]:
        """A conversation: an episode a line, each a memory in its own words."""
        episodes = [scribe.episode(line, **over) for line in lines]
        memories = [scribe.memory(e.content, of=[e], scope=e.scope) for e in episodes]
        await scribe.write(*episodes, *memories)
        return episodes, memories

    async def test_turns_come_in_the_order_in_which_they_were_said(self, scribe: Scribe) -> None:
        """Up to the reach on each side, the turn itself at place 0."""
        _, (one, two, three, four, five) = await self.said(scribe, "1", "2", "3", "4", "5")
        found = await around(scribe, three, one)
        assert places(found[three.id]) == [(-2, one.id), (-1, two.id), (0, three.id), (1, four.id), (2, five.id)]
        assert places(found[one.id]) == [(0, one.id), (1, two.id), (2, three.id)]
        assert places((await around(scribe, four, reach=1))[four.id]) == [(-1, three.id), (0, four.id), (1, five.id)]
        assert places((await around(scribe, four, reach=0))[four.id]) == [(0, four.id)]
        assert await around(scribe) == {}

    async def test_what_is_said_at_one_moment_is_in_the_order_of_writing(self, scribe: Scribe) -> None:
        """A whole conversation may come with one time."""
        _, (one, two, three, four) = await self.said(scribe, "1", "2", "3", "4", observed_at=START, created_at=START)
        _, (after,) = await self.said(scribe, "5", observed_at=START)
        found = await around(scribe, three)
        assert places(found[three.id]) == [(-2, one.id), (-1, two.id), (0, three.id), (1, four.id), (2, after.id)]

    async def test_who_said_it(self, scribe: Scribe) -> None:
        """The role, and a name where there is one."""
        asks, answers = scribe.episode("?", name="Ana"), scribe.episode("!", role="assistant")
        question, answer = scribe.memory("?", of=[asks]), scribe.memory("!", of=[answers])
        await scribe.write(asks, answers, question, answer)
        [turns] = (await around(scribe, answer)).values()
        assert turns == (Turn(question.id, -1, "user", "Ana"), Turn(answer.id, 0, "assistant", None))

    async def test_a_long_pause_ends_a_conversation(self, scribe: Scribe) -> None:
        """What lies exactly as far away still counts."""
        _, (early,) = await self.said(scribe, "1", observed_at=START - HOUR - timedelta(microseconds=1))
        _, (first,) = await self.said(scribe, "2", observed_at=START - HOUR)
        _, (here,) = await self.said(scribe, "3", observed_at=START)
        _, (last,) = await self.said(scribe, "4", observed_at=START + HOUR)
        await self.said(scribe, "5", observed_at=START + 2 * HOUR)
        assert places((await around(scribe, here))[here.id]) == [(-1, first.id), (0, here.id), (1, last.id)]
        assert places((await around(scribe, first))[first.id])[0] == (-1, early.id)

    async def test_other_conversations_go_on_meanwhile(self, scribe: Scribe) -> None:
        """All four ids have to be the same."""
        _, (one,) = await self.said(scribe, "1", scope=scribe.beside(run_id="a"))
        _, (other,) = await self.said(scribe, "x", scope=scribe.beside(run_id="b"))
        _, (none,) = await self.said(scribe, "y")
        _, (two,) = await self.said(scribe, "2", scope=scribe.beside(run_id="a"))
        found = await around(scribe, one, other, none)
        assert places(found[one.id]) == [(0, one.id), (1, two.id)]
        assert places(found[other.id]) == [(0, other.id)]
        assert places(found[none.id]) == [(0, none.id)]

    async def test_only_what_is_kept_in_its_own_words_is_a_turn(self, scribe: Scribe) -> None:
        """What was drawn from a message stands alone; the message still counts as one that was said."""
        said = [scribe.episode(text) for text in ("1", "2", "3")]
        one, three = scribe.memory("1", of=said[:1]), scribe.memory("3", of=said[2:])
        drawn = scribe.memory("drawn", of=said[1:2], origin=Origin(extractor="rules"))
        loose = scribe.memory("from nothing")
        await scribe.write(*said, one, three, drawn, loose)
        found = await around(scribe, one, drawn, loose)
        assert found.keys() == {one.id}
        assert places(found[one.id]) == [(0, one.id), (2, three.id)]

    async def test_what_was_said_again_stands_where_it_was_said_first(self, scribe: Scribe) -> None:
        """A memory has one place."""
        said = [scribe.episode(text) for text in ("hello", "how are you", "hello")]
        hello, how = scribe.memory("hello", of=[said[0], said[2]]), scribe.memory("how are you", of=[said[1]])
        await scribe.write(*said, hello, how)
        found = await around(scribe, hello, how)
        assert places(found[hello.id]) == [(0, hello.id), (1, how.id)]
        assert places(found[how.id]) == [(-1, hello.id), (0, how.id)]

    async def test_hidden_turns_are_not_told(self, scribe: Scribe) -> None:
        """Neither around a turn, nor asked for; the places of the others stay."""
        _, (one, two, three) = await self.said(scribe, "1", "2", "3")
        await scribe.write(replace(two, expired_at=scribe.now()))
        found = await around(scribe, one, two)
        assert found.keys() == {one.id}
        assert places(found[one.id]) == [(0, one.id), (2, three.id)]
        [shown] = (await around(scribe, two, include_superseded=True)).values()
        assert len(shown) == 3

    async def test_of_another_project_nothing_is_told(self, scribe: Scribe) -> None:
        """Its ids behave as if they were not there."""
        _, (one, _) = await self.said(scribe, "1", "2")
        assert await around(scribe, one, project="elsewhere") == {}
