"""GRAPHMEM_PREDICATES: own relations decide what retires what; a file that cannot be used is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import graphmem
from graphmem import Memory
from graphmem.assemble import assemble
from graphmem.errors import ConfigurationError
from graphmem.settings import Settings, load_settings


def current(folder: Path, settings: Settings) -> list[str]:
    """What is current, oldest first, after Ana has changed desks and employers."""
    with Memory(folder, settings=settings) as memory:
        for text, *triple in (
            ("Ana sits at 4B", "Ana", "is seated at", "4B"),
            ("Ana works at Acme", "Ana", "WORKS_AT", "Acme"),
            ("Ana sits at 7A", "Ana", "SITS_AT", "7A"),
            ("Ana works at Initech", "Ana", "WORKS_AT", "Initech"),
        ):
            memory.add(text, user_id="ana", infer=False, relations=[tuple(triple)])
        return [each["memory"] for each in memory.get_all(user_id="ana")["results"]][::-1]


def test_own_relations_retire_and_shipped_ones_can_be_freed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "predicates.json"
    said = {"functional": {"desk": ["SITS_AT"], "employer": []}, "same": {"SITS_AT": ["IS_SEATED_AT"]}}
    own.write_text(json.dumps(said))
    monkeypatch.setenv("GRAPHMEM_EMBEDDER", "hashing")
    plain = load_settings()
    monkeypatch.setenv("GRAPHMEM_PREDICATES", str(own))
    assert current(tmp_path / "own", load_settings()) == ["Ana works at Acme", "Ana sits at 7A", "Ana works at Initech"]
    assert current(tmp_path / "plain", plain) == ["Ana sits at 4B", "Ana sits at 7A", "Ana works at Initech"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "It cannot be read: No such file or directory."),
        (b'{"functional":', "It is no JSON in UTF-8: "),
        (b'"\xff"', "It is no JSON in UTF-8: "),
        (b"[]", "Predicates should be an object."),
        (b'{"funktional": {}}', "Predicates have no part 'funktional'."),
        (b'{"functional": {"desk": ["sits at"]}}', "'functional' should be an object of lists of types"),
        (b'{"same": {"sits at": ["SITS_AT"]}}', "'same' should be an object of types"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_opened(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    own = tmp_path / "predicates.json"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        assemble(Settings(embedder="hashing", predicates=own), tmp_path / "memory")
    assert caught.value.setting == "GRAPHMEM_PREDICATES"
    assert caught.value.message.startswith(f"The predicates in {str(own)!r} cannot be used. {says}")
    assert not (tmp_path / "memory").exists()


def test_the_shipped_file_is_one() -> None:
    shipped = Path(str(graphmem.__file__)).parent / "extraction" / "data" / "predicates.json"
    assemble(Settings(embedder="hashing", predicates=shipped), Path("unopened"))
