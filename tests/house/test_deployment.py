"""What operators are given fits the code: the compose file, the image, the dashboard, the sizes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.metrics import Metrics
from graphmem.settings import Settings

ROOT = Path(__file__).parents[2]
SECRETS = {"NEO4J_PASSWORD": "one", "QDRANT_API_KEY": "two"}


def compose(**environment: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    bare = {name: value for name, value in os.environ.items() if name not in SECRETS}
    command = [program, "-f", str(ROOT / "docker-compose.yml"), "config"]
    return subprocess.run(command, env=bare | environment, capture_output=True, text=True, check=False)


@pytest.mark.services
def test_the_compose_file_is_valid() -> None:
    done = compose(**SECRETS)
    assert done.returncode == 0, done.stderr
    assert "neo4j://neo4j:one@neo4j:7687" in done.stdout


@pytest.mark.services
@pytest.mark.parametrize("name", SECRETS)
def test_without_a_secret_nothing_starts(name: str) -> None:
    done = compose(**{other: value for other, value in SECRETS.items() if other != name})
    assert done.returncode != 0
    assert name in done.stderr


def test_every_port_is_on_loopback() -> None:
    ports = re.findall(r'^ +- "([^"]+:\d+)"', (ROOT / "docker-compose.yml").read_text(), flags=re.M)
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_the_container_is_told_are_settings() -> None:
    told = set(re.findall(r"^ +GRAPHMEM_(\w+):", (ROOT / "docker-compose.yml").read_text(), flags=re.M))
    assert told
    assert told <= {name.upper() for name in Settings.model_fields}


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER graphmem"]


def test_the_dashboard_and_the_page_speak_of_metrics_there_are() -> None:
    names = set(re.findall(r"^# TYPE (\w+) ", Metrics().render().decode(), flags=re.M))
    names = {name.removesuffix("_created") for name in names}
    dashboard = json.loads((ROOT / "docs/assets/grafana.json").read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    page = (ROOT / "docs/production.md").read_text()
    found = set(re.findall(r"graphmem_[a-z_]+", f"{asked} {page}"))
    known = names | {f"{name}_bucket" for name in names}
    assert len(found) >= 9
    assert found - known == set()
