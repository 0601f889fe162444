# ruff: noqa: S608 - the names in the SQL are the test's own
"""How a run must have ended, whatever befell it: nothing lost, nothing doubled, no false green, told once."""

from collections import Counter
from itertools import pairwise

import duckdb
from sqlalchemy import select

from medallion.ledger import RunKey, tables
from medallion.pipeline import dag_id_of


def check_ending(run, client, run_ids, *, like, told=()):
    """Wait for the last of a client's runs, and hold all of them against the ends they must have had.

    Args:
        run: the :class:`~runs.Runs` that they are of.
        client: a client of the shop.
        run_ids: all runs that were ever asked of it, oldest first; all of them are to deliver.
        like: a client with the same data, whose one run nothing befell.
        told: the subjects of all its mails, oldest first; none where it healed without a failed try.
    """
    ended = {
        run_id: run.end(client, run_id) for run_id in run_ids
    }  # in their true colours, and none deferred
    _nothing_lost(run.shop, client, like)
    _nothing_doubled(run, client, run_ids)
    _no_false_green(run.shop, client, ended)
    _told_once(run, client, list(told))


def content_of(shop, client):
    """What a client's landing, gold and destination hold, row by row."""
    found = {}
    with duckdb.connect() as reader:
        for entity in sorted((shop.settings.landing / client / "shop").iterdir()):
            found["landed", entity.name] = _rows(reader, f"read_parquet('{entity}/**/*.parquet')")
        places = {"gold": (shop.settings.warehouse(client), f"{client}_gold")}
        places["delivered"] = (shop.settings.destinations / "data_warehouse.duckdb", client)
        for place, (file, schema) in places.items():
            reader.execute(f"attach '{file}' as {place} (read_only)")
            listed = "select table_name from duckdb_tables() where database_name = ? and schema_name = ?"
            for (table,) in reader.execute(listed, [place, schema]).fetchall():
                if table != "_delivery":
                    found[place, table] = _rows(reader, f"{place}.{schema}.{table}")
    return found


def _rows(reader, relation):
    return sorted(map(str, reader.sql(f"select * from {relation}").fetchall()))


def _nothing_lost(shop, client, like):
    mine, clean = content_of(shop, client), content_of(shop, like)
    assert {place for place, _ in clean} == {"landed", "gold", "delivered"}
    assert mine == clean


def _nothing_doubled(run, client, run_ids):
    assert sorted(one["dag_run_id"] for one in run.airflow.client.runs(dag_id_of(client))) == sorted(run_ids)
    ledger = run.shop.ledger
    for key in (RunKey(dag_id_of(client), run_id) for run_id in run_ids):
        counted = {
            "runs": len(ledger.rows_of(tables.run, key)),
            "deliveries": len(ledger.rows_of(tables.delivery, key)),
            **Counter(f"landed {row['entity']}" for row in ledger.rows_of(tables.extraction, key)),
            **Counter(f"built {row.node}" for row in ledger.results_after(key) if row.good),
        }
        assert {what: count for what, count in counted.items() if count != 1} == {}
    with duckdb.connect(
        str(run.shop.settings.destinations / "data_warehouse.duckdb"), read_only=True
    ) as file:
        logged = file.sql(f"select run_id, table_name from {client}._delivery").fetchall()
    assert max(Counter(logged).values()) == 1
    assert {run_id for run_id, _ in logged} == set(run_ids)
    # A client's runs never build beside each other: its warehouse has one writer.
    times = sorted(
        (row["started_at"], row["finished_at"])
        for run_id in run_ids
        for row in ledger.rows_of(tables.build, RunKey(dag_id_of(client), run_id))
        if row["finished_at"]
    )
    assert all(end <= start for (_, end), (start, _) in pairwise(times))


def _no_false_green(shop, client, ended):
    for run_id, (state, states) in ended.items():
        assert (run_id, state, set(states.values())) == (run_id, "success", {"success"})
    assert shop.last_delivery(client)[0] in ended


def _told_once(run, client, told):
    heard = run.told(client, len(told))
    assert heard == told
    ledger = run.shop.ledger
    with ledger.engine.connect() as connection:
        of_client = select(tables.notification).where(tables.notification.c.client_id == client)
        causes = Counter(note.cause for note in connection.execute(of_client))
    assert [cause for cause, count in causes.items() if count > 1] == []
    run.told_so_far[client] = heard


def check_nobody_was_told_since(run):
    """Hold what clients' people have been told by now against what they had been told at the ends of runs."""
    assert {client: run.shop.told(client) for client in run.told_so_far} == run.told_so_far
