from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"


@pytest.fixture
def fixtures() -> Path:
    """Client files good and broken, and the sources and destinations they name."""
    return FIXTURES


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A configs/ folder of the test's own, with the good clients in it."""
    folder = tmp_path / "configs"
    shutil.copytree(FIXTURES / "configs", folder)
    shutil.copytree(FIXTURES / "good", folder / "clients")
    return folder


@pytest.fixture
def edit(configs: Path) -> Callable[[str, str, str], None]:
    """Replace text in one of the test's own config files; the text must be there."""

    def change(file: str, old: str, new: str) -> None:
        path = configs / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change
