"""Categories without a model: right where one is given, none where nothing tells, and never one that is not offered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphmem.embed import Analyser, BundledEmbedder
from graphmem.extraction.classify import DEFAULT_CATEGORIES, KEPT, MAX_READ, MOST, Classifier

pytestmark = pytest.mark.anyio

LABELLED = json.loads(Path(__file__).with_name("sorted.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(BundledEmbedder(), Analyser())


async def measured(classifier: Classifier, part: str) -> tuple[float, float, list[str]]:
    """Precision of the categories given, the share of memories with a category that got a right one, what was wrong."""
    texts = [text for text, _ in LABELLED[part]]
    chosen = await classifier.choose(texts, DEFAULT_CATEGORIES)
    given = right = found = 0
    wrong = []
    for (text, labels), names in zip(LABELLED[part], chosen, strict=True):
        given += len(names)
        right += len(set(names) & set(labels))
        found += bool(set(names) & set(labels))
        wrong += [f"{name}: {text}" for name in names if name not in labels]
    return right / given, found / sum(bool(labels) for _, labels in LABELLED[part]), wrong


@pytest.mark.parametrize(("part", "precision", "recall"), [("seen", 0.95, 0.8), ("unseen", 0.95, 0.7)])
async def test_what_is_given_is_mostly_right(
    classifier: Classifier, part: str, precision: float, recall: float
) -> None:
    found_precision, found_recall, wrong = await measured(classifier, part)
    assert found_precision >= precision, wrong
    assert found_recall >= recall


def test_the_labels_are_categories_and_all_are_tried() -> None:
    for part in ("seen", "unseen"):
        labels = {label for _, some in LABELLED[part] for label in some}
        assert labels == set(DEFAULT_CATEGORIES) - {"misc"}
        assert len(LABELLED[part]) >= 40


def test_the_shipped_categories_are_mem0s() -> None:
    assert list(DEFAULT_CATEGORIES) == [
        "personal_details", "family", "professional_details", "sports", "travel", "food", "music", "health",
        "technology", "hobbies", "fashion", "entertainment", "milestones", "user_preferences", "misc",
    ]  # fmt: skip
    assert all(DEFAULT_CATEGORIES.values())
    with pytest.raises(TypeError):
        DEFAULT_CATEGORIES["more"] = "x"  # type: ignore[index]


async def test_own_categories_by_their_descriptions(classifier: Classifier) -> None:
    offered = {
        "fleet": "cars, trucks, vehicles, engine repair",
        "people-ops": "hiring, vacation days, payroll",
        "x": "",
    }
    chosen = await classifier.choose(
        ["The truck needs a new engine.", "Payroll was late in May.", "The sky is grey.", ""], offered
    )
    assert chosen == [("fleet",), ("people-ops",), (), ()]


async def test_own_categories_by_their_names_alone(classifier: Classifier) -> None:
    [chosen] = await classifier.choose(
        ["Ana eats cheese and bread for dinner, her favourite food."], {"food": "", "cars": ""}
    )
    assert chosen == ("food",)


async def test_the_best_come_first_and_not_too_many(classifier: Classifier) -> None:
    offered = {f"tea {word}": "green tea" for word in ("one", "two", "three", "four", "five")}
    [chosen] = await classifier.choose(["green tea"], offered)
    assert len(chosen) == MOST


async def test_what_an_embedder_says_of_unlike_texts_makes_no_difference(classifier: Classifier) -> None:
    class Crowded(BundledEmbedder):
        """All texts are alike to it, as they are to some: no cosine is below 0.8."""

        async def embed(self, texts, *, kind="document"):
            rows = await super().embed(texts, kind=kind)
            common = np.full((len(rows), 1), np.sqrt(0.8), dtype=np.float32)
            return np.concatenate([common, rows * np.float32(np.sqrt(0.2))], axis=1)

    texts = [text for part in ("seen", "unseen") for text, _ in LABELLED[part]]
    crowded = Classifier(Crowded(), Analyser())
    assert await crowded.choose(texts, DEFAULT_CATEGORIES) == await classifier.choose(texts, DEFAULT_CATEGORIES)


async def test_nothing_offered_or_said_asks_nobody() -> None:
    nobody = Classifier(None, None)  # type: ignore[arg-type]
    assert await nobody.choose(["tea"], {}) == [()]
    assert await nobody.choose([], DEFAULT_CATEGORIES) == []


async def test_of_a_long_text_the_beginning_counts(classifier: Classifier) -> None:
    said, rest = "The user is allergic to peanuts. ", "The sky is grey. " * (MAX_READ // 17 + 1)
    assert await classifier.choose([said, rest, rest + said], DEFAULT_CATEGORIES) == [("health",), (), ()]


async def test_choices_are_made_ready_once_and_not_kept_for_ever() -> None:
    class Counting(BundledEmbedder):
        asked = 0

        async def embed(self, texts, *, kind="document"):
            self.asked += 1
            return await super().embed(texts, kind=kind)

    embedder = Counting()
    classifier = Classifier(embedder, Analyser())
    for _ in range(3):
        await classifier.choose(["tea"], DEFAULT_CATEGORIES)
    assert embedder.asked == 5  # each text, the choice, and what is unlike
    for number in range(KEPT + 5):
        await classifier.choose(["tea"], {f"category {number}": ""})
    assert len(classifier._ready) == KEPT
