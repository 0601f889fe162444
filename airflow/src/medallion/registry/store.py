"""Reads and writes of the registry: short transactions, safe from several processes at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from medallion.clients.problem import dotted
from medallion.database import engine_of, utcnow
from medallion.exceptions import ConflictError, RegistryError
from medallion.registry import tables
from medallion.registry.changes import changes_between
from medallion.registry.cipher import Cipher
from medallion.registry.definition import Definition
from medallion.registry.records import REMOVED, Configuration, Event, Head, Revision


@lru_cache
def open_registry(url: str, platform: str, keys: str = "") -> Registry:
    """The registry of a platform at a SQLAlchemy URL; one a process and URL.

    Args:
        url: the database's.
        platform: whose clients; others in the same database are not seen.
        keys: Fernet keys, the newest first, separated by commas; none leaves what is stored readable.
    """
    return Registry(engine_of(url), platform, Cipher(keys))


class Registry:
    """One platform's clients. Every method is one transaction."""

    def __init__(self, engine: Engine, platform: str, cipher: Cipher | None = None) -> None:
        self.engine = engine
        self.platform = platform
        self.cipher = cipher or Cipher()

    # -- reading -----------------------------------------------------------------------------------

    def configurations(self, *, removed: bool = False) -> dict[str, Configuration]:
        """The platform's clients by key; those that were removed only where asked for."""
        c = tables.configuration.c
        query = select(tables.configuration).where(c.platform == self.platform).order_by(c.stream_key)
        if not removed:
            query = query.where(c.status != REMOVED)
        with self.engine.connect() as connection:
            return {row.stream_key: self._configuration(row) for row in connection.execute(query)}

    def heads(self) -> dict[str, Head]:
        """Of each client, also a removed one, what is known without reading its definition."""
        with self.engine.connect() as connection:
            return self.heads_in(connection)

    def heads_in(self, connection: Connection) -> dict[str, Head]:
        """As :meth:`heads`, in the caller's transaction."""
        c = tables.configuration.c
        query = select(c.stream_key, c.status, c.revision, c.checksum, c.origin).where(
            c.platform == self.platform
        )
        return {row.stream_key: Head(*row[1:]) for row in connection.execute(query.order_by(c.stream_key))}

    def configuration(self, key: str) -> Configuration | None:
        """A client as it is live, also a removed one; None if there never was one of that key."""
        with self.engine.connect() as connection:
            row = self._row(connection, key)
            return self._configuration(row) if row else None

    def history(self, key: str) -> list[Revision]:
        """A client's revisions, oldest first."""
        c = tables.revision.c
        query = select(tables.revision).where(c.platform == self.platform, c.stream_key == key)
        with self.engine.connect() as connection:
            return [self._revision(row) for row in connection.execute(query.order_by(c.revision))]

    def revision(self, key: str, number: int) -> Revision | None:
        """One of a client's revisions; None if there is none of that number."""
        c = tables.revision.c
        query = select(tables.revision).where(
            c.platform == self.platform, c.stream_key == key, c.revision == number
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return self._revision(row) if row else None

    def last_from(self, origin: str) -> dict[str, tuple[str, str]]:
        """Of each client the checksum and the status of its last revision from file, cli or api."""
        c = tables.revision.c
        last = select(func.max(c.id)).where(c.platform == self.platform, c.origin == origin)
        query = select(c.stream_key, c.checksum, c.status).where(c.id.in_(last.group_by(c.stream_key)))
        with self.engine.connect() as connection:
            return {row.stream_key: (row.checksum, row.status) for row in connection.execute(query)}

    def events(
        self, subject: str | None = None, *, last: int = 1000, actions: Collection[str] = ()
    ) -> list[Event]:
        """The audit log, oldest first: of a subject, some actions, or all; at most the ``last`` events."""
        c = tables.audit_event.c
        query = (
            select(tables.audit_event).where(c.platform == self.platform).order_by(c.id.desc()).limit(last)
        )
        if subject:
            query = query.where(c.subject == subject)
        if actions:
            query = query.where(c.action.in_(actions))
        with self.engine.connect() as connection:
            rows = connection.execute(query).fetchall()
        return [
            Event(
                row.subject, row.action, row.actor, json.loads(self.cipher.open(row.detail)), row.happened_at
            )
            for row in reversed(rows)
        ]

    # -- writing -----------------------------------------------------------------------------------

    def put(
        self,
        key: str,
        definition: Definition,
        *,
        status: str,
        origin: str,
        actor: str,
        why: str,
        expected: int | None = None,
        action: str = "",
        always: bool = False,
    ) -> Configuration:
        """Make a client's next revision.

        Args:
            key: the client's.
            definition: what it is to be; whoever calls has validated it.
            status: what it is to be.
            origin: file, cli or api.
            actor: who wants it.
            why: in their words.
            expected: the revision it was when the caller looked, 0 if there was none; None takes any.
            action: the audit log's word for it; ``created`` or ``updated`` if empty.
            always: make a revision even where the client is so already, as when its file comes to say so.

        Returns:
            The client as it is now; without ``always`` nothing is written where it is so already.

        Raises:
            ConflictError: if someone else changed it since the caller looked, or lives on another platform;
                nothing is written.
            RegistryError: if what is there is encrypted with another key; nothing is written.
        """
        try:
            with self.engine.begin() as connection:
                row = self._row(connection, key, lock=True)
                found = row.revision if row else 0
                if expected is not None and expected != found:
                    raise self._conflict(connection, key, expected, found)
                if row and not always and (row.checksum, row.status) == (definition.checksum, status):
                    return self._configuration(row)
                self._check(connection, key, status)
                self._write(connection, key, definition, row, status, origin, actor, why)
                word = action or ("updated" if row and row.status != REMOVED else "created")
                detail = {"revision": found + 1, "origin": origin, "why": why}
                self.audit_in(connection, key, word, actor, detail | self._changed(row, definition))
                written = self._row(connection, key)
        except IntegrityError:  # two made its first revision at once, here or on two platforms
            with self.engine.connect() as connection:
                self._check(connection, key, status)
                row = self._row(connection, key)
                raise self._conflict(connection, key, expected or 0, row.revision if row else 0) from None
        if written is None:
            raise RegistryError(f"{key}: the registry has lost what was just written to it")
        return self._configuration(written)

    def set_status(
        self,
        key: str,
        status: str,
        *,
        origin: str,
        actor: str,
        why: str,
        expected: int | None = None,
        action: str = "",
    ) -> Configuration:
        """Make a client active, disabled, draining or removed, as a revision of its own.

        Raises:
            RegistryError: if there is no such client.
            ConflictError: as :meth:`put`.
        """
        known = self.configuration(key)
        if known is None:
            raise RegistryError(f"there is no client {key!r} in the registry")
        return self.put(
            key,
            known.definition,
            status=status,
            origin=origin,
            actor=actor,
            why=why,
            expected=known.revision if expected is None else expected,
            action=action or status,
        )

    def audit(self, subject: str, action: str, actor: str, detail: Mapping[str, Any] | None = None) -> None:
        """Add a line to the audit log."""
        with self.engine.begin() as connection:
            self.audit_in(connection, subject, action, actor, detail or {})

    def rotate_key(self) -> int:
        """Encrypt everything, of all platforms, with the newest key; return how many rows were not so yet."""
        return sum(self._rotate(table, column) for table, column in _SEALED.items())

    # -- rows --------------------------------------------------------------------------------------

    def _row(self, connection: Connection, key: str, *, lock: bool = False) -> Row[Any] | None:
        c = tables.configuration.c
        query = select(tables.configuration).where(c.platform == self.platform, c.stream_key == key)
        return connection.execute(query.with_for_update() if lock else query).one_or_none()

    def _check(self, connection: Connection, key: str, status: str) -> None:
        """Refuse a client that lives on another platform, and to write where the key does not fit."""
        c = tables.configuration.c
        others = select(c.platform, c.status).where(
            c.stream_key == key, c.platform != self.platform, c.status != REMOVED
        )
        other = connection.execute(others.limit(1)).one_or_none() if status != REMOVED else None
        if other:
            raise ConflictError(
                f"{key} is {other.status} on the platform {other.platform}, and a client lives on one "
                f"platform at a time: `medallion remove {key} --platform {other.platform}` first"
            )
        last = select(tables.revision.c.config_json).order_by(tables.revision.c.id.desc()).limit(1)
        self.cipher.open(connection.execute(last).scalar() or "")

    def _changed(self, before: Row[Any] | None, definition: Definition) -> dict[str, list[str]]:
        """The keys that differ from what was; the history has their values."""
        with suppress(RegistryError):  # what another version of Medallion wrote may not be understood
            if before and before.checksum != definition.checksum:
                return {"changed": list(changes_between(self._configuration(before).definition, definition))}
        return {}

    def _write(
        self,
        connection: Connection,
        key: str,
        definition: Definition,
        before: Row[Any] | None,
        status: str,
        origin: str,
        actor: str,
        why: str,
    ) -> None:
        now, number = utcnow(), (before.revision if before else 0) + 1
        common = {
            "config_json": self.cipher.seal(definition.text()),
            "checksum": definition.checksum,
            "status": status,
            "revision": number,
        }
        of_client = {"platform": self.platform, "stream_key": key}
        if before is None:
            made = {**of_client, **common, "origin": origin, "created_at": now, "updated_at": now}
            connection.execute(insert(tables.configuration).values(made))
        else:
            changed = update(tables.configuration).where(
                tables.configuration.c.id == before.id, tables.configuration.c.revision == before.revision
            )
            # A client that comes back after it was removed is as new: it came from where it comes from now.
            back = {"origin": origin} if before.status == REMOVED else {}
            if connection.execute(changed.values(**common, **back, updated_at=now)).rowcount != 1:
                raise self._conflict(connection, key, before.revision, number)
        signed = {"origin": origin, "actor": actor, "why": why, "created_at": now}
        connection.execute(insert(tables.revision).values({**of_client, **common, **signed}))

    def audit_in(
        self, connection: Connection, subject: str, action: str, actor: str, detail: Mapping[str, Any]
    ) -> None:
        """Add a line to the audit log in the caller's transaction: it stands if the change does."""
        connection.execute(
            insert(tables.audit_event).values(
                platform=self.platform,
                subject=subject,
                action=action,
                actor=actor,
                detail=self.cipher.seal(json.dumps(detail, sort_keys=True, default=str)),
                happened_at=utcnow(),
            )
        )

    def _conflict(self, connection: Connection, key: str, expected: int, found: int) -> ConflictError:
        c = tables.revision.c
        query = select(tables.revision).where(c.platform == self.platform, c.stream_key == key)
        last = connection.execute(query.order_by(c.revision.desc()).limit(1)).one_or_none()
        by = f" by {last.actor} ({last.why or 'no reason given'})" if last else ""
        return ConflictError(
            f"{key} was changed meanwhile{by}: you began from revision {expected}, it is at {found} now; "
            f"look at `medallion history {key}` and decide again"
        )

    def _rotate(self, table: Table, column: str) -> int:
        """Rows are taken one by one: a blob may be large, and others go on writing meanwhile."""
        key = next(iter(table.primary_key))
        with self.engine.connect() as connection:
            keys: list[Any] = list(connection.execute(select(key)).scalars())
        return sum(self._seal_anew(table.c[column], key == one) for one in keys)

    def _seal_anew(self, column: Column[Any], of_row: ColumnElement[bool]) -> bool:
        """Encrypt one value; only what was read is replaced, so that nothing written meanwhile is lost."""
        while True:
            with self.engine.begin() as connection:
                sealed: Any = connection.execute(select(column).where(of_row)).scalar_one_or_none()
                stored = sealed.encode() if isinstance(sealed, str) else sealed
                if stored is None or self.cipher.is_current(stored):  # the row has gone, or is so already
                    return False
                anew = self.cipher.seal_bytes(self.cipher.open_bytes(stored))
                value = anew.decode() if isinstance(sealed, str) else anew
                change = update(column.table).where(of_row, column == sealed).values({column.name: value})
                if connection.execute(change).rowcount:
                    return True

    def _configuration(self, row: Row[Any]) -> Configuration:
        return Configuration(
            platform=row.platform,
            key=row.stream_key,
            definition=self._definition(row.stream_key, row.config_json),
            status=row.status,
            revision=row.revision,
            checksum=row.checksum,
            origin=row.origin,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    def _revision(self, row: Row[Any]) -> Revision:
        facts, definition, problem = self._facts(row.stream_key, row.config_json), None, ""
        try:
            definition = _understood(facts)
        except _NotUnderstoodError as error:
            problem = str(error)
        return Revision(
            key=row.stream_key,
            revision=row.revision,
            definition=definition,
            status=row.status,
            checksum=row.checksum,
            origin=row.origin,
            actor=row.actor,
            why=row.why,
            created_at=row.created_at,
            facts=facts,
            problem=problem,
        )

    def _definition(self, key: str, sealed: str) -> Definition:
        try:
            return _understood(self._facts(key, sealed))
        except _NotUnderstoodError as error:
            raise RegistryError(f"{key}: {_NOT_ONE}: {error}") from error

    def _facts(self, key: str, sealed: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self.cipher.open(sealed)))
        except (ValueError, TypeError) as error:
            raise RegistryError(f"{key}: {_NOT_ONE}: {error}") from error


_NOT_ONE = "what the registry holds is not a client's definition"


class _NotUnderstoodError(Exception):
    """What was written down by another version of Medallion, which knew other keys."""


def _understood(facts: Mapping[str, Any]) -> Definition:
    try:
        return Definition.from_facts(facts)
    except ValidationError as error:
        flaws = [(dotted(one["loc"]), one["msg"]) for one in error.errors(include_url=False)]
        said = "; ".join(f"{key}: {message}" for key, message in flaws)
        raise _NotUnderstoodError(said) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _NotUnderstoodError(f"{type(error).__name__}: {error}") from error


_SEALED = {
    tables.configuration: "config_json",
    tables.revision: "config_json",
    tables.audit_event: "detail",
    tables.created_dag: "arguments",
    tables.blob: "content",
}
