"""What people were told of, through which channel, and how that went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from medallion.database.schema import Id

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; what was told before lies in the outbox alone."""
    op.create_table(
        "notification",
        sa.Column("id", Id, nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("cause", sa.String(250), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("notification_pkey")),
    )
    cause = ["dag_id", "run_id", "cause", "episode"]
    op.create_index("notification_cause", "notification", cause, unique=True)
    op.create_index("notification_client", "notification", ["client_id", "first_at"])
    op.create_table(
        "notification_channel",
        sa.Column("notification_id", Id, nullable=False),
        sa.Column("channel", sa.String(500), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("notification_channel_notification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("notification_id", "channel", name=op.f("notification_channel_pkey")),
    )
