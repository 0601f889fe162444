"""What each failed try of a task failed of, and what was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from medallion.database.schema import Id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: Of builds that were tried again before, reason and moment are known; a series counts on from its first.
_OF_BUILDS = """
    insert into failed_try
        (dag_id, run_id, task_id, try_number, failure, reason, again, failed_at, began_again_at)
    select dag_id, run_id, layer || '.build', try_number, 'unknown', message, 1, finished_at, next_at
    from (
        select
            build.*,
            series - 1 + row_number() over one_series as try_number,
            lead(started_at) over one_series as next_at
        from build
        where series > 0
        window one_series as (partition by dag_id, run_id, layer, series order by id)
    ) as numbered
    where state = 'retry' and finished_at is not null
    order by id
"""


def upgrade() -> None:
    """Add the table, with what is known of builds that were tried again."""
    op.create_table(
        "failed_try",
        sa.Column("id", Id, nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=False),
        sa.Column("sign", sa.String(100), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("delay", sa.Float()),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.Column("began_again_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("failed_try_pkey")),
    )
    op.create_index("failed_try_run", "failed_try", ["dag_id", "run_id"])
    op.execute(_OF_BUILDS)
