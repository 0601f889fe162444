from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from medallion.database import engine_of, metadata, upgrade
from medallion.database.upgrade import HEAD, MIGRATIONS
from medallion.exceptions import RegistryError
from medallion.ledger import tables as ledger
from medallion.registry import tables as registry


def _plain(url: str) -> Engine:
    """An engine that migrates nothing by itself."""
    parsed = make_url(url)
    driver = "postgresql+psycopg" if parsed.drivername == "postgresql" else parsed.drivername
    return create_engine(parsed.set(drivername=driver), poolclass=NullPool)


def _differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_an_empty_database_comes_to_the_tables_that_the_code_knows(url: str) -> None:
    engine = engine_of(url)

    assert _differences(engine) == []
    assert {registry.configuration.name, ledger.node_result.name} <= set(inspect(engine).get_table_names())


def test_a_difference_would_be_seen(url: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("drop index configuration_live"))
        connection.execute(text("alter table revision drop column why"))

    assert len(_differences(engine)) == 2


def test_a_database_of_the_ledger_alone_keeps_its_rows_and_gains_the_registry(url: str) -> None:
    engine = _plain(url)
    _migrate(engine, "0001")
    with engine.begin() as connection:
        for name in ("alembic_version", "dag_file", *_of_registry()):
            connection.execute(text(f"drop table if exists {name}"))
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into waiver (client_id, rule, until, why, signed_by, signed_at) "
                "values ('acme', 'r', '2026-01-31', 'w', 'ann', '2026-01-01')"
            )
        )

    upgrade(engine)

    assert _differences(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text("select client_id from waiver")).scalar() == "acme"


def test_builds_that_were_tried_again_before_are_failed_tries_of_no_known_class(url: str) -> None:
    engine = _plain(url)
    _migrate(engine, "0004")
    builds = [  # run, layer, series, state, begins and ends in minute
        ("a", "bronze", 1, "retry", 1, 2),
        ("a", "bronze", 1, "retry", 7, 8),
        ("a", "bronze", 1, "success", 18, 19),
        ("a", "silver", 1, "retry", 20, 21),
        ("b", "bronze", 1, "failed", 1, 2),
        ("b", "bronze", 0, "retry", 3, 4),  # of nodes that were cleared by hand: no try of the layer's task
        ("b", "bronze", 4, "retry", 5, 6),
        ("b", "bronze", 4, "running", 7, None),
    ]
    with engine.begin() as connection:
        for run, layer, series, state, begins, ends in builds:
            connection.execute(
                text(
                    "insert into build "
                    "(dag_id, run_id, layer, series, state, message, started_at, finished_at) "
                    "values ('shop', :run, :layer, :series, :state, 'went wrong', :begins, :ends)"
                ),
                {
                    **{"run": run, "layer": layer, "series": series, "state": state},
                    "begins": f"2026-01-15 00:{begins:02}:00",
                    "ends": None if ends is None else f"2026-01-15 00:{ends:02}:00",
                },
            )

    upgrade(engine)

    tries = ledger.failed_try
    with engine.connect() as connection:
        rows = connection.execute(select(tries).order_by(tries.c.id)).all()
    found = [(row.run_id, row.task_id, row.try_number, row.failed_at.minute) for row in rows]
    assert found == [
        ("a", "bronze.build", 1, 2),
        ("a", "bronze.build", 2, 8),
        ("a", "silver.build", 1, 21),
        ("b", "bronze.build", 4, 6),
    ]
    assert [row.began_again_at and row.began_again_at.minute for row in rows] == [7, 18, None, 7]
    assert {(row.failure, row.reason, row.again, row.delay) for row in rows} == {
        ("unknown", "went wrong", 1, None)
    }


def test_to_upgrade_again_does_nothing(url: str) -> None:
    engine = _plain(url)
    upgrade(engine)
    upgrade(engine)

    with engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalars().all() == [HEAD]


def test_the_head_that_processes_look_for_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(_config()).get_current_head() == HEAD


def test_one_lives_on_one_platform_whatever_the_database(url: str) -> None:
    indexes = {one["name"]: one for one in inspect(engine_of(url)).get_indexes("configuration")}

    assert indexes["configuration_live"]["unique"]
    (where,) = [
        said for key, said in indexes["configuration_live"]["dialect_options"].items() if "where" in key
    ]
    assert "removed" in str(where)


def _migrate(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _of_registry() -> set[str]:
    return {table.name for table in vars(registry).values() if getattr(table, "metadata", None) is metadata}


def test_a_database_of_a_newer_medallion_is_left_alone_in_one_sentence(url: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(RegistryError, match=f"upgraded by a newer Medallion, to 9999; this one knows {HEAD}"):
        upgrade(engine)
