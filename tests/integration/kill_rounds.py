"""Kill a writing process at random moments, again and again, and look at what it left.

`python -m tests.integration.kill_rounds 1000` runs as many rounds (`--cut`: with a power cut each, which takes the
index's files back to an older copy; `--seed N`: other moments). The tests run a few.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.children import Died, Work, ask, start
from tests.support.files import copy_folder, mix_folder, quick_folder, restore_folder
from tests.support.ledger import Expected
from tests.support.writer import look, mend, write

__all__ = ["Rounds"]

MOST_DEATHS = 2
"""How often opening damaged index files may end the process before the index sets them aside."""

OPENED = 0.75
"""The share of writers that get to write; the others are killed about when they open, and repair."""

MIXED = 0.5
"""The share of power cuts that take only some of the files back."""

SMALL = frozenset({"state", "current", "holder", "lock"})
"""Files of the index that are on the disk when the write returns: a power cut does not take them back."""


class Rounds:
    """Rounds in one folder, each another child. Raises `AssertionError` for the first that left something wrong."""

    def __init__(self, place: Path, seed: int = 0) -> None:
        self.folder = place / "memory"
        self.ledger = place / "ledger"
        self.copies = place / "copies"
        self.expected = Expected()
        self.counts: Counter[str] = Counter()
        self._read = 0
        self._seed = seed
        self._chance = random.Random(seed)

    def kill(self) -> None:
        """One round: look at what the last round left, write, kill. `look` looks at the last one's."""
        self._lose_a_writer()
        self._read, problems = self.expected.read(self.ledger, self._read)
        self._report(problems)

    def look(self) -> None:
        """See that nothing is lost, and nothing wrong."""
        self._check(at_all=True)

    def cut(self) -> None:
        """One round: write, copy the index's files at some moment, write on, kill, put the copy back, look."""
        shutil.rmtree(self.copies, ignore_errors=True)
        vectors = self.folder / "vectors"
        when = self._chance.choice(["closed", "at rest", "at work", "twice"])

        def copy() -> None:
            if vectors.exists():
                copy_folder(vectors, self.copies)

        if when == "closed":
            copy()
        elif when == "at rest":
            self._lose_a_writer()
            copy()
        else:
            self._lose_a_writer(halfway=copy)
        if when != "at work":
            self._lose_a_writer()
        if self.copies.exists() and vectors.exists():
            if when == "closed":  # a backup of a stopped memory says that it was stopped in order
                restore_folder(self.copies, vectors)
            elif self._chance.random() < MIXED:
                when = f"{when}, some files"
                mix_folder(self.copies, vectors, self._chance, keep=SMALL)
                self._report(self._asked(mend, self.folder))
            else:
                restore_folder(self.copies, vectors, keep=SMALL)
        self.counts[f"cut {when}"] += 1
        self._check(at_all=True)

    def _lose_a_writer(self, halfway: Callable[[], None] | None = None) -> None:
        self._seed += 1
        child, said = start(write, self.folder, self.ledger, self._seed)
        try:
            assert said.recv() == "begun"
            span = self._chance.uniform(0.0, 0.3)
            if self._chance.random() < OPENED:
                self._report(said.recv())
                self.counts["looked"] += 1
            child.join(span / 2)
            if halfway is not None:
                halfway()
            child.join(span / 2)
        finally:
            child.kill()
            child.join()
            said.close()
        assert child.exitcode == -signal.SIGKILL, f"the writer ended by itself with {child.exitcode}"
        self.counts["killed"] += 1

    def _check(self, *, at_all: bool) -> None:
        self._read, problems = self.expected.read(self.ledger, self._read)
        found, others = self._looked(at_all)
        self._report([*problems, *others, *self.expected.problems(found)])
        self.expected.settle(found)

    def _report(self, problems: list[str]) -> None:
        if self.expected.begun:
            self.counts[f"in {self.expected.begun['begin']}"] += 1
        shown = [f"round {self.counts['killed']}, seed {self._seed}: {len(problems)} problems", *problems[:12]]
        assert not problems, "\n".join(shown)

    def _looked(self, at_all: bool) -> tuple[dict[str, str], list[str]]:
        found, problems = self._asked(look, self.folder, at_all, self._seed)
        return found, problems

    def _asked(self, work: Work, *args: Any) -> Any:
        """The answer of a child, which damaged files may end a few times."""
        for _ in range(MOST_DEATHS):
            try:
                return ask(work, *args)
            except Died:
                self.counts["died opening"] += 1
        return ask(work, *args)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--cut", action="store_true", help="cut the index's files back to an older copy in each round")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with quick_folder() as place:
        rounds = Rounds(place, asked.seed)
        for number in range(asked.rounds):
            rounds.cut() if asked.cut else rounds.kill()
            if sys.stderr.isatty() or number % 50 == 49:
                sys.stderr.write(f"\r{number + 1} rounds, {rounds.expected.acknowledged} acknowledged writes")
        rounds.look()
    sys.stdout.write(f"\n{asked.rounds} rounds, {rounds.expected.acknowledged} acknowledged writes, nothing lost.\n")
    sys.stdout.write("".join(f"  {name}: {number}\n" for name, number in sorted(rounds.counts.items())))


if __name__ == "__main__":
    _main()
