"""Landing's files → tables of ``<client>_landing``, which SQL Server's bronze reads: it reads no Parquet.

Only files that are new or others than were loaded are read. Their rows are loaded beside, into tables that
nobody reads; then one transaction puts them in the place of what the same partitions held, takes out what is
no longer in landing, and writes down which files the tables now hold. Whatever breaks before its end leaves
the tables as they were, and the next call goes on. ``_part`` says of each row which file brought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import duckdb

from medallion.exceptions import DamagedError, RowsRefusedError
from medallion.interval import partition_start
from medallion.sql_words import quoted, text
from medallion.storage import Root, below, found_below, readable_by
from medallion.warehouses.columns import selected
from medallion.warehouses.sqlserver_rows import add_rows
from medallion.warehouses.sqlserver_types import COLLATION, DIALECT, bracketed, relation_of

#: Characters of a text; more are a large object, which SQL Server compares and sorts at other costs.
LONGEST = 4000
#: Characters of a text that is part of a key: of two such columns an index takes no more.
LONGEST_KEY = 400
_LOG, _PART = "_loaded", "_part"
_PARTITION = 100
_BATCH = 100_000
#: What has no column of its own on SQL Server lands as the text that DuckDB makes of it.
_NESTED = ("[]", "STRUCT", "MAP", "UNION", "INTERVAL", "ENUM", "BIT", '"NULL"', "NULL")


@dataclass(frozen=True)
class Landing:
    """What bronze reads of an entity: its name, its files, and the columns of its key."""

    source: str
    entity: str
    files: Mapping[str, Root]
    keys: Sequence[str] = ()

    @property
    def table(self) -> str:
        """Its table."""
        return f"{self.source}__{self.entity}"

    @property
    def beside(self) -> str:
        """The table that its new rows are loaded into."""
        return f"{self.table}__loading"


@dataclass(frozen=True)
class Taken:
    """What was loaded: rows and files that were new or others, and partitions that went."""

    rows: int = 0
    files: int = 0
    gone: int = 0


def landed_entities(
    landing: Root, client_id: str, keys: Mapping[tuple[str, str], Sequence[str]]
) -> list[Landing]:
    """The entities that a client has landed, of those whose keys are given."""
    found = []
    for (source, entity), columns in sorted(keys.items()):
        folder = landing / client_id / source / entity
        # By file: in a partition's folder there may be one of batches and one of events.
        parts = {below(path, folder): path for path in found_below(folder, "*.parquet")}
        known = {part: path for part, path in parts.items() if partition_start(PurePath(part).parent)}
        if known:
            found.append(Landing(source, entity, known, columns))
    return found


class LandingTables:
    """The landing tables of one client.

    Args:
        client_id: whose; ``<client>_landing`` is the schema.
        loading: a session that commits each statement.
        switching: one that commits at the end.
        loader: ``bulk``, the driver's bulk copy, or ``insert``.
    """

    def __init__(self, client_id: str, loading: Any, switching: Any, loader: str) -> None:
        self.schema = f"{client_id}_landing"
        self.loading, self.switching = loading.cursor(), switching.cursor()
        self.loader = loader

    def take(self, landings: Iterable[Landing], landing: Root) -> Taken:
        """Make the tables hold what is in landing.

        Args:
            landings: all that the client has landed.
            landing: root of landing.

        Raises:
            RowsRefusedError: if a text does not fit, naming entity and column.
            DamagedError: if a file is no whole Parquet file.
        """
        self._make_schema()
        known = self._known()
        total = Taken()
        with duckdb.connect() as files:
            files.execute("set TimeZone = 'UTC'")
            readable_by(files, landing)
            work = [self._prepared(files, one, known.get(one.table, {})) for one in landings]
            for one in work:
                total = Taken(total.rows + one.rows, total.files + len(one.new), total.gone + len(one.gone))
            for one in work:
                self._switch(one)
        self.switching.connection.commit()
        for one in work:
            self.loading.execute(f"drop table if exists {self._place(one.landing.beside)}")
        return total

    def replace(self, table: str, file: Path) -> None:
        """Make a table hold just what a Parquet file does; columns that begin with ``_key`` are keys."""
        self._make_schema()
        with duckdb.connect() as files:
            types = _types(files, [file])
            keys = [name for name in types if name.startswith("_key")]
            self.loading.execute(f"drop table if exists {self._place(table)}")
            self._create(self.loading, table, _columns(types, keys))
            self._load(files, table, types, f"read_parquet({text(file)})")

    # --- What is there

    def _make_schema(self) -> None:
        self.loading.execute("select schema_id(?)", (self.schema,))
        if self.loading.fetchone()[0] is None:
            self.loading.execute(f"create schema {bracketed(self.schema)}")

    def _known(self) -> dict[str, dict[str, str]]:
        """The partitions that each table holds, with the stamps of their files."""
        log = self._place(_LOG)
        if not self._held(_LOG):
            self.loading.execute(
                f"create table {log} (table_name nvarchar(128) not null, "
                f"part nvarchar({_PARTITION}) not null, stamp nvarchar(100) not null, "
                "row_count bigint not null, loaded_at datetime2(6) not null)"
            )
        known: dict[str, dict[str, str]] = {}
        self.loading.execute(f"select table_name, part, stamp from {log}")  # noqa: S608  # quoted
        for table, part, stamp in self.loading.fetchall():
            known.setdefault(table, {})[part] = stamp
        return known

    def _held(self, table: str) -> dict[str, str]:
        """The columns that a table has; none if there is no such table."""
        self.loading.execute(
            "select COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE "
            "from INFORMATION_SCHEMA.COLUMNS where TABLE_SCHEMA = ? and TABLE_NAME = ? "
            "order by ORDINAL_POSITION",
            (self.schema, table),
        )
        return {row[0]: _spelled(*row[1:]) for row in self.loading.fetchall()}

    # --- Beside

    def _prepared(self, files: duckdb.DuckDBPyConnection, one: Landing, known: Mapping[str, str]) -> _Work:
        """Load beside what is new of an entity; all of it where its table has other columns."""
        stamps = {part: _stamp(path) for part, path in one.files.items()}
        new = [part for part, stamp in stamps.items() if known.get(part) != stamp]
        gone = [part for part in known if part not in stamps]
        held = self._held(one.table)
        anew = not held
        if new or anew:
            types = _types(files, [one.files[part] for part in new])
            wanted = _columns(types, one.keys)
            if any(held.get(name) != kind for name, kind in wanted.items()):
                anew, new = True, list(stamps)
                types = _types(files, list(one.files.values()))
        work = _Work(one, tuple(new), tuple(gone), stamps, anew, _columns(types, one.keys) if new else held)
        if new:
            self._load_beside(files, work, types)
        return work

    def _load_beside(self, files: duckdb.DuckDBPyConnection, work: _Work, types: Mapping[str, str]) -> None:
        one = work.landing
        self.loading.execute(f"drop table if exists {self._place(one.beside)}")
        self._create(self.loading, one.beside, work.columns | {_PART: f"nvarchar({_PARTITION})"})
        _refuse_too_long(files, one, work.new, types)
        for part in work.new:
            query = f"(select *, {text(part)} as {_PART} from read_parquet({text(one.files[part])}))"  # noqa: S608
            own = _types(files, [one.files[part]])
            columns = {name: types[name] if name in own else "NULL" for name in types} | {_PART: "VARCHAR"}
            rows = self._load(files, one.beside, columns, query)
            work.counts[part] = rows

    def _load(
        self, files: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str], relation: str
    ) -> int:
        """Copy rows into a table by the loader that was asked for, and count them."""
        present = {name: kind for name, kind in types.items() if kind != "NULL"}
        batches = files.sql(selected(relation, present)).to_arrow_reader(_BATCH)
        return add_rows(self.loading, self._place(table), batches, self.loader)

    # --- The switch

    def _switch(self, work: _Work) -> None:
        """Put what is beside in its place, in the transaction of all entities."""
        one, table = work.landing, self._place(work.landing.table)
        if work.anew:
            self.switching.execute(f"drop table if exists {table}")
            self._create(self.switching, one.table, work.columns | {_PART: f"nvarchar({_PARTITION})"})
            index = bracketed(f"{one.table}_interval")
            self.switching.execute(f"create clustered index {index} on {table} (_interval_start)")
        for part in () if work.anew else (*work.new, *work.gone):
            self.switching.execute(f"delete from {table} where {_PART} = ?", (part,))  # noqa: S608  # quoted
        if work.new:
            names = ", ".join(map(bracketed, [*work.columns, _PART]))
            beside = self._place(one.beside)
            self.switching.execute(f"insert into {table} ({names}) select {names} from {beside}")  # noqa: S608
        log = self._place(_LOG)
        for part in (*work.new, *work.gone):
            self.switching.execute(
                f"delete from {log} where table_name = ? and part = ?",  # noqa: S608  # quoted
                (one.table, part),
            )
        for part in work.new:
            self.switching.execute(
                f"insert into {log} values (?, ?, ?, ?, sysutcdatetime())",  # noqa: S608  # quoted
                (one.table, part, work.stamps[part], work.counts[part]),
            )

    def _create(self, cursor: Any, table: str, columns: Mapping[str, str]) -> None:
        described = ", ".join(f"{bracketed(name)} {_collated(kind)} null" for name, kind in columns.items())
        cursor.execute(f"create table {self._place(table)} ({described})")

    def _place(self, table: str) -> str:
        return relation_of(self.schema, table)


class _Work:
    """What is to be done to one table."""

    def __init__(
        self,
        landing: Landing,
        new: tuple[str, ...],
        gone: tuple[str, ...],
        stamps: Mapping[str, str],
        anew: bool,
        columns: Mapping[str, str],
    ) -> None:
        self.landing, self.new, self.gone, self.stamps = landing, new, gone, stamps
        self.anew, self.columns = anew, dict(columns)
        self.counts: dict[str, int] = {}

    @property
    def rows(self) -> int:
        """The rows that were loaded beside."""
        return sum(self.counts.values())


def _stamp(path: Root) -> str:
    """What differs where a file was written again."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime}"


def _types(files: duckdb.DuckDBPyConnection, paths: Sequence[Root]) -> dict[str, str]:
    """The columns of some files together with their DuckDB types, those that SQL Server lacks as text.

    Raises:
        DamagedError: if one is no whole Parquet file.
    """
    listed = ", ".join(map(text, paths))
    read = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    query = f"describe select * from {read}"  # noqa: S608  # quoted
    try:
        described = files.execute(query).fetchall()
    except duckdb.Error as error:
        raise DamagedError({", ".join(map(str, paths)): str(error)}) from error
    return {
        str(name): "VARCHAR" if any(word in kind for word in _NESTED) else str(kind)
        for name, kind, *_ in described
    }


def _columns(types: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """The columns of a table: texts have a length."""
    columns = {name: DIALECT.type_of(kind, name) for name, kind in types.items()}
    return {
        name: f"nvarchar({_room(name, keys)})" if kind == "nvarchar(max)" else kind
        for name, kind in columns.items()
    }


def _room(column: str, keys: Sequence[str]) -> int:
    """How many characters a text column holds; a key is known by its name in either case."""
    return LONGEST_KEY if column.lower() in map(str.lower, keys) else LONGEST


def _refuse_too_long(
    files: duckdb.DuckDBPyConnection, one: Landing, parts: Sequence[str], types: Mapping[str, str]
) -> None:
    """Refuse a text that has no room in its column, where the server would only say that one has not."""
    texts = [name for name, kind in types.items() if kind == "VARCHAR"]
    if not texts or not parts:
        return
    paths = ", ".join(text(one.files[part]) for part in parts)
    # Characters beyond the basic plane take two of nvarchar's.
    longest = ", ".join(f"max(len({quoted(name)}::varchar))" for name in texts)
    query = f"select {longest} from read_parquet([{paths}], union_by_name = true)"  # noqa: S608  # quoted
    found = files.execute(query).fetchall()[0]
    for name, length in zip(texts, found, strict=True):
        room = _room(name, one.keys)
        if length is not None and length > room:
            said = f"{one.source}.{one.entity}: {name} has a text of {length:,} characters"
            what = "a key" if room == LONGEST_KEY else "a column"
            raise RowsRefusedError(f"{said}; on SQL Server {what} has room for {room:,}")


def _collated(kind: str) -> str:
    return f"{kind} collate {COLLATION}" if kind.startswith("nvarchar") else kind


def _spelled(kind: str, length: int | None, precision: int | None, scale: int | None) -> str:
    """Write a column's type as it was created."""
    if kind in ("decimal", "numeric"):
        return f"decimal({precision},{scale})"
    if kind in ("nvarchar", "varbinary"):
        return f"{kind}({'max' if length == -1 else length})"
    return f"{kind}(6)" if kind in ("datetime2", "datetimeoffset", "time") else kind
