"""What Alembic runs: the migrations, on the connection it was given."""

from __future__ import annotations

from alembic import context

from medallion.database.schema import metadata
from medallion.ledger import tables as _ledger  # noqa: F401  (its tables join the metadata)
from medallion.registry import tables as _registry  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
