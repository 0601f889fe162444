"""The cleaning macros as SQL Server gets them: rendered by dbt with no server there, and parsed as T-SQL."""

from __future__ import annotations

import pytest
import sqlglot
from dbt.cli.main import dbtRunner

pytestmark = pytest.mark.slow

RELATION = "api.Relation.create(database='medallion', schema='acme_silver', identifier='orders')"
TEXT = "api.Column('name', 'nvarchar', char_size=100)"
NUMBER = "api.Column('price', 'decimal', numeric_precision=9, numeric_scale=2)"


@pytest.fixture(scope="module")
def render(project, tmp_path_factory):
    """Compile several calls at once; returns their SQL in a list."""
    folder = tmp_path_factory.mktemp("tsql")

    def run(*calls: str) -> list[str]:
        outcome = dbtRunner().invoke(
            [
                *("compile", "--no-populate-cache", "--no-introspect", "--target", "sqlserver"),
                *("--inline", "\n;;\n".join("{{ " + call + " }}" for call in calls)),
                *("--project-dir", str(project.dbt_project), "--profiles-dir", str(project.dbt_project)),
                *("--target-path", str(folder), "--log-path", str(folder), "--log-level", "none", "--quiet"),
            ]
        )
        assert outcome.success, outcome.exception
        return [one.strip() for one in outcome.result.results[0].node.compiled_code.split(";;")]

    return run


def test_the_macros_are_t_sql(render):
    copies, quartiles, blank, no_blank, untrimmed, literal = render(
        f'delete_copies({RELATION}, {TEXT}, \'"id", "name"\')',
        f"quartiles({RELATION}, {NUMBER})",
        f"is_blank({TEXT})",
        f"is_blank({NUMBER})",
        f"is_untrimmed({TEXT})",
        'text_literal("it\'s; drop table x --")',
    )
    assert isinstance(sqlglot.parse_one(quartiles, dialect="tsql"), sqlglot.exp.Select)
    assert "within group (order by cast(" in quartiles
    deleted = sqlglot.parse_one(copies, dialect="tsql")
    assert isinstance(deleted, sqlglot.exp.Delete)
    assert "rowid" not in copies
    assert "collate latin1_general_100_bin2" in copies
    assert "trim(" in blank
    assert "trim(" not in no_blank
    assert untrimmed.startswith("datalength(")
    assert literal == "N'it''s; drop table x --'"
    for condition in (blank, no_blank, untrimmed):
        updated = f"update t set a = {literal} where {condition}"  # noqa: S608  # nothing runs it
        assert isinstance(sqlglot.parse_one(updated, dialect="tsql"), sqlglot.exp.Update)
