"""Which source texts are kept, and who said what."""

from __future__ import annotations

import pytest

from graphmem.models import Scope
from tests.unit.planning.mind import Mind, day, draft, me


@pytest.fixture
def mind() -> Mind:
    return Mind()


def three(mind: Mind, *drafts, **more):
    roles = ("user", "assistant", "user")
    episodes = tuple(
        mind.episode(text, day(n), role=role) for n, (text, role) in enumerate(zip(["a", "b", "c"], roles, strict=True))
    )
    return mind.plan([mind.item(*drafts, episodes=episodes, **more)], day(5))


def test_what_a_memory_came_from_is_kept(mind: Mind):
    three(mind, draft("One.", episodes=(0,)), draft("Two.", episodes=(0, 2)))

    assert set(mind.episodes()) == {"a", "c"}
    assert len(mind.named("One.").episode_ids) == 1
    assert len(mind.named("Two.").episode_ids) == 2


def test_all_or_none(mind: Mind):
    three(mind, draft("One.", episodes=(0,)), keep_episodes="all")
    assert set(mind.episodes()) == {"a", "b", "c"}

    other = Mind()
    three(other, draft("One.", episodes=(0,)), keep_episodes="none")
    assert other.episodes() == {}
    assert other.named("One.").episode_ids == ()


@pytest.mark.parametrize("keep", ["sourced", "all"])
def test_what_was_refused_is_not_kept(mind: Mind, keep: str):
    three(mind, draft("One.", episodes=(0, 1)), refused=(0, 2), keep_episodes=keep)

    assert set(mind.episodes()) == {"b"}


def test_without_indices_all_are_the_source(mind: Mind):
    three(mind, draft("One."))
    assert len(mind.named("One.").episode_ids) == 3


def test_indices_that_are_none_are_left_out(mind: Mind):
    three(mind, draft("One.", episodes=(1, 7, -1)))
    assert len(mind.named("One.").episode_ids) == 1


def test_the_source_tells_when_and_who(mind: Mind):
    three(mind, draft("One.", episodes=(1,)), draft("Two.", episodes=(2,), attributed_to="tool"))

    one, two = mind.named("One."), mind.named("Two.")
    assert (one.observed_at, one.attributed_to) == (day(1), "assistant")
    assert (two.observed_at, two.attributed_to) == (day(2), "tool")


def test_without_sources_it_is_told_now(mind: Mind):
    mind.plan([mind.item(draft("One."))], day(5))

    one = mind.named("One.")
    assert (one.observed_at, one.attributed_to, one.episode_ids) == (day(5), None, ())


def test_nothing_to_remember_changes_nothing(mind: Mind):
    made = three(mind)
    assert made.changes.operations == ()


def test_the_draft_is_in_the_memory(mind: Mind):
    told = draft(
        "One.",
        me("likes", "tea"),
        metadata={"trip": 7},
        categories=("food",),
        valid_at=day(-1),
        invalid_at=day(9),
        immutable=True,
    )
    mind.add(told)
    memory = mind.named("One.")

    assert (memory.metadata, memory.categories, memory.immutable) == ({"trip": 7}, ("food",), True)
    assert (memory.valid_at, memory.invalid_at, memory.expired_at) == (day(-1), day(9), None)
    assert (memory.created_at, memory.updated_at, memory.origin.extractor) == (day(1), day(1), "test")


# -- context for the next extraction


def chat(mind: Mind, text: str, *drafts, recent: int = 3, scope: Scope | None = None) -> None:
    mind.today += 1
    where = scope or mind.scope
    episode = mind.episode(text, day(mind.today), scope=where)
    mind.plan([mind.item(*drafts, episodes=(episode,), recent=recent, scope=where)], day(mind.today))


def test_the_newest_messages_stay_as_context(mind: Mind):
    chat(mind, "1", draft("One."))
    for text in "23456":
        chat(mind, text)

    assert set(mind.episodes()) == {"1", "4", "5", "6"}


def test_each_run_has_its_own_context(mind: Mind):
    for text in "1234":
        chat(mind, text, scope=Scope(user_id="ana", run_id="r1"))
        chat(mind, f"{text}'", scope=Scope(user_id="ana", run_id="r2"))

    assert set(mind.episodes()) == {"2", "3", "4", "2'", "3'", "4'"}


def test_many_messages_at_once(mind: Mind):
    episodes = tuple(mind.episode(str(n), day(n)) for n in range(6))
    mind.plan([mind.item(draft("One.", episodes=(0,)), episodes=episodes, recent=2)], day(9))

    assert set(mind.episodes()) == {"0", "4", "5"}
