"""What a landing was held to by its contract, and what was found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from medallion.database.schema import Id

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; what landed before was held to its count of rows alone."""
    op.create_table(
        "contract_check",
        sa.Column("id", Id, nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(100), nullable=False),
        sa.Column("check", sa.String(40), nullable=False),
        sa.Column("column", sa.String(100)),
        sa.Column("on_breach", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("found", sa.BigInteger()),
        sa.Column("population", sa.BigInteger()),
        sa.Column("allowed", sa.Float(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("intervals", sa.Integer(), nullable=False),
        sa.Column("breaches", sa.Integer(), nullable=False),
        sa.Column("interval_start", sa.DateTime(), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("contract_check_pkey")),
    )
    op.create_index("contract_check_run", "contract_check", ["dag_id", "run_id"])
