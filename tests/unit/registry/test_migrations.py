from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
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
