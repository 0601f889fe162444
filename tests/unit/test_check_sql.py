"""`make check` fails on a dbt project that breaks its conventions, and says where and what."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.soak]

ROOT = Path(__file__).resolve().parents[2]
CRM = "dbt/models/silver/clean/crm"
BROKEN = (
    "clean_crm__customers",
    "clean_crm__segments",
    "clean_crm__visits",
    "crm_customer_has_",
    "bronze_crm__segments",
)
VISITS = """with clean_crm__visits as (

    select 1 as as visit_id limit 3

)

select * from clean_crm__visits
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the check reads, with the models of one source alone."""
    copy = tmp_path_factory.mktemp("project")
    for place in ("dbt", "configs", "airflow/src/medallion/sample_data/sql", "tests/warehouse"):
        shutil.copytree(ROOT / place, copy / place, ignore=shutil.ignore_patterns("target", "__pycache__"))
    for file in ("tests/check_sql.py", ".sqlfluff"):
        shutil.copy(ROOT / file, copy / file)
    models = copy / "dbt/models"
    for folder in [*models.glob("bronze/*"), *models.glob("silver/*/*"), *models.glob("gold/*")]:
        if folder.name != "crm":
            shutil.rmtree(folder)
    for test in (copy / "dbt/tests/singular").iterdir():
        test.unlink()
    written = copy / "dbt/dbt_project.yml"
    described = yaml.safe_load(written.read_text(encoding="utf-8"))
    del described["models"]["medallion"]["gold"]
    written.write_text(yaml.safe_dump(described), encoding="utf-8")
    return copy


def check(project: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, project / "tests" / "check_sql.py"], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_breach_of_the_conventions_is_named_with_its_file(project: Path) -> None:
    described = project / CRM / "_clean_crm__models.yml"
    edit(described, "One row per\n      customer", "All of a\n      customer")
    edit(described, "        data_tests: [unique, not_null]\n", "")
    (project / CRM / "clean_crm__visits.sql").write_text(VISITS)
    edit(
        project / "dbt/models/silver/validate/crm/_validate_crm__models.yml",
        "name: crm_customer_has_phone",
        "name: crm_customer_has_fax",
    )
    edit(
        project / "dbt/models/bronze/crm/bronze_crm__segments.sql",
        "    from landed",
        "    from landed -- acme_corp's",
    )
    code, told = check(project)
    assert code == 1
    wanted = {
        f"{described.relative_to(project).with_name('clean_crm__customers.sql')}: clean_crm__customers: "
        "the description must end with its grain, `One row per ….`",
        f"{CRM}/clean_crm__customers.sql: clean_crm__customers: its key has no test; "
        "allowed are unique, unique_together",
        f"{CRM}/clean_crm__visits.sql: clean_crm__visits: no column is documented",
        f"{CRM}/clean_crm__visits.sql: limit is not allowed",
        "dbt/models/silver/validate/crm/_validate_crm__models.yml: crm_customer_has_fax: a rule without a "
        "test: nothing in tests/warehouse or airflow/src/medallion/sample_data/sql names it",
    }
    assert wanted <= set(told)
    assert all(any(name in line for name in BROKEN) for line in told[:-1]), told  # and nothing else is
    assert any("bronze_crm__segments.sql:" in line and "names the client acme_corp" in line for line in told)
    assert any("clean_crm__visits is no tsql" in line for line in told)
