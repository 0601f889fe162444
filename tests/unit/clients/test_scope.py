from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.clients.scope import load_paths

Edit = Callable[[str, str, str], None]


@pytest.fixture
def two_broken(configs: Path, edit: Edit) -> Path:
    edit("clients/small.yml", "[crm]", "[crn]")
    edit("clients/shop.yml", "retries: 0", "retries: 99")
    return configs


def _files(paths: list[Path], configs: Path) -> list[str]:
    return [str(problem.file) for catalog in load_paths(paths, configs) for problem in catalog.problems]


def test_no_path_is_everything(two_broken: Path) -> None:
    assert _files([], two_broken) == ["configs/clients/shop.yml", "configs/clients/small.yml"]


def test_a_file_inside_shows_its_own_problems_only(two_broken: Path) -> None:
    assert _files([two_broken / "clients/small.yml"], two_broken) == ["configs/clients/small.yml"]


def test_a_folder_inside_shows_what_is_below_it(two_broken: Path) -> None:
    assert len(_files([two_broken / "clients"], two_broken)) == 2
    assert _files([two_broken / "sources"], two_broken) == []


def test_a_client_file_elsewhere_is_held_against_the_projects_sources(
    configs: Path, tmp_path: Path, fixtures: Path
) -> None:
    draft = tmp_path / "drafts" / "retention_zero.yml"
    draft.parent.mkdir()
    shutil.copy(fixtures / "broken/retention_zero.yml", draft)
    shutil.copy(fixtures / "good/small.yml", draft.parent / "tiny.yml")

    (catalog,) = load_paths([draft.parent], configs)

    assert [problem.key for problem in catalog.problems] == ["business_rules.data_retention_days"]
    assert set(catalog.clients) == {"tiny"}


def test_another_configs_folder_is_read_by_itself(configs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(configs, other)
    (other / "clients/small.yml").unlink()

    (catalog,) = load_paths([other], configs)

    assert set(catalog.clients) == {"shop"}


def test_a_path_is_the_same_place_however_it_is_written(
    two_broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two_broken / "sources")

    assert _files([Path("../clients/small.yml")], two_broken) == ["configs/clients/small.yml"]
