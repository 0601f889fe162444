"""The ledger's tables. Times are UTC without zone, which SQLite and PostgreSQL keep alike."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from medallion.database.schema import Id, Said, metadata


def _run_columns() -> list[Column[str]]:
    return [Column("dag_id", String(250), nullable=False), Column("run_id", String(250), nullable=False)]


run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("client_id", String(100), nullable=False),
    Column("config_version", String(12), nullable=False),
    Column("interval_start", DateTime, nullable=False),
    Column("interval_end", DateTime, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("asked_by", String(200)),  # null: the schedule
    Column("reason", Said, nullable=False, server_default=""),
    Column("dry_run", Integer, nullable=False, server_default="0"),
    Column("rebuild", JSON, nullable=False, server_default="[]"),  # layers
    Index("run_key", "dag_id", "run_id", unique=True),
)

build = Table(
    "build",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("layer", String(20), nullable=False),
    Column("series", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("message", Said, nullable=False, default=""),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Index("build_run", "dag_id", "run_id"),
)

#: Tries of tasks that did not end well; one that left no word is written down when the next one begins.
failed_try = Table(
    "failed_try",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("task_id", String(250), nullable=False),
    Column("try_number", Integer, nullable=False),
    Column("failure", String(40), nullable=False),  # its class
    Column("sign", String(100), nullable=False, server_default=""),  # by which it was recognised
    Column("reason", Said, nullable=False),
    Column("again", Integer, nullable=False),  # whether another try was to follow
    Column("delay", Float),  # seconds until it; null where Airflow counted them, or none was to follow
    Column("failed_at", DateTime, nullable=False),
    Column("began_again_at", DateTime),
    Index("failed_try_run", "dag_id", "run_id"),
)

node_result = Table(
    "node_result",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("build_id", Id, ForeignKey("build.id"), nullable=False),
    Column("layer", String(20), nullable=False),
    Column("node", String(400), nullable=False),
    Column("status", String(20), nullable=False),
    Column("message", Said, nullable=False),
    Column("rows", BigInteger),
    Column("seconds", Float),
    Column("failing", BigInteger),
    Column("population", BigInteger),
    Column("log", Said, nullable=False),
    Column("finished_at", DateTime, nullable=False),
    Index("node_result_run", "dag_id", "run_id", "id"),
)

#: Nodes cleared by hand that wait for a build of their own; ``since`` is when they were cleared.
rebuild_request = Table(
    "rebuild_request",
    metadata,
    *(Column(column.name, String(250), primary_key=True) for column in _run_columns()),
    Column("task_id", String(250), primary_key=True),
    Column("try_number", Integer, primary_key=True),
    Column("layer", String(20), nullable=False),
    Column("nodes", JSON, nullable=False),
    Column("since", DateTime, nullable=False),
)

#: Who may build a layer's cleared nodes now; taken anew once it has expired. Without a run: which runs of the
#: DAG are at work, by their ids (``run 1``, ``run 2``, …), and which of them builds (``build 1``). The layers
#: ``waits`` and ``waits to build``: since when a run waits to.
layer_lease = Table(
    "layer_lease",
    metadata,
    *(Column(column.name, String(250), primary_key=True) for column in _run_columns()),
    Column("layer", String(20), primary_key=True),
    Column("owner", String(250), nullable=False),
    Column("expires_at", DateTime, nullable=False),
)

extraction = Table(
    "extraction",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("source", String(100), nullable=False),
    Column("entity", String(100), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("changes", JSON, nullable=False, server_default="[]"),  # of columns, a sentence each
    Column("landed_at", DateTime, nullable=False),
    Index("extraction_run", "dag_id", "run_id"),
)

#: What checks of a contract found in a run: a row each, of the worst of the run's intervals.
contract_check = Table(
    "contract_check",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("source", String(100), nullable=False),
    Column("entity", String(100), nullable=False),  # empty: all of the source's
    Column("check", String(40), nullable=False),
    Column("column", String(100)),  # of not_null
    Column("on_breach", String(10), nullable=False),  # fail or warn
    Column("state", String(20), nullable=False),  # passed, warned, failed or not measured
    Column("found", BigInteger),  # seconds of age, or rows
    Column("population", BigInteger),  # rows that were looked at
    Column("allowed", Float, nullable=False),  # seconds or rows at most, rows at least, or a share at most
    Column("said", Said, nullable=False),
    Column("intervals", Integer, nullable=False),
    Column("breaches", Integer, nullable=False),  # of these intervals
    Column("interval_start", DateTime, nullable=False),  # of the worst one
    Column("checked_at", DateTime, nullable=False),
    Index("contract_check_run", "dag_id", "run_id"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("gate", String(40), nullable=False),
    Column("layer", String(20), nullable=False),
    Column("passed", Integer, nullable=False),
    Column("score", Float),
    Column("threshold", Float, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("judged_at", DateTime, nullable=False),
    Index("verdict_run", "dag_id", "run_id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("destination", String(100), nullable=False),
    Column("path", Text, nullable=False),
    Column("tables", JSON, nullable=False),
    Column("delivered_at", DateTime, nullable=False),
    Index("delivery_run", "dag_id", "run_id"),
)

#: What cleanups deleted or refused to, object by object: never changed, never deleted. No dry run is in it.
cleanup_object = Table(
    "cleanup_object",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),  # of a cleanup by hand the run is named after its time: by_hand__…
    Column("client_id", String(100), nullable=False),
    Column("layer", String(20), nullable=False),
    Column("object", String(400), nullable=False),  # a table, or source.entity of landing
    Column("rows", BigInteger),  # of a table
    Column("partitions", Integer),  # of landing, as files and bytes
    Column("files", Integer),
    Column("bytes", BigInteger),
    Column("cutoff", Date, nullable=False),
    Column("share", Float, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("forced", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("cleaned_at", DateTime, nullable=False),
    Index("cleanup_object_run", "dag_id", "run_id"),
    Index("cleanup_object_client", "client_id"),
)

#: A row for each cleanup that ended well, also one that found nothing or was left out, which ``detail.why``
#: then says; the counts are landing's.
cleanup = Table(
    "cleanup",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("partitions", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("cleaned_at", DateTime, nullable=False),
)

#: Signed exceptions; a row is never changed but for its withdrawal, which is written once.
waiver = Table(
    "waiver",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", String(100), nullable=False),
    Column("rule", String(100), nullable=False),
    Column("until", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("signed_by", String(200), nullable=False),
    Column("signed_at", DateTime, nullable=False),
    Column("withdrawn_by", String(200)),
    Column("withdrawn_at", DateTime),
    Index("waiver_client", "client_id"),
)

#: Rows let out of quarantine by hand; a row is never changed but for its revocation, which is written once.
release = Table(
    "release",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", String(100), nullable=False),
    Column("entity", String(200), nullable=False),
    Column("key", JSON, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("why", Text, nullable=False),
    Column("signed_by", String(200), nullable=False),
    Column("signed_at", DateTime, nullable=False),
    Column("revoked_by", String(200)),
    Column("revoked_at", DateTime),
    Index("release_client", "client_id"),
)

#: What people were told of: a row a cause, and another one where it came back after it had ended. What is
#: about a client and not a run of it has a blank run_id.
notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("client_id", String(100), nullable=False),
    Column("cause", String(250), nullable=False),
    Column("episode", Integer, nullable=False),  # 1, and more where it came back
    Column("kind", String(40), nullable=False),
    Column("severity", String(10), nullable=False),  # the worst so far
    Column("task_id", String(250), nullable=False),
    Column("subject", Said, nullable=False),
    Column("held", Integer, nullable=False),  # repeats that nobody was told of
    Column("first_at", DateTime, nullable=False),
    Column("last_at", DateTime, nullable=False),
    Column("ended_at", DateTime),  # when it recovered
    Index("notification_cause", "dag_id", "run_id", "cause", "episode", unique=True),
    Index("notification_client", "client_id", "first_at"),
)

#: Which channel was told of it, and how that went.
notification_channel = Table(
    "notification_channel",
    metadata,
    Column("notification_id", Id, ForeignKey("notification.id"), primary_key=True),
    Column("channel", String(500), primary_key=True),
    Column("severity", Integer, nullable=False),  # the rank of what was told last
    Column("state", String(20), nullable=False),  # sending, sent or failed
    Column("tries", Integer, nullable=False),
    Column("detail", Said, nullable=False),  # why it failed
    Column("told_at", DateTime, nullable=False),
)


#: What a stream took at once of an entity, from when it lands until it is in gold.
stream_batch = Table(
    "stream_batch",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),  # of the run that took it
    Column("client_id", String(100), nullable=False),
    Column("source", String(100), nullable=False),
    Column("entity", String(100), nullable=False),
    Column("channel", String(40), nullable=False),  # inbox or queue
    Column("path", String(100), nullable=False),  # of landing
    Column("events", BigInteger, nullable=False),  # that landed
    Column("duplicates", BigInteger, nullable=False),  # that had landed before
    Column("late", BigInteger, nullable=False),  # older than max_delay when they came
    Column("first_event", DateTime),  # of those that were not late
    Column("early_event", DateTime),  # 19 of 20 happened later
    Column("median_event", DateTime),
    Column("last_event", DateTime),
    Column("first_arrival", DateTime),
    Column("landed_at", DateTime, nullable=False),
    Column("gold_run", String(250)),  # that delivered it
    Column("gold_at", DateTime),
    Index("stream_batch_client", "client_id", "gold_at", "landed_at"),
)

#: Up to where a stream has read each of its channels; a folder's files are gone once they have landed.
stream_offset = Table(
    "stream_offset",
    metadata,
    Column("client_id", String(100), primary_key=True),
    Column("source", String(100), primary_key=True),
    Column("entity", String(100), primary_key=True),
    Column("channel", String(40), primary_key=True),
    Column("position", Text, nullable=False),
    Column("events", BigInteger, nullable=False),  # since there is one
    Column("moved_at", DateTime, nullable=False),
)

#: The partitions of landing that a stream wrote, and up to when bronze has them.
stream_part = Table(
    "stream_part",
    metadata,
    Column("client_id", String(100), primary_key=True),
    Column("source", String(100), primary_key=True),
    Column("entity", String(100), primary_key=True),
    Column("path", String(100), primary_key=True),
    Column("interval_start", DateTime, nullable=False),
    Column("first_event", DateTime),
    Column("last_event", DateTime),
    Column("rows", BigInteger, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("built_at", DateTime),
)

#: What a batch found when it held an interval's rows against those of the stream.
stream_difference = Table(
    "stream_difference",
    metadata,
    Column("id", Id, primary_key=True),
    *_run_columns(),
    Column("client_id", String(100), nullable=False),
    Column("source", String(100), nullable=False),
    Column("entity", String(100), nullable=False),
    Column("interval_start", DateTime, nullable=False),
    Column("batch_rows", BigInteger, nullable=False),
    Column("stream_rows", BigInteger, nullable=False),
    Column("same", BigInteger, nullable=False),
    Column("differing", BigInteger, nullable=False),  # the same event, other values
    Column("batch_only", BigInteger, nullable=False),
    Column("stream_only", BigInteger, nullable=False),
    Column("compared_at", DateTime, nullable=False),
    Index("stream_difference_run", "dag_id", "run_id"),
)
