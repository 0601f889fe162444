"""The bundle's files in the registry: content by hash, versions by number, nothing ever overwritten."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from medallion.database import utcnow
from medallion.exceptions import ConflictError, RegistryError
from medallion.registry import tables
from medallion.registry.cipher import Cipher

#: The version of a bundle that never had a file.
EMPTY = "empty"
_DIGITS = 16
#: How often a change is tried that does not depend on the version it is made to.
_ATTEMPTS = 10


@dataclass(frozen=True)
class FileChange:
    """What is to become of one file of the bundle.

    Args:
        path: inside the bundle, with slashes.
        content: its bytes; None takes the file away.
        made_from: a hash of all that it was rendered from, so that a render can be spared.
    """

    path: str
    content: bytes | None
    made_from: str = ""


class DagFiles:
    """The files of one platform's bundle.

    Args:
        engine: the registry's database.
        platform: whose bundle.
        cipher: encrypts content, which holds the clients' definitions.
    """

    def __init__(self, engine: Engine, platform: str, cipher: Cipher | None = None) -> None:
        self.engine = engine
        self.platform = platform
        self._cipher = cipher or Cipher()

    def current(self) -> tuple[int, str]:
        """The number and the name of the newest version; (0, ``empty``) while there is none."""
        with self.engine.connect() as connection:
            return self._current(connection)

    def number_of(self, version: str) -> int:
        """The newest number under which a version was live.

        Raises:
            RegistryError: if there never was such a version.
        """
        c = tables.bundle_version.c
        query = select(func.max(c.number)).where(c.platform == self.platform, c.version == version)
        with self.engine.connect() as connection:
            number = connection.execute(query).scalar()
        if number is None and version != EMPTY:
            raise RegistryError(f"the bundle of {self.platform} never had a version {version}")
        return int(number or 0)

    def tree(self, number: int | None = None) -> dict[str, str]:
        """The checksums of a version's files by path; of the newest if no number is given."""
        with self.engine.connect() as connection:
            return self._tree(connection, number)

    def made_from(self) -> dict[str, str]:
        """Of each file of the newest version, the hash of what it was rendered from."""
        c = tables.dag_file.c
        query = select(c.path, c.made_from).where(c.platform == self.platform, c.until.is_(None))
        with self.engine.connect() as connection:
            return {row.path: row.made_from for row in connection.execute(query)}

    def contents(self, checksums: Iterable[str]) -> dict[str, bytes]:
        """The bytes of some files by checksum.

        Raises:
            RegistryError: if one is not there, or was changed behind the registry's back.
        """
        wanted, found = sorted(set(checksums)), {}
        c = tables.blob.c
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), 500):
                part = wanted[start : start + 500]
                for row in connection.execute(select(c.checksum, c.content).where(c.checksum.in_(part))):
                    found[row.checksum] = self._unpack(row.checksum, row.content)
        if missing := set(wanted) - set(found):
            raise RegistryError(f"the registry has lost the content of {len(missing)} DAG files")
        return found

    def paths_since(self, folder: str, moment: datetime) -> set[str]:
        """The files in a folder that some platform's bundle has, or had after a moment (UTC without zone)."""
        c, ended = tables.dag_file.c, tables.bundle_version.c
        gone = (ended.platform == c.platform) & (ended.number == c.until)
        query = (
            select(c.path)
            .join(tables.bundle_version, gone, isouter=True)
            .where(c.path.startswith(folder, autoescape=True))
            .where(or_(c.until.is_(None), ended.created_at > moment))
        )
        with self.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def change(
        self,
        changes: Iterable[FileChange],
        still: Callable[[Connection], bool] = lambda _: True,
        *,
        expected: int | None = None,
    ) -> tuple[int, str]:
        """Make the next version of the bundle, in one transaction.

        Args:
            changes: files to write or to take away; those that are so already are left as they are.
            still: asked inside the transaction whether what the changes were rendered from still holds;
                asked again where another process made a version at the same moment.
            expected: the number of the newest version when the caller looked; None takes any.

        Returns:
            Number and name of the newest version, which is the old one where nothing changed.

        Raises:
            ConflictError: if ``still`` said no, or another version is the newest: look and render again.
        """
        wanted = list(changes)
        retrying = Retrying(
            retry=retry_if_exception_type(IntegrityError),
            stop=stop_after_attempt(1 if expected is not None else _ATTEMPTS),
            wait=wait_random(0, 0.2),
            reraise=True,
        )
        try:
            return retrying(self._try, wanted, still, expected)
        except IntegrityError:
            raise ConflictError("another process changed the bundle at the same moment") from None

    def _try(
        self, changes: list[FileChange], still: Callable[[Connection], bool], expected: int | None
    ) -> tuple[int, str]:
        with self.engine.begin() as connection:
            return self._change(connection, changes, still, expected)

    def _change(
        self,
        connection: Connection,
        changes: list[FileChange],
        still: Callable[[Connection], bool],
        expected: int | None,
    ) -> tuple[int, str]:
        number, version = self._current(connection)
        if expected not in (None, number):
            raise ConflictError("another process has changed the bundle meanwhile")
        # The first write: SQLite lets one process in, PostgreSQL's key another one's number stand in the way.
        claim = {"platform": self.platform, "number": number + 1, "version": "", "created_at": utcnow()}
        connection.execute(insert(tables.bundle_version).values(claim))
        if not still(connection):
            raise ConflictError("what the files were rendered from has changed meanwhile")
        before = self._tree(connection)
        after = dict(before)
        for change in changes:
            self._apply(connection, change, before, after, number + 1)
        c = tables.bundle_version.c
        mine = (c.platform == self.platform) & (c.number == number + 1)
        if after == before:
            connection.execute(tables.bundle_version.delete().where(mine))
            return number, version
        name = version_of(after)
        connection.execute(update(tables.bundle_version).where(mine).values(version=name))
        return number + 1, name

    def _apply(
        self,
        connection: Connection,
        change: FileChange,
        before: Mapping[str, str],
        after: dict[str, str],
        number: int,
    ) -> None:
        c = tables.dag_file.c
        live = (c.platform == self.platform) & (c.path == change.path) & c.until.is_(None)
        if change.content is None:
            connection.execute(update(tables.dag_file).where(live).values(until=number))
            after.pop(change.path, None)
            return
        checksum = hashlib.sha256(change.content).hexdigest()
        if before.get(change.path) == checksum:
            connection.execute(update(tables.dag_file).where(live).values(made_from=change.made_from))
            return
        self._store(connection, checksum, change.content)
        connection.execute(update(tables.dag_file).where(live).values(until=number))
        row = {"path": change.path, "checksum": checksum, "made_from": change.made_from, "since": number}
        connection.execute(insert(tables.dag_file).values(platform=self.platform, **row))
        after[change.path] = checksum

    def _store(self, connection: Connection, checksum: str, content: bytes) -> None:
        c = tables.blob.c
        if connection.execute(select(c.checksum).where(c.checksum == checksum)).scalar() is None:
            packed = self._cipher.seal_bytes(zlib.compress(content))
            connection.execute(insert(tables.blob).values(checksum=checksum, content=packed))

    def _unpack(self, checksum: str, packed: bytes) -> bytes:
        try:
            content = zlib.decompress(self._cipher.open_bytes(packed))
        except zlib.error:
            content = b""
        if hashlib.sha256(content).hexdigest() != checksum:
            raise RegistryError(f"the content of DAG file {checksum[:12]} in the registry is damaged")
        return content

    def _current(self, connection: Connection) -> tuple[int, str]:
        c = tables.bundle_version.c
        query = (
            select(c.number, c.version).where(c.platform == self.platform).order_by(c.number.desc()).limit(1)
        )
        row = connection.execute(query).one_or_none()
        return (row.number, row.version) if row else (0, EMPTY)

    def _tree(self, connection: Connection, number: int | None = None) -> dict[str, str]:
        c = tables.dag_file.c
        query = select(c.path, c.checksum).where(c.platform == self.platform)
        if number is None:
            query = query.where(c.until.is_(None))
        else:
            query = query.where(c.since <= number, or_(c.until.is_(None), c.until > number))
        return {row.path: row.checksum for row in connection.execute(query)}


def version_of(tree: Mapping[str, str]) -> str:
    """Sixteen hexadecimal digits that name a set of files: the same files, the same name."""
    text = "\n".join(f"{path} {checksum}" for path, checksum in sorted(tree.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] if tree else EMPTY
