"""The tables of ledger and registry.

What is there already is left: a home from before migrations has the ledger's tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables that are missing."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_event_pkey")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("audit_event_platform_subject"),
        "audit_event",
        ["platform", "subject"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "blob",
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checksum", name=op.f("blob_pkey")),
        if_not_exists=True,
    )
    op.create_table(
        "build",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("build_pkey")),
        if_not_exists=True,
    )
    op.create_index("build_run", "build", ["dag_id", "run_id"], unique=False, if_not_exists=True)
    op.create_table(
        "bundle_version",
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "number", name=op.f("bundle_version_pkey")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("bundle_version_platform_version"),
        "bundle_version",
        ["platform", "version"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "cleanup",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("partitions", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("cleaned_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("cleanup_pkey")),
        if_not_exists=True,
    )
    op.create_table(
        "cleanup_object",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("object", sa.String(length=400), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("partitions", sa.Integer(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("cutoff", sa.Date(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("forced", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("cleaned_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("cleanup_object_pkey")),
        if_not_exists=True,
    )
    op.create_index(
        "cleanup_object_client", "cleanup_object", ["client_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        "cleanup_object_run", "cleanup_object", ["dag_id", "run_id"], unique=False, if_not_exists=True
    )
    op.create_table(
        "configuration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("stream_key", sa.String(length=100), nullable=False),
        sa.Column("config_json", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("configuration_pkey")),
        sa.UniqueConstraint("platform", "stream_key", name=op.f("configuration_platform_stream_key_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("configuration_platform_status"),
        "configuration",
        ["platform", "status"],
        unique=False,
        if_not_exists=True,
    )
    live = sa.text("status <> 'removed'")
    op.create_index(
        "configuration_live",
        "configuration",
        ["stream_key"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
        if_not_exists=True,
    )
    op.create_table(
        "created_dag",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("dag_id", sa.String(length=200), nullable=False),
        sa.Column("namespace", sa.String(length=100), nullable=False),
        sa.Column("template", sa.String(length=100), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("created_dag_pkey")),
        sa.UniqueConstraint("platform", "dag_id", name=op.f("created_dag_platform_dag_id_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("created_dag_platform_owner"),
        "created_dag",
        ["platform", "owner"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("tables", sa.JSON(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pkey")),
        if_not_exists=True,
    )
    op.create_index("delivery_run", "delivery", ["dag_id", "run_id"], unique=False, if_not_exists=True)
    op.create_table(
        "extraction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("entity", sa.String(length=100), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("landed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("extraction_pkey")),
        if_not_exists=True,
    )
    op.create_index("extraction_run", "extraction", ["dag_id", "run_id"], unique=False, if_not_exists=True)
    op.create_table(
        "layer_lease",
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=250), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("dag_id", "run_id", "layer", name=op.f("layer_lease_pkey")),
        if_not_exists=True,
    )
    op.create_table(
        "rebuild_request",
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("task_id", sa.String(length=250), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "dag_id", "run_id", "task_id", "try_number", name=op.f("rebuild_request_pkey")
        ),
        if_not_exists=True,
    )
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("entity", sa.String(length=200), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("signed_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("release_pkey")),
        if_not_exists=True,
    )
    op.create_index("release_client", "release", ["client_id"], unique=False, if_not_exists=True)
    op.create_table(
        "revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("stream_key", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("config_json", sa.Text(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("revision_pkey")),
        sa.UniqueConstraint(
            "platform", "stream_key", "revision", name=op.f("revision_platform_stream_key_revision_key")
        ),
        if_not_exists=True,
    )
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("config_version", sa.String(length=12), nullable=False),
        sa.Column("interval_start", sa.DateTime(), nullable=False),
        sa.Column("interval_end", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("run_pkey")),
        if_not_exists=True,
    )
    op.create_index("run_key", "run", ["dag_id", "run_id"], unique=True, if_not_exists=True)
    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("judged_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("verdict_pkey")),
        if_not_exists=True,
    )
    op.create_index("verdict_run", "verdict", ["dag_id", "run_id"], unique=False, if_not_exists=True)
    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("signed_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("waiver_pkey")),
        if_not_exists=True,
    )
    op.create_index("waiver_client", "waiver", ["client_id"], unique=False, if_not_exists=True)
    op.create_table(
        "dag_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("made_from", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["checksum"], ["blob.checksum"], name=op.f("dag_file_checksum_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dag_file_pkey")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("dag_file_platform_path"), "dag_file", ["platform", "path"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("dag_file_platform_until"), "dag_file", ["platform", "until"], unique=False, if_not_exists=True
    )
    op.create_table(
        "node_result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("build_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("node", sa.String(length=400), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("failing", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.id"], name=op.f("node_result_build_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("node_result_pkey")),
        if_not_exists=True,
    )
    op.create_index(
        "node_result_run", "node_result", ["dag_id", "run_id", "id"], unique=False, if_not_exists=True
    )
