"""What extraction is shown of what is known: the nearest memories, with all that tells whose words they are."""

from __future__ import annotations

from pathlib import Path

from graphmem import Memory, Settings

BETWEEN = ("Lisbon is sunny.", "Trains are late.", "The shop sells bread.", "Coffee is dear.")


def test_words_of_ones_own_are_known_again_however_old(tmp_path: Path) -> None:
    with Memory(tmp_path, settings=Settings(extractor="verbatim")) as memory:
        for text in ("I like pottery.", *BETWEEN):
            memory.add(text, user_id="ana")
        told = memory.add("I no longer like pottery.", user_id="ana")["results"]
    assert [(each["event"], each["memory"]) for each in told] == [
        ("ADD", "I no longer like pottery."),
        ("SUPERSEDE", "I like pottery."),
    ]
