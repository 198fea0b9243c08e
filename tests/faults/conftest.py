"""What the faults share: the nursery, a PostgreSQL of their own, databases to copy.

`PARVIS_FAULTS=long` asks for the long form; `PARVIS_FAULTS_SEED` for other moments than usual.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import postgresql
from tests.faults.nursery import Nursery

LONG = os.environ.get("PARVIS_FAULTS") == "long"
SEED = int(os.environ.get("PARVIS_FAULTS_SEED", "20261123"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker does them all, and so makes their databases once; they wait long, and never for a given time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("faults-of-the-portal"))
            item.add_marker(pytest.mark.gateway)
            item.add_marker(pytest.mark.timeout(7200 if LONG else 900))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """The same moments each time; the seed is shown where a test fails."""
    print(f"PARVIS_FAULTS_SEED={SEED}")  # noqa: T201 - pytest shows it where a test fails
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as nursery:
        yield nursery


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    with postgresql.throwaway() as server:
        yield server


@pytest.fixture(scope="session")
def _current(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("current")
    nursery.do("build", folder=folder, release="current")
    return folder


@pytest.fixture
def installation(_current: Path, tmp_path: Path) -> Path:
    """The data folder of an installation with an empty embedded database of today's release."""
    folder = tmp_path / "data"
    shutil.copytree(_current, folder)
    return folder
