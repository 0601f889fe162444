"""The registry's tables. Times are UTC without zone; what is confidential may be encrypted at rest."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from medallion.database.schema import Id, metadata

_LIVE = text("status <> 'removed'")

#: A client as it is live; ``config_json`` is its definition, perhaps encrypted.
configuration = Table(
    "configuration",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(60), nullable=False),
    Column("stream_key", String(100), nullable=False),
    Column("config_json", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("origin", String(10), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    UniqueConstraint("platform", "stream_key"),
    Index(None, "platform", "status"),
    # Ledger, warehouse and schemas are named after a client, so it lives on one platform at a time.
    Index("configuration_live", "stream_key", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)

#: What a configuration was at each of its revisions; never changed, never deleted.
revision = Table(
    "revision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(60), nullable=False),
    Column("stream_key", String(100), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("config_json", Text, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    Column("origin", String(10), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    UniqueConstraint("platform", "stream_key", "revision"),
)

#: Who did what to which client or DAG, and when; never changed, never deleted.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(60), nullable=False),
    Column("subject", String(250), nullable=False),  # a client's id, a DAG's id, or the platform's name
    Column("action", String(40), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("detail", Text, nullable=False),  # JSON, perhaps encrypted
    Column("happened_at", DateTime, nullable=False),
    Index(None, "platform", "subject"),
)

#: Content of DAG files by its hash: every host writes the same bytes.
blob = Table(
    "blob",
    metadata,
    Column("checksum", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

#: The bundle's files through time: one is there from version number ``since`` until before ``until``.
dag_file = Table(
    "dag_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(60), nullable=False),
    Column("path", String(400), nullable=False),  # inside the bundle, with slashes
    Column("checksum", String(64), ForeignKey("blob.checksum"), nullable=False),
    Column("made_from", String(64), nullable=False),  # a hash of what it was rendered from
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    Index(None, "platform", "path"),
    Index(None, "platform", "until"),
)

#: The versions of a platform's bundle: a number that counts up, and the hash of its files.
bundle_version = Table(
    "bundle_version",
    metadata,
    Column("platform", String(60), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("version", String(40), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Index(None, "platform", "version"),
)

#: DAGs that applications had made from a template.
created_dag = Table(
    "created_dag",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(60), nullable=False),
    Column("dag_id", String(200), nullable=False),
    Column("namespace", String(100), nullable=False),
    Column("template", String(100), nullable=False),
    Column("arguments", Text, nullable=False),  # master_dict as a Python literal, perhaps encrypted
    Column("runs", Integer, nullable=False),  # 1: @once as soon as it is detected; 0: only prepared
    Column("owner", String(200)),
    Column("revision", Integer, nullable=False),
    Column("expires_at", DateTime),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    UniqueConstraint("platform", "dag_id"),
    Index(None, "platform", "owner"),
)
