"""The macros' SQL as SQL Server gets it: rendered by dbt, parsed as T-SQL, and linted as the models are."""

from __future__ import annotations

import pytest
import sqlglot
from dbt.cli.main import dbtRunner
from sqlfluff.core import FluffConfig, Linter

from medallion.settings import load_settings

pytestmark = pytest.mark.slow

RELATION = "api.Relation.create(database='medallion', schema='acme_silver', identifier='clean_sales__orders')"


@pytest.fixture(scope="module")
def render(project, tmp_path_factory):
    """Compile one call for SQL Server, with no server there."""
    folder = tmp_path_factory.mktemp("tsql")

    def run(call: str) -> str:
        outcome = dbtRunner().invoke(
            [
                *("compile", "--no-populate-cache", "--no-introspect", "--target", "sqlserver"),
                *("--inline", "{{ " + call + " }}", "--log-path", str(folder), "--log-level", "none"),
                *("--project-dir", str(project.dbt_project), "--profiles-dir", str(project.dbt_project)),
                *("--target-path", str(folder), "--quiet"),
            ]
        )
        assert outcome.success, outcome.exception
        return outcome.result.results[0].node.compiled_code

    return run


def _judged(sql: str) -> sqlglot.exp.Expression:
    linter = Linter(config=FluffConfig.from_path(str(load_settings().project)))
    found = linter.lint_string(sql).get_violations()
    assert not found, [(one.line_no, one.desc()) for one in found]
    (statement,) = sqlglot.parse(sql, dialect="tsql")
    return statement


def test_rows_are_counted_in_bigint(render):
    sql = render(f"count_past({RELATION}, '2026-01-30', '2026-01-01')")
    statement = _judged(sql)
    assert isinstance(statement, sqlglot.exp.Select)
    assert statement.named_selects == ["held", "gone", "returned"]
    assert "cast('2026-01-30' as date)" in sql
    assert "cast('2026-01-01' as date)" in sql


def test_what_was_deleted_before_is_never_more_than_what_goes(render):
    sql = render(f"count_past({RELATION}, '2026-01-30', '2026-02-15')")
    assert "2026-02-15" not in sql


def test_rows_are_deleted_by_run_date(render):
    sql = render(f"delete_past({RELATION}, '2026-01-30')")
    assert isinstance(_judged(sql), sqlglot.exp.Delete)
    assert " ".join(sql.split()) == (
        'delete from "medallion"."acme_silver"."clean_sales__orders" '
        "where _run_date < cast('2026-01-30' as date)"
    )
