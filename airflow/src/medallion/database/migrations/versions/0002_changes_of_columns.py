"""What an extraction found changed in its entity's columns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was landed before found nothing, as far as is known."""
    op.add_column("extraction", sa.Column("changes", sa.JSON(), nullable=False, server_default="[]"))
