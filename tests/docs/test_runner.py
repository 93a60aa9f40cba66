"""The runner of the docs itself: it finds what a page says, and notices when it is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, agrees, blocks, commands, holds, request

PAGE = """# A page

```python
print("one")
```

```text
one
```

<!-- not run: it has no end -->
```python
while True: ...
```

1. In a list

    ```console
    $ graphmem add "a" \\
        --user ana
    Remembered ...
    $ cat > a.txt <<'END'
    > one
    > END
    $ graphmem stats
    ```

```http
POST /memories
X-Request-Id: 7

{"messages": "hello"}
```

```json
{"results": ["..."]}
```

```sh
rm -rf everything
```
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_page_is_its_blocks_in_order(page: Path) -> None:
    found = blocks(page)
    assert [(block.language, block.line) for block in found] == [("python", 4), ("console", 19), ("http", 29)]
    assert [block.expected for block in found] == ["one\n", None, '{"results": ["..."]}\n']


def test_a_console_block_is_its_commands(page: Path) -> None:
    found = list(commands(blocks(page)[1]))
    assert found == [
        ('graphmem add "a" \\\n    --user ana', "Remembered ..."),
        ("cat > a.txt <<'END'\none\nEND", ""),
        ("graphmem stats", ""),
    ]


def test_an_http_block_is_a_request(page: Path) -> None:
    assert request(blocks(page)[2]) == ("POST", "/memories", {"X-Request-Id": "7"}, {"messages": "hello"})


@pytest.mark.parametrize(
    ("shown", "said", "agree"),
    [
        ("one\n", "one", True),
        ("one\n", "two", False),
        ("one\n", "one\ntwo", False),
        ("in ... ms\n", "in 3 ms", True),
        ("in ... ms\n", "in 3 s", False),
        ("one\n...\n", "one\ntwo\nthree", True),
        ("one\n...\n", "one", True),
        ("...\nthree\n", "one\ntwo\nthree", True),
        ("one\n...\n", "zero\none", False),
    ],
)
def test_output_agrees_with_what_is_shown(shown: str, said: str, agree: bool) -> None:
    assert agrees(shown, said) is agree


@pytest.mark.parametrize(
    ("shown", "said", "hold"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": "..."}, {"a": [1]}, True),
        ({"a": "..."}, {}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}, 3]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ([], {}, False),
    ],
)
def test_json_holds_what_is_shown(shown: object, said: object, hold: bool) -> None:
    assert holds(shown, said) is hold


def test_the_docs_have_blocks_to_run() -> None:
    assert {block.language for page in (ROOT / "docs").rglob("*.md") for block in blocks(page)} >= {"python", "console"}
