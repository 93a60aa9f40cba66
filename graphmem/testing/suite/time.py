"""Two axes of time: when it was true, and when the store knew it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from graphmem.filters import Leaf
from graphmem.models import Event, Memory
from graphmem.queries import MemoryQuery, TextQuery, Walk
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, TODAY, Scribe, plain

__all__ = ["KnownAtTests", "WorldTimeTests"]

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
NOON = datetime(2020, 6, 15, 12, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)


class WorldTimeTests(StoreSuite):
    """`valid_at`, `invalid_at`, `observed_at`, `as_of`, and the day after which a memory is not shown."""

    async def test_moments_keep_their_microseconds(self, scribe: Scribe) -> None:
        """From the first of the year 1 to the last of 9999."""
        for moment in (
            FIRST,
            FIRST + TICK,
            NOON + 123_456 * TICK,
            datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
            LAST,
        ):
            times = dict.fromkeys(("observed_at", "valid_at", "invalid_at", "created_at", "updated_at"), moment)
            memory = scribe.memory(**times, expired_at=moment, expiration_date=moment.date())  # type: ignore[arg-type]
            said = scribe.episode(observed_at=moment, created_at=moment)
            ana = scribe.entity(str(moment), created_at=moment)
            stored = {"valid_at": moment, "invalid_at": moment, "created_at": moment, "expired_at": moment}
            was = scribe.relation(ana, "WAS", ana, **stored)
            memory = replace(memory, mentions=scribe.mentions([ana]), relation_ids=(was.id,), episode_ids=(said.id,))
            applied = await scribe.write(said, ana, was, memory)
            known = await scribe.known(memory_ids=frozenset({memory.id}), dependents=True)
            assert plain(known.memories[memory.id]) == plain(replace(memory, revision=applied.sequence))
            assert plain(known.episodes[0]) == plain(replace(said, revision=applied.sequence))
            linked = replace(was, memory_ids=(memory.id,), revision=applied.sequence)
            assert plain(known.relations[0]) == plain(linked)

    async def test_the_present_asks_for_no_interval(self, scribe: Scribe) -> None:
        """Without `as_of`, what was true once and what will be true are shown like the rest."""
        await scribe.write(
            scribe.memory("once", valid_at=NOON, invalid_at=NOON + DAY),
            scribe.memory("some day", valid_at=LAST),
            scribe.memory("undated"),
        )
        assert await scribe.texts() == {"once", "some day", "undated"}

    async def test_the_retired_are_hidden_unless_asked_for(self, scribe: Scribe) -> None:
        """Whenever they were retired."""
        memories = [scribe.memory(f"{at}", expired_at=at) for at in (None, FIRST, NOON, LAST)]
        await scribe.write(*memories)
        assert await scribe.texts() == {"None"}
        assert len(await scribe.texts(include_superseded=True)) == 4

    @pytest.mark.parametrize(
        ("at", "seen"),
        [
            (NOON - TICK, False),
            (NOON, True),
            (NOON + TICK, True),
            (NOON + DAY - TICK, True),
            (NOON + DAY, False),
            (LAST, False),
        ],
    )
    async def test_as_of_holds_to_half_open_intervals(self, scribe: Scribe, at: datetime, seen: bool) -> None:
        """The first moment belongs to it, the last does not; for memories and relations, retired or not."""
        ana = scribe.entity("Ana")
        interval = {"valid_at": NOON, "invalid_at": NOON + DAY}
        was = [scribe.relation(ana, "WAS", ana, **interval, expired_at=gone) for gone in (None, LAST)]
        always = scribe.memory("always", states=was, observed_at=FIRST)
        sometimes = [scribe.memory("then", **interval, expired_at=gone) for gone in (None, NOON - DAY)]  # type: ignore[arg-type]
        await scribe.write(ana, *was, always, *sometimes)
        assert await scribe.store.count(scribe.view(as_of=at)) == 1 + 2 * seen
        for relation in was:
            assert (await scribe.relation_of(relation.id, as_of=at) is not None) == seen

    async def test_an_unknown_beginning_counts_from_when_it_was_said(self, scribe: Scribe) -> None:
        """Of a memory. A relation without a beginning has always held."""
        ana = scribe.entity("Ana")
        always = scribe.relation(ana, "IS", ana)
        said = scribe.memory("said at noon", observed_at=NOON, invalid_at=NOON + DAY, states=[always])
        ever = scribe.memory("ever", valid_at=FIRST, states=[always])
        await scribe.write(ana, always, said, ever)
        for at, seen in ((NOON - TICK, {"ever"}), (NOON, {"ever", "said at noon"}), (NOON + DAY, {"ever"})):
            assert await scribe.texts(as_of=at) == seen
            relation = await scribe.relation_of(always.id, as_of=at)
            assert relation is not None
            assert relation.support == len(seen)

    async def test_an_empty_interval_holds_nothing(self, scribe: Scribe) -> None:
        """From a moment to the same moment."""
        await scribe.write(scribe.memory(valid_at=NOON, invalid_at=NOON))
        for at in (NOON - TICK, NOON, NOON + TICK):
            assert await scribe.store.count(scribe.view(as_of=at)) == 0
        assert await scribe.store.count(scribe.view()) == 1

    async def test_time_begins_and_ends(self, scribe: Scribe) -> None:
        """Nothing overflows at the ends of what a moment can be."""
        await scribe.write(scribe.memory(valid_at=FIRST, invalid_at=LAST))
        for at, number in ((FIRST, 1), (LAST - TICK, 1), (LAST, 0)):
            assert await scribe.store.count(scribe.view(as_of=at)) == number
            assert await scribe.store.count(scribe.view(as_of=at, known_at=LAST)) == number
        assert await scribe.store.count(scribe.view(known_at=FIRST)) == 0

    async def test_a_relation_shows_only_through_visible_memories(self, scribe: Scribe) -> None:
        """A retired memory states nothing in the present, though the relation is not retired."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows])
        await scribe.write(ana, knows, memory)
        retired = replace(memory, expired_at=scribe.now())
        await scribe.write(retired)
        assert await scribe.relation_of(knows.id) is None
        await scribe.write(replace(retired, expired_at=None))
        assert await scribe.relation_of(knows.id) is not None

    async def test_a_retired_relation_is_hidden_unless_asked_for(self, scribe: Scribe) -> None:
        """Though the memory that states it is still shown."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana, expired_at=NOON)
        await scribe.write(ana, knows, scribe.memory(states=[knows]))
        assert await scribe.relation_of(knows.id) is None
        assert await scribe.relation_of(knows.id, include_superseded=True) is not None
        assert (await scribe.store.walk(Walk(view=scribe.view(), entity_ids=(ana.id,)))).relations == ()

    # -- the last day

    async def test_the_last_day_is_shown_whole(self, scribe: Scribe) -> None:
        """The next one is not, unless expired memories are asked for."""
        await scribe.write(
            scribe.memory("until yesterday", expiration_date=TODAY - DAY),
            scribe.memory("until today", expiration_date=TODAY),
            scribe.memory("for ever"),
            scribe.memory("until the end", expiration_date=date.max),
            scribe.memory("never", expiration_date=date.min),
        )
        shown = {"until today", "for ever", "until the end"}
        assert await scribe.texts() == shown
        assert await scribe.texts(today=TODAY + DAY) == shown - {"until today"}
        assert await scribe.texts(today=date.max) == shown - {"until today"}
        assert len(await scribe.texts(include_expired=True)) == 5

    async def test_the_day_of_as_of_counts_instead_of_today(self, scribe: Scribe) -> None:
        """From midnight to midnight, UTC."""
        midnight = datetime(2020, 6, 15, tzinfo=UTC)
        await scribe.write(scribe.memory(observed_at=FIRST, expiration_date=midnight.date()))
        for at, number in ((midnight, 1), (midnight + DAY - TICK, 1), (midnight + DAY, 0)):
            assert await scribe.store.count(scribe.view(as_of=at)) == number
            assert await scribe.store.count(scribe.view(as_of=at, include_expired=True)) == 1

    async def test_what_an_expired_memory_says_is_hidden_with_it(self, scribe: Scribe) -> None:
        """Its relations, and the entities that it alone mentions."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        await scribe.write(ana, knows, scribe.memory(states=[knows], expiration_date=TODAY - DAY))
        assert await scribe.relation_of(knows.id) is None
        assert await scribe.entity_of(ana.id) is None
        assert await scribe.entity_of(ana.id, include_expired=True) is not None


class KnownAtTests(StoreSuite):
    """`known_at`: the store as it was, from its revisions."""

    async def tell(self, scribe: Scribe) -> tuple[Memory, list[datetime]]:
        """A memory that was added, reworded, retired and restored, and the four moments."""
        at = [START + DAY * number for number in (1, 2, 3, 4)]
        successor = scribe.memory("moved", expired_at=FIRST, expiration_date=date.min)
        added = scribe.memory("lives in Porto", created_at=at[0], metadata={"city": "Porto"}, categories=("home",))
        await scribe.write(added, scribe.revision(added, Event.ADD, at=at[0]), successor)
        reworded = replace(added, text="lives in Lisbon", metadata={"city": "Lisbon"}, updated_at=at[1])
        await scribe.write(reworded, scribe.revision(reworded, Event.UPDATE, at=at[1], old_text=added.text))
        retired = replace(reworded, expired_at=at[2], invalid_at=at[2], superseded_by=successor.id)
        await scribe.write(retired, scribe.revision(retired, Event.SUPERSEDE, at=at[2]))
        restored = replace(retired, expired_at=None, invalid_at=None, superseded_by=None, categories=("back",))
        await scribe.write(restored, scribe.revision(restored, Event.RESTORE, at=at[3]))
        return restored, at

    async def test_each_state_holds_until_the_next(self, scribe: Scribe) -> None:
        """From its own moment on, to the last microsecond before the next."""
        _, at = await self.tell(scribe)
        expected: list[tuple[datetime, set[str]]] = [
            (at[0] - TICK, set()),
            (at[0], {"lives in Porto"}),
            (at[1] - TICK, {"lives in Porto"}),
            (at[1], {"lives in Lisbon"}),
            (at[2] - TICK, {"lives in Lisbon"}),
            (at[2], set()),
            (at[3] - TICK, set()),
            (at[3], {"lives in Lisbon"}),
            (LAST, {"lives in Lisbon"}),
        ]
        for moment, texts in expected:
            assert await scribe.texts(known_at=moment) == texts
            assert await scribe.store.count(scribe.view(known_at=moment)) == len(texts)

    async def test_a_memory_comes_back_as_it_was(self, scribe: Scribe) -> None:
        """Text, metadata, categories, interval and state; by id and in a page."""
        now, at = await self.tell(scribe)
        read = await scribe.get(now, known_at=at[0])
        assert read is not None
        assert (read.text, read.metadata, read.categories) == ("lives in Porto", {"city": "Porto"}, ("home",))
        retired = await scribe.get(now, known_at=at[2])
        assert retired is not None
        assert (retired.expired_at, retired.invalid_at) == (at[2], at[2])
        assert retired.superseded_by not in (None, now.id)
        page = await scribe.store.find(MemoryQuery(view=scribe.view(known_at=at[2], include_superseded=True)))
        assert plain([each for each in page.items if each.id == now.id]) == [plain(retired)]
        assert plain(await scribe.get(now, known_at=at[3])) == plain(await scribe.get(now))

    async def test_filters_see_what_was_known(self, scribe: Scribe) -> None:
        """Not what is there now."""
        _, at = await self.tell(scribe)
        porto, lisbon = (Leaf("metadata.city", "eq", city) for city in ("Porto", "Lisbon"))
        for moment, where, number in ((at[0], porto, 1), (at[0], lisbon, 0), (at[1], porto, 0), (at[1], lisbon, 1)):
            assert await scribe.store.count(scribe.view(known_at=moment, where=where)) == number
        words = Leaf("text", "contains", "Porto")
        assert await scribe.store.count(scribe.view(known_at=at[0], where=words)) == 1
        assert await scribe.store.count(scribe.view(where=words)) == 0

    async def test_both_axes_cross(self, scribe: Scribe) -> None:
        """What did we believe on the one day to be true on the other?"""
        _, at = await self.tell(scribe)
        inside = {"as_of": at[2]}
        assert await scribe.texts(known_at=at[1], **inside) == {"lives in Lisbon"}
        assert await scribe.texts(known_at=at[2], **inside) == set()
        assert await scribe.texts(known_at=at[2], as_of=at[2] - TICK) == {"lives in Lisbon"}
        assert await scribe.texts(known_at=at[3], **inside) == {"lives in Lisbon"}

    async def test_entries_of_one_moment_count_in_the_order_of_writing(self, scribe: Scribe) -> None:
        """The last one written holds."""
        memory = scribe.memory("first")
        later = replace(memory, text="last")
        entries = [
            scribe.revision(memory, Event.ADD, at=NOON),
            scribe.revision(later, Event.UPDATE, at=NOON),
        ]
        await scribe.write(replace(later, created_at=NOON), *entries)
        assert await scribe.texts(known_at=NOON) == {"last"}

    async def test_relations_and_entities_of_then(self, scribe: Scribe) -> None:
        """Through the memories of then; not yet made, not yet retired, not yet closed."""
        ana, bo, at = scribe.entity("Ana"), scribe.entity("Bo"), [START + DAY * n for n in range(4)]
        made: dict[str, Any] = {"created_at": at[1], "valid_at": at[0], "invalid_at": at[1], "expired_at": at[2]}
        knows = scribe.relation(ana, "KNOWS", bo, **made)
        memory = scribe.memory(states=[knows], observed_at=FIRST, created_at=at[0])
        retired = replace(memory, expired_at=at[3])
        entries = [scribe.revision(memory, at=at[0]), scribe.revision(retired, Event.SUPERSEDE, at=at[3])]
        await scribe.write(ana, bo, knows, retired, *entries)
        for moment, relation, entity in (
            (at[0] - TICK, False, False),
            (at[0], False, True),
            (at[1] - TICK, False, True),
            (at[1], True, True),
            (at[2] - TICK, True, True),
            (at[2], False, True),
            (at[3], False, False),
        ):
            assert (await scribe.relation_of(knows.id, known_at=moment) is not None) == relation
            assert (await scribe.entity_of(ana.id, known_at=moment) is not None) == entity
            hop = await scribe.store.walk(Walk(view=scribe.view(known_at=moment), entity_ids=(ana.id,)))
            assert {each.id for each in hop.relations} == ({knows.id} if relation else set())
            assert {each for each, _ in hop.mentions} == ({memory.id} if entity else set())
        # Before it was closed nobody knew that it had ended by then.
        assert await scribe.relation_of(knows.id, known_at=at[2] - TICK, as_of=at[1]) is not None
        assert await scribe.relation_of(knows.id, known_at=at[2], as_of=at[1]) is None

    async def test_owners_and_words_of_then(self, scribe: Scribe) -> None:
        """Every read holds to it."""
        now, at = await self.tell(scribe)
        for moment, seen in ((at[0] - TICK, False), (at[0], True), (at[2], False), (at[3], True)):
            view = scribe.view(known_at=moment)
            owners = (scribe.partition.owner,) if seen else ()
            assert await scribe.store.owners(view, 10) == owners
            found = await scribe.store.search_text(TextQuery(view=view, text="lives"))
            assert [key for key, _ in found] == ([now.id] if seen else [])

    async def test_nothing_is_known_of_what_was_deleted(self, scribe: Scribe) -> None:
        """Erasure ends the replay."""
        memory, at = await self.tell(scribe)
        await scribe.drop(memory)
        gone = scribe.revision(memory, Event.DELETE, at=at[3] + DAY)
        await scribe.write(gone)
        for moment in (*at, LAST):
            assert await scribe.texts(known_at=moment, include_superseded=True) == set()
