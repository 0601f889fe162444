"""The DAGs that were made, in the registry: row, file and line of the audit log change at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from medallion.creator.request import DagRequest
from medallion.database import utcnow
from medallion.exceptions import ConflictError, CreatorError
from medallion.registry import DagFiles, FileChange, Registry
from medallion.registry.tables import created_dag


@dataclass(frozen=True)
class CreatedDag:
    """A DAG as it was last asked for.

    Args:
        dag_id: its id in Airflow.
        namespace: the folder of the bundle that it stands in.
        template: what it was made from.
        arguments: its ``master_dict``, as a Python literal.
        run: True if it starts as soon as Airflow has read it.
        owner: for whom it is.
        revision: how often it was asked for.
        expires_at: when it goes away by itself, in UTC without zone.
        created_at: when it was first asked for.
        updated_at: when it last was.
    """

    dag_id: str
    namespace: str
    template: str
    arguments: str
    run: bool
    owner: str | None
    revision: int
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def path(self) -> str:
        """Where its file stands in the bundle."""
        return f"{self.namespace}/{self.dag_id}.py"

    def facts(self) -> dict[str, Any]:
        """Return it as plain values, without its arguments, which are confidential."""
        times = {name: getattr(self, name) for name in ("expires_at", "created_at", "updated_at")}
        told = {name: value for name, value in vars(self).items() if name not in (*times, "arguments")}
        return told | {name: at.isoformat(timespec="seconds") if at else None for name, at in times.items()}


@dataclass(frozen=True)
class Made:
    """What came of a request.

    Args:
        dag: the DAG.
        version: the bundle's version that first has it so.
    """

    dag: CreatedDag
    version: str


class CreatedDags:
    """The DAGs that one platform's applications had made.

    Args:
        registry: the platform's.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._files = DagFiles(registry.engine, registry.platform, registry.cipher)

    @property
    def files(self) -> DagFiles:
        """The files of the platform's bundle."""
        return self._files

    def get(self, dag_id: str) -> CreatedDag | None:
        """A DAG, or None if none of that id was made."""
        with self._registry.engine.connect() as connection:
            row = self._row(connection, dag_id)
        return self._dag(row) if row and row.platform == self._registry.platform else None

    def find(self, owner: str | None = None, *, expired: datetime | None = None) -> list[CreatedDag]:
        """The DAGs, the newest first: of an owner, or past their time at a moment, or all."""
        c = created_dag.c
        query = select(created_dag).where(c.platform == self._registry.platform).order_by(c.id.desc())
        if owner is not None:
            query = query.where(c.owner == owner)
        if expired is not None:
            query = query.where(c.expires_at <= expired)
        with self._registry.engine.connect() as connection:
            return [self._dag(row) for row in connection.execute(query)]

    def put(self, request: DagRequest, content: bytes, *, actor: str) -> Made:
        """Make a DAG, or make it anew.

        Args:
            request: what was asked for.
            content: the DAG's file, rendered from it.
            actor: who asked.

        Returns:
            The DAG, and the bundle's version that has it.

        Raises:
            CreatorError: if a DAG of that id stands in another namespace or on another platform.
            ConflictError: if others change the bundle all the time.
        """
        checksum = hashlib.sha256(content).hexdigest()

        def write(connection: Connection) -> bool:
            self._write(connection, request, actor)
            return True

        _, version = self._files.change([FileChange(request.path, content, made_from=checksum)], write)
        dag = self.get(request.dag_id)
        if dag is None:
            raise CreatorError(f"{request.dag_id}: was deleted at the same moment")
        return Made(dag, version)

    def let_go(self, dag_id: str, *, actor: str) -> CreatedDag:
        """Have a DAG expire now: the factory takes its file away once no run of it is in flight.

        Raises:
            CreatorError: if there is no such DAG.
        """
        with self._registry.engine.begin() as connection:
            row = self._row(connection, dag_id)
            if row is None or row.platform != self._registry.platform:
                raise CreatorError(f"no DAG {dag_id!r} was made on the platform {self._registry.platform}")
            now = utcnow()
            connection.execute(
                update(created_dag).where(created_dag.c.id == row.id).values(expires_at=now, updated_at=now)
            )
            self._registry.audit_in(connection, dag_id, "dag let go", actor, {"revision": row.revision})
            return self._dag(self._row(connection, dag_id))

    def withdraw(self, dag: CreatedDag, *, actor: str) -> bool:
        """Take a DAG's row and file away, unless it was asked for again since the caller read it.

        Returns:
            False if it was.
        """
        c = created_dag.c
        same = (c.platform == self._registry.platform) & (c.dag_id == dag.dag_id)

        def remove(connection: Connection) -> bool:
            gone = connection.execute(
                delete(created_dag).where(same, c.revision == dag.revision, c.expires_at == dag.expires_at)
            )
            detail = {"namespace": dag.namespace, "owner": dag.owner, "revision": dag.revision}
            self._registry.audit_in(connection, dag.dag_id, "dag removed", actor, detail)
            return gone.rowcount == 1

        try:
            self._files.change([FileChange(dag.path, None)], remove)
        except ConflictError:  # all of it is undone
            return False
        return True

    def _write(self, connection: Connection, request: DagRequest, actor: str) -> None:
        now, row = utcnow(), self._row(connection, request.dag_id)
        if row is not None:
            self._refuse_elsewhere(row, request)
        said: dict[str, Any] = {
            "template": request.template,
            "arguments": self._registry.cipher.seal(request.master_dict),
            "runs": int(request.run),
            "owner": request.owner or (row.owner if row else None),
            "revision": row.revision + 1 if row else 1,
            "expires_at": _expiry(request, row, now),
            "updated_at": now,
        }
        if row is None:
            place = {"platform": self._registry.platform, "dag_id": request.dag_id}
            made = {**place, "namespace": request.namespace, "created_at": now, **said}
            connection.execute(insert(created_dag).values(made))
        else:
            connection.execute(update(created_dag).where(created_dag.c.id == row.id).values(said))
        told = {name: said[name] for name in ("template", "runs", "owner", "revision", "expires_at")}
        word = "dag updated" if row else "dag created"
        detail = {"namespace": request.namespace, **told}
        self._registry.audit_in(connection, request.dag_id, word, actor, detail)

    def _refuse_elsewhere(self, row: Row[Any], request: DagRequest) -> None:
        """An id is one DAG in all of Airflow: a request never takes it from another namespace or platform."""
        if row.platform != self._registry.platform:
            raise CreatorError(
                f"dag_id: {row.dag_id} is a DAG of the platform {row.platform}; choose another id"
            )
        if row.namespace != request.namespace:
            raise CreatorError(
                f"namespace: {row.dag_id} is a DAG of the namespace {row.namespace}, not of "
                f"{request.namespace}; choose another id, or delete that one first: "
                f"`medallion dags delete {row.dag_id}`"
            )

    def _row(self, connection: Connection, dag_id: str) -> Row[Any] | None:
        """The row of a DAG, on whichever platform it is."""
        found = select(created_dag).where(created_dag.c.dag_id == dag_id).order_by(created_dag.c.id).limit(1)
        return connection.execute(found).one_or_none()

    def _dag(self, row: Any) -> CreatedDag:
        return CreatedDag(
            dag_id=row.dag_id,
            namespace=row.namespace,
            template=row.template,
            arguments=self._registry.cipher.open(row.arguments),
            run=bool(row.runs),
            owner=row.owner,
            revision=row.revision,
            expires_at=row.expires_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _expiry(request: DagRequest, row: Row[Any] | None, now: datetime) -> datetime | None:
    """Where the request says nothing it stays as it was; a DAG that was on its way out stays for good."""
    if request.expires:
        return now + request.expires
    return row.expires_at if row and row.expires_at and row.expires_at > now else None


def expire(
    registry: Registry,
    now: datetime,
    *,
    busy: Callable[[str], bool] = lambda _: False,
    actor: str = "medallion_factory",
) -> list[str]:
    """Take the DAGs away that are past their time.

    Args:
        registry: the platform's.
        now: in UTC without zone.
        busy: says of a DAG whether a run of it is in flight: without its file that would never end, so the
            DAG stays until the next time.
        actor: the audit log's.

    Returns:
        The ids of those that are gone.
    """
    dags = CreatedDags(registry)
    past = dags.find(expired=now)
    return [dag.dag_id for dag in past if not busy(dag.dag_id) and dags.withdraw(dag, actor=actor)]
