"""Every file in fixtures/clients/broken against the exact lines, in broken.txt, a person gets for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medallion.clients import load_catalog

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
BROKEN = sorted(FIXTURES.glob("broken/*"))
EXPECTED = (FIXTURES / "broken.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_every_problem_of_a_broken_file_is_told_with_its_line(file: Path) -> None:
    expected = [line for line in EXPECTED if line.startswith(f"broken/{file.name}:")]

    catalog = load_catalog(FIXTURES / "configs", [file])

    assert expected
    assert [str(problem) for problem in catalog.problems] == expected
    assert catalog.clients == {}


def test_every_expected_line_belongs_to_a_file() -> None:
    assert {line.split(":")[0] for line in EXPECTED} == {f"broken/{file.name}" for file in BROKEN}


def test_broken_clients_hide_no_good_one() -> None:
    catalog = load_catalog(FIXTURES / "configs", [*BROKEN, *FIXTURES.glob("good/*")])

    assert set(catalog.clients) == {"shop", "small"}
    assert set(catalog.broken) == {file.stem for file in BROKEN}
    assert [str(problem) for problem in catalog.problems] == EXPECTED


def test_no_message_repeats_a_password() -> None:
    texts = [file.read_text(encoding="latin-1") for file in BROKEN if file.is_file()]

    assert [text for text in texts if "hunter2" in text]
    assert not [line for line in EXPECTED if "hunter2" in line]


def test_without_a_dbt_project_the_names_of_rules_are_left_alone(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "configs", tmp_path / "configs")

    catalog = load_catalog(tmp_path / "configs", [FIXTURES / "broken" / "unknown_rule.yml"])

    assert list(catalog.clients) == ["unknown_rule"]
