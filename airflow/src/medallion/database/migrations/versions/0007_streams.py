"""What streams took, how far they read, and what batches found of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from medallion.database.schema import Id

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; they are empty until a client has real time."""
    op.create_table(
        "stream_batch",
        sa.Column("id", Id, nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(100), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("path", sa.String(100), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("first_event", sa.DateTime()),
        sa.Column("early_event", sa.DateTime()),
        sa.Column("median_event", sa.DateTime()),
        sa.Column("last_event", sa.DateTime()),
        sa.Column("first_arrival", sa.DateTime()),
        sa.Column("landed_at", sa.DateTime(), nullable=False),
        sa.Column("gold_run", sa.String(250)),
        sa.Column("gold_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("stream_batch_pkey")),
    )
    op.create_index("stream_batch_client", "stream_batch", ["client_id", "gold_at", "landed_at"])
    op.create_table(
        "stream_offset",
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(100), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "source", "entity", "channel", name=op.f("stream_offset_pkey")),
    )
    op.create_table(
        "stream_part",
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(100), nullable=False),
        sa.Column("path", sa.String(100), nullable=False),
        sa.Column("interval_start", sa.DateTime(), nullable=False),
        sa.Column("first_event", sa.DateTime()),
        sa.Column("last_event", sa.DateTime()),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("built_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("client_id", "source", "entity", "path", name=op.f("stream_part_pkey")),
    )
    op.create_table(
        "stream_difference",
        sa.Column("id", Id, nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(100), nullable=False),
        sa.Column("interval_start", sa.DateTime(), nullable=False),
        sa.Column("batch_rows", sa.BigInteger(), nullable=False),
        sa.Column("stream_rows", sa.BigInteger(), nullable=False),
        sa.Column("same", sa.BigInteger(), nullable=False),
        sa.Column("differing", sa.BigInteger(), nullable=False),
        sa.Column("batch_only", sa.BigInteger(), nullable=False),
        sa.Column("stream_only", sa.BigInteger(), nullable=False),
        sa.Column("compared_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("stream_difference_pkey")),
    )
    op.create_index("stream_difference_run", "stream_difference", ["dag_id", "run_id"])
