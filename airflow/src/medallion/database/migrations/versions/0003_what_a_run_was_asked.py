"""What whoever started a run asked of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier runs nobody wrote down who asked, or why."""
    op.add_column("run", sa.Column("asked_by", sa.String(200)))
    op.add_column("run", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("run", sa.Column("dry_run", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("run", sa.Column("rebuild", sa.JSON(), nullable=False, server_default="[]"))
