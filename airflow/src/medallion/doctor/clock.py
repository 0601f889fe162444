"""The clock, held against times that were written down earlier: nothing lies in the future."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from medallion.doctor.finding import BAD, OK, Finding
from medallion.ledger import Ledger, tables

#: As far as clocks of two machines may differ without anybody noticing.
_SLACK = timedelta(minutes=2)
#: Folders whose newest files are looked at; below them lie too many.
_LOOKED_AT = ("", "reports", "warehouse", "outbox", "airflow", "manifests")


def clock(home: Path, ledger: Ledger | None, now: datetime | None = None) -> Finding:
    """Hold this machine's clock against files and the database.

    Args:
        home: where files were written.
        ledger: where times were written down; None where there is none yet.
        now: what the clock says; a test gives another.
    """
    moment = now or datetime.now(UTC)
    known = sorted([*_files(home), *(_database(ledger) if ledger else ())])
    ahead = [(when, what) for when, what in known if when > moment + _SLACK]
    if not ahead:
        return Finding("clock", OK, f"{moment:%Y-%m-%d %H:%M:%S} UTC, later than all that was written")
    when, what = ahead[-1]
    said = f"the clock says {moment:%Y-%m-%d %H:%M:%S} UTC, but {what} is of {when:%Y-%m-%d %H:%M:%S}"
    return Finding("clock", BAD, said, "set the clock (NTP): intervals, retention and waivers go by it")


def _files(home: Path) -> Iterator[tuple[datetime, str]]:
    folders = [folder for name in _LOOKED_AT if (folder := home / name).is_dir()]
    for path in (one for folder in folders for one in folder.iterdir() if one.is_file()):
        yield datetime.fromtimestamp(path.stat().st_mtime, UTC), path.relative_to(home).as_posix()


def _database(ledger: Ledger) -> Iterator[tuple[datetime, str]]:
    with ledger.engine.connect() as connection:
        for column in (tables.run.c.started_at, tables.build.c.finished_at):
            latest = connection.execute(select(func.max(column))).scalar()
            if latest:
                yield latest.replace(tzinfo=UTC), f"the ledger's last {column.table.name}"
        if ledger.engine.dialect.name == "postgresql":
            there: datetime = connection.execute(text("select now()")).scalar_one()
            yield there.astimezone(UTC), "the database's clock"
