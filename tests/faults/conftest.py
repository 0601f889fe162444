"""A client whose first day is done, in a home of its own for each test; and its clean second day."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.stand import Project, Stand, make_project
from sharing import share_manifests


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("stall"))


@pytest.fixture(scope="session")
def first_day(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The client after its first run."""
    made = Stand(project, tmp_path_factory.mktemp("first"))
    share_manifests(made.home)
    for day in (1, 2):
        made.sell(day)
    assert made.run(1)
    return made


@pytest.fixture(scope="session")
def clean(first_day: Stand, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The client after its second run, which nothing disturbed."""
    made = first_day.copy(tmp_path_factory.mktemp("clean") / "home")
    assert made.run(2)
    assert made.told() == []
    return made


@pytest.fixture
def stand(first_day: Stand, clean: Stand, tmp_path: Path) -> Stand:
    """The client before its second run."""
    return first_day.copy(tmp_path / "home")
