"""What things cost: `python -m bench.latency`.

Fills a memory with generated facts and measures, through the public API: bulk writing, single durable adds, searches
(the question's embedding included), the time to import the package, and memory at rest; then the median of each stage
of a search, beside that of a plain loop of the interpreter, which says how fast the machine was at that moment. Sizes
and users are chosen on the command line, to see how cost grows. With `--location` the memory is there, an empty Neo4j
say, for one size a run; else it is a temporary folder. `--vectors` is an empty Qdrant for it, which indexes on after a
load: `--rest` waits for that. A Neo4j that was just started is slow until Java has compiled what searches do: they are
timed after `--warm` others.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.console import Console

from bench.figures import medians
from bench.report import write_json
from bench.speed import keep, place
from graphmem import Memory, Settings

FIRST = [
    "Ana",
    "Marta",
    "Rui",
    "Tom",
    "Eva",
    "Luis",
    "Nora",
    "Hugo",
    "Ines",
    "Paul",
    "Clara",
    "Iris",
    "Jonas",
    "Lena",
    "Omar",
    "Petra",
    "Quinn",
    "Rosa",
    "Sam",
    "Vera",
]
LAST = [
    "Silva",
    "Costa",
    "Reis",
    "Moura",
    "Braga",
    "Pinto",
    "Lopes",
    "Serra",
    "Faria",
    "Campos",
    "Rocha",
    "Neves",
    "Matos",
    "Prado",
    "Viana",
    "Leal",
]
PLACES = [
    "Porto",
    "Lisbon",
    "Coimbra",
    "Braga",
    "Faro",
    "Madrid",
    "Paris",
    "Galway",
    "Turin",
    "Ghent",
    "Bergen",
    "Tallinn",
    "Krakow",
    "Graz",
    "Bern",
    "Lund",
]
FIRMS = [
    "Atlas",
    "Nimbus",
    "Corvid",
    "Lumen",
    "Harbor",
    "Quartz",
    "Meridian",
    "Saffron",
    "Cobalt",
    "Juniper",
    "Onyx",
    "Pioneer",
    "Sable",
    "Tundra",
]
THINGS = [
    "chess",
    "pottery",
    "climbing",
    "jazz",
    "baking",
    "sailing",
    "botany",
    "cinema",
    "cycling",
    "origami",
    "poetry",
    "surfing",
    "astronomy",
]
FACTS: Sequence[tuple[str, str]] = (
    ("{p} works at {f} in {c}", "WORKS_AT|p|f"),
    ("{p} moved to {c} last spring", "MOVED_TO|p|c"),
    ("{p} spends most weekends on {t}", "ENJOYS|p|t"),
    ("{p} met {q} at the {f} office", "MET|p|q"),
    ("{p} is planning a trip to {c} with {q}", "TRAVELS_WITH|p|q"),
)
QUESTIONS = (
    "who works at {f}?",
    "where did {p} move?",
    "what does {p} do at weekends?",
    "which company employs the person that {p} met?",
    "who is going on a trip to {c}?",
)


def facts(count: int, users: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Items for `add_many`: a sentence and its triple, by users in turn."""
    rng = random.Random(seed)
    for number in range(count):
        parts = _parts(rng)
        text, triple = rng.choice(FACTS)
        relation, source, target = triple.split("|")
        yield {
            "messages": f"{text.format(**parts)}, note {number}.",
            "user_id": f"user-{number % users}",
            "infer": False,
            "relations": [(parts[source], relation, parts[target])],
            "metadata": {"number": number, "batch": number % 10},
        }


def _parts(rng: random.Random) -> dict[str, str]:
    def person() -> str:
        return f"{rng.choice(FIRST)} {rng.choice(LAST)}"

    return {
        "p": person(),
        "q": person(),
        "c": rng.choice(PLACES),
        "f": rng.choice(FIRMS),
        "t": rng.choice(THINGS),
    }


def questions(count: int, users: int, seed: int = 11) -> Iterator[tuple[str, str]]:
    """(question, user) pairs."""
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choice(QUESTIONS).format(**_parts(rng)), f"user-{rng.randrange(users)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000x1,10000x10,100000x100,100000x1", help="memories x users, by commas")
    parser.add_argument("--searches", type=int, default=500)
    parser.add_argument("--warm", type=int, help="searches before those that are timed; default: 20, of a server 2,000")
    parser.add_argument("--rest", type=int, default=0, help="seconds from loading to asking, for a server to index in")
    parser.add_argument("--adds", type=int, default=1_000)
    parser.add_argument("--location", help="where the memory is, e.g. neo4j://…; default: a temporary folder")
    parser.add_argument("--vectors", default="edge", help="where its index is, e.g. http://localhost:6333")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--keep", action="store_true", help="keep the figures, in bench/speed.json and on the page")
    chosen = parser.parse_args(arguments)
    console = Console()
    rows: list[dict[str, Any]] = [{"size": "package", "import s": _import_time()}]
    _line(console, "size", ALL)
    for size in chosen.sizes.split(","):
        memories, users = (int(part) for part in size.split("x"))
        with console.status(f"{memories} memories of {users} users"):
            row = _measure(memories, users, chosen)
        rows.append(row)
        _line(console, size, [f"{row[heading]:.2f}" for heading in ALL])
    stages = list(rows[-1]["stages"])
    console.print("\nmedians of the stages of a search, and of a plain loop")
    _line(console, "size", [*stages, "loop"])
    for row in rows[1:]:
        medians = [*(row["stages"].get(stage, 0.0) for stage in stages), row["loop"]]
        _line(console, row["size"], [f"{median:.2f}" for median in medians])
    console.print(f"\nimport graphmem, then Memory: {rows[0]['import s']:.2f} s; adds and searches in milliseconds")
    if chosen.json:
        write_json(chosen.json, rows)
    if chosen.keep:
        keep("latency", place(chosen.location, chosen.vectors), {row["size"]: row for row in rows[1:]})


ALL = ("bulk/s", "add p50", "add p99", "search p50", "search p99", "open s", "rest MB")


def _line(console: Console, size: str, cells: Sequence[str]) -> None:
    """A row as soon as it is there, in columns of one width."""
    console.print(f"{size:>12}" + "".join(f"{cell:>12}" for cell in cells), highlight=False, soft_wrap=True)


def _measure(memories: int, users: int, chosen: argparse.Namespace) -> dict[str, Any]:
    settings = Settings(extractor="verbatim", embedder="bundled", vectors=chosen.vectors)
    stages: list[dict[str, float]] = []
    loops: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        with Memory(chosen.location or folder, settings=settings) as memory:
            items = list(facts(memories, users))
            bulk = memories / _took(lambda: memory.add_many(items))
            asked = list(questions(chosen.searches, users))
            memory.index("drain")
            time.sleep(chosen.rest)
            warm = chosen.warm if chosen.warm is not None else 2_000 if chosen.location else 20
            for text, user in questions(warm, users, seed=17):
                memory.search(text, user_id=user)
            searches = [_took(partial(memory.search, text, user_id=user)) for text, user in asked]
            for text, user in asked[:EXPLAINED]:
                stages.append(memory.search(text, user_id=user, explain=True)["explain"]["milliseconds"])
                loops.append(_took(_loop) * 1000)
            extra = list(facts(chosen.adds, users, seed=13))
            adds = [_took(partial(memory.add, **item)) for item in extra]
        opened, rest = _at_rest(chosen.location or folder, chosen.vectors)
    return {
        "size": f"{memories}x{users}",
        "bulk/s": bulk,
        "add p50": statistics.median(adds) * 1000,
        "add p99": _percentile(adds) * 1000,
        "search p50": statistics.median(searches) * 1000,
        "search p99": _percentile(searches) * 1000,
        "open s": opened,
        "rest MB": rest,
        "stages": medians(stages),
        "loop": statistics.median(loops),
    }


EXPLAINED = 200
"""Searches that are asked for the times of their stages."""


def _loop() -> None:
    """Work that depends on nothing but the interpreter and the machine's moment: 2-3 ms where it is fast."""
    held: dict[int, int] = {}
    for number in range(20_000):
        held[number % 997] = held.get(number % 997, 0) + number


def _took(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _percentile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _at_rest(folder: str, vectors: str) -> tuple[float, float]:
    """Seconds until the first answer, and megabytes resident, of a fresh process that opened the memory."""
    code = (
        "import sys, time; started = time.perf_counter()\n"
        "from graphmem import Memory, Settings\n"
        "with Memory(sys.argv[1], settings=Settings(extractor='verbatim', vectors=sys.argv[2])) as memory:\n"
        "    memory.search('who works at Atlas?', user_id='user-0')\n"
        "    took = time.perf_counter() - started\n"
        "    pages = int(open('/proc/self/statm').read().split()[1])\n"
        "    print(took, pages * 4096 / 2**20)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, folder, vectors], capture_output=True, text=True, check=True)
    took, rest = done.stdout.split()
    return float(took), float(rest)


def _import_time() -> float:
    code = "import time; t = time.perf_counter(); from graphmem import Memory; print(time.perf_counter() - t)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    return min(times)


if __name__ == "__main__":
    main()
