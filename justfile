# What people do here every day. `just` alone lists it.

_list:
    @just --list --unsorted

# Everything a change has to pass before it is sent: format, lint, types, layers, tests
check:
    uv run ruff format --check .
    uv run ruff check .
    uv run mypy
    uv run lint-imports
    uv run pytest

# The tests that need nothing but this machine; arguments go to pytest
test *arguments:
    uv run pytest {{ arguments }}

# The long rounds: random kills, large random filters, notebooks, and the wheel
test-slow *arguments:
    uv run pytest -n 0 -m "(slow or wheel) and not services" {{ arguments }}

# The tests that need a real Neo4j, which is started where none is given (long ones: -m "services and slow")
test-services *arguments:
    uv run pytest -n 0 -m "services and not slow and not clients" {{ arguments }}

# mem0's own clients, on an embedded store and on Neo4j; needs uv, node and npm, and their registries once
test-clients *arguments:
    uv run pytest -n 0 -m clients {{ arguments }}

# REST on 127.0.0.1:8000, OpenAPI at /docs
serve *arguments:
    uv run graphmem serve {{ arguments }}

# Build the documentation into site/; warnings are errors
docs:
    uv run --only-group docs mkdocs build --strict

# Recall on all sets, written into docs/benchmarks.md; arguments: --quick, --sets musique,locomo
bench *arguments:
    uv run python -m bench {{ arguments }}

# graphmem beside mem0, plain vectors, BM25 and their fusion, in one run; needs uv and its registry
beside *arguments:
    uv run python -m bench.beside {{ arguments }}

# Remember a small conversation, answer five questions
demo:
    uv run graphmem demo

# What continuous integration runs
ci:
    .ci/run

# A real Neo4j with APOC and Neo4j Browser, without containers; prints both addresses (needs Java 17 and Maven)
neo4j *home:
    uv run python -m tests.support.neo4j_local {{ home }}
