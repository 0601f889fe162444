"""Files → registry: what a sync is going to do, and doing it.

A file is acted on only when it says something else than it said in its last revision from file, and so is its
going. Hence what somebody did by hand or through the API in between stays: a sync never undoes it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from medallion.clients import ENABLED, Catalog, status_of
from medallion.exceptions import ConflictError, RegistryError
from medallion.registry.changes import Change, Changes, changes_between
from medallion.registry.definition import Definition
from medallion.registry.files import DagFiles
from medallion.registry.records import ACTIVE, DISABLED, DRAINING, FILE, REMOVED, Head
from medallion.registry.store import Registry
from medallion.settings import Settings

CREATED, UPDATED = "created", "updated"
#: A client that is so has no new runs by a file's doing any more.
_GONE = (DRAINING, REMOVED)


@dataclass(frozen=True)
class Step:
    """What a sync does to one client.

    Args:
        client_id: whose.
        word: created, updated, draining or removed.
        status: what it will be.
        expected: the revision it was when the plan was made; 0 if there was none.
        file: the file that wants it so; blank where there is none any more.
        definition: what it will be; None leaves it as it is.
        changes: what will differ, its status among it.
        stands: what its file and this installation make of it: enabled, disabled, or disabled: no data.
    """

    client_id: str
    word: str
    status: str
    expected: int
    file: str = ""
    definition: Definition | None = None
    changes: Changes = field(default_factory=dict)
    stands: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the step as plain values."""
        changes = {key: {"old": one.old, "new": one.new} for key, one in self.changes.items()}
        told = {"id": self.client_id, "status": self.status, "stands": self.stands or None}
        return told | {"file": self.file, "changes": changes}


@dataclass(frozen=True)
class SyncPlan:
    """What a sync of one platform does, or did.

    Attributes:
        platform: whose clients.
        steps: a client each, created ones first.
        unchanged: clients whose files say what they said before.
        differing: those of them that are otherwise live, by hand or through the API.
        invalid: what is wrong, by the name of a client's file or the path of another one; a client whose file
            is broken stays as it is live.
        refusal: why nothing at all may be done unless it is confirmed; blank if it may.
        conflicts: clients that somebody else changed at the same time, with the reason; they were left alone.
        failed: clients that could not be written for another reason.
    """

    platform: str
    steps: tuple[Step, ...]
    unchanged: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    invalid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusal: str = ""
    conflicts: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def of(self, word: str) -> tuple[Step, ...]:
        """The steps of one word: created, updated, draining or removed."""
        return tuple(step for step in self.steps if step.word == word)

    @property
    def sound(self) -> bool:
        """True if nobody has to look at anything."""
        return not (self.invalid or self.refusal or self.conflicts or self.failed)

    @property
    def totals(self) -> dict[str, int]:
        """How many clients became what."""
        counts = {word: len(self.of(word)) for word in (CREATED, UPDATED, DRAINING, REMOVED)}
        rest = {"unchanged": self.unchanged, "invalid": self.invalid}
        rest |= {"conflicts": self.conflicts, "failed": self.failed}
        return counts | {word: len(found) for word, found in rest.items()}

    def facts(self) -> dict[str, Any]:
        """Return everything as plain values."""
        steps = {
            word: [step.facts() for step in self.of(word)] for word in (CREATED, UPDATED, DRAINING, REMOVED)
        }
        return {
            "platform": self.platform,
            **steps,
            "unchanged": list(self.unchanged),
            "differing": list(self.differing),
            "invalid": {name: list(problems) for name, problems in self.invalid.items()},
            "conflicts": dict(self.conflicts),
            "failed": dict(self.failed),
            "refused": self.refusal,
            "totals": self.totals,
        }


def plan_sync(catalog: Catalog, registry: Registry, settings: Settings) -> SyncPlan:
    """Say what a sync would do; nothing is written.

    Args:
        catalog: what the files say.
        registry: of the platform.
        settings: this installation, which may lack a client's data.

    Returns:
        The plan, with ``refusal`` set where more clients would leave than may go unasked.
    """
    return _Look(catalog, registry, settings).plan()


def sync(
    catalog: Catalog,
    registry: Registry,
    settings: Settings,
    *,
    actor: str,
    why: str = "",
    confirmed: bool = False,
) -> SyncPlan:
    """Bring a platform's clients to what their files say.

    Args:
        catalog: what the files say.
        registry: of the platform.
        settings: this installation.
        actor: who does it.
        why: in their words; the file's name if blank.
        confirmed: let even more clients leave than may go unasked.

    Returns:
        What was done. With ``refusal`` it is nothing.
    """
    plan = plan_sync(catalog, registry, settings)
    if plan.refusal and not confirmed:
        return replace(plan, steps=())
    return carry_out(plan, registry, actor=actor, why=why)


def carry_out(plan: SyncPlan, registry: Registry, *, actor: str, why: str = "") -> SyncPlan:
    """Do what a plan says, also one that was refused and has been confirmed.

    A client that somebody else changed since the plan was made is left alone and reported; the others are not
    held up by it.

    Args:
        plan: what :func:`plan_sync` said.
        registry: of the plan's platform.
        actor: who does it.
        why: in their words; the file's name if blank.
    """
    done: list[Step] = []
    conflicts: dict[str, str] = {}
    failed: dict[str, str] = {}
    with registry.engine.connect():  # SQLite tidies its log up whenever the last connection closes
        for step in plan.steps:
            try:
                _write(step, registry, actor, why)
                done.append(step)
            except ConflictError as conflict:
                conflicts[step.client_id] = str(conflict)
            except RegistryError as error:
                failed[step.client_id] = str(error)
    return replace(plan, steps=tuple(done), refusal="", conflicts=conflicts, failed=failed)


def _write(step: Step, registry: Registry, actor: str, why: str) -> None:
    if step.definition is None:
        registry.set_status(
            step.client_id,
            step.status,
            origin=FILE,
            actor=actor,
            why=why or "its file is gone",
            expected=step.expected,
        )
        return
    registry.put(
        step.client_id,
        step.definition,
        status=step.status,
        origin=FILE,
        actor=actor,
        why=why or step.file,
        expected=step.expected,
        always=True,
    )


def with_dag(registry: Registry) -> set[str]:
    """The names of the clients' DAG files that are in the bundle now, without ending and platform."""
    paths = [PurePosixPath(path) for path in DagFiles(registry.engine, registry.platform).tree()]
    return {path.stem.removeprefix(f"{registry.platform}__") for path in paths if path.suffix == ".py"}


def leaving_status(client_id: str, drawn: Container[str]) -> str:
    """What a client is that has to go: without a DAG there is no run to wait for.

    Args:
        client_id: whose.
        drawn: what :func:`with_dag` found.
    """
    return DRAINING if f"client_{client_id}_pipeline" in drawn else REMOVED


class _Look:
    """One look at files and registry."""

    def __init__(self, catalog: Catalog, registry: Registry, settings: Settings) -> None:
        self.catalog = catalog
        self.registry = registry
        self.settings = settings
        self.heads = registry.heads()
        self.last = registry.last_from(FILE)
        self.differing: list[str] = []

    def plan(self) -> SyncPlan:
        wanted, unchanged = [], []
        for client_id, client in sorted(self.catalog.clients.items()):
            if client.platform != self.registry.platform:
                continue
            step = self._step(client_id)
            if step:
                wanted.append(step)
            else:
                unchanged.append(client_id)
        wanted += self._leaving()
        words = (CREATED, UPDATED, DRAINING, REMOVED)
        steps = tuple(sorted(wanted, key=lambda one: (words.index(one.word), one.client_id)))
        plan = SyncPlan(
            self.registry.platform, steps, tuple(unchanged), tuple(self.differing), self._invalid()
        )
        return replace(plan, refusal=self._refusal(plan))

    def _step(self, client_id: str) -> Step | None:
        """What a file asks for; None if it says what it said before."""
        client = self.catalog.clients[client_id]
        definition = Definition.of(client, self.catalog)
        stands = status_of(client, self.catalog, self.settings)
        status = ACTIVE if stands == ENABLED else DISABLED
        head = self.heads.get(client_id)
        if self.last.get(client_id) == (definition.checksum, status):
            if head is None or (head.checksum, head.status) != (definition.checksum, status):
                self.differing.append(client_id)
            return None
        before = None if head is None or head.status == REMOVED else head
        changes = self._changes(client_id, definition) if before else {}
        if before and before.status != status:
            changes = {"status": Change(before.status, status), **changes}
        return Step(
            client_id,
            UPDATED if before else CREATED,
            status,
            expected=head.revision if head else 0,
            file=self.catalog.file(client_id),
            definition=definition,
            changes=changes,
            stands=stands,
        )

    def _changes(self, client_id: str, definition: Definition) -> dict[str, Change]:
        try:
            old = self.registry.configuration(client_id)
        except RegistryError as error:
            return {"definition": Change(str(error), f"as {self.catalog.file(client_id)} says")}
        return changes_between(old.definition, definition) if old else {}

    def _leaving(self) -> list[Step]:
        """The clients that came from files which are gone since their last revision from file."""
        if self._folder_unread():
            return []
        gone = {key: head for key, head in self.heads.items() if self._is_gone(key, head)}
        drawn = with_dag(self.registry) if gone else set()
        steps = []
        for key, head in gone.items():
            word = leaving_status(key, drawn)
            steps.append(Step(key, word, word, head.revision, changes={"status": Change(head.status, word)}))
        return steps

    def _is_gone(self, key: str, head: Head) -> bool:
        client = self.catalog.clients.get(key)
        here = client is not None and client.platform == self.registry.platform
        if here or head.origin != FILE or head.status in _GONE or self.catalog.problems_of(key):
            return False
        return self.last[key][1] not in _GONE

    def _folder_unread(self) -> bool:
        folder = self.settings.configs / "clients"
        return any(self.settings.project / problem.file == folder for problem in self.catalog.problems)

    def _invalid(self) -> dict[str, tuple[str, ...]]:
        """What is wrong with this platform's files, and with those that all platforms share."""
        found = {
            stem: tuple(str(problem) for problem in problems)
            for stem, problems in self.catalog.broken.items()
            if self._is_mine(stem)
        }
        for problem in self.catalog.problems:
            if not problem.file.match("clients/*"):
                name = problem.file.as_posix()
                found[name] = (*found.get(name, ()), str(problem))
        return found

    def _is_mine(self, stem: str) -> bool:
        """Whether a broken file is this platform's, by what it says or by the client that is live."""
        live = {key for key, head in self.heads.items() if head.status not in _GONE}
        if stem in live or any(key.startswith(f"{stem}__") for key in live):
            return True
        return self.catalog.platforms.get(stem, self.settings.platform) == self.registry.platform

    def _refusal(self, plan: SyncPlan) -> str:
        """Count the active clients that would not be active any more; one alone may always go."""
        active = {key for key, head in self.heads.items() if head.status == ACTIVE}
        leaving = sorted(
            step.client_id for step in plan.steps if step.status != ACTIVE and step.client_id in active
        )
        share = self.settings.leaving_share
        if len(leaving) <= 1 or len(leaving) <= share * len(active):
            return ""
        names = ", ".join(leaving[:10]) + (", …" if len(leaving) > 10 else "")
        return (
            f"{len(leaving)} of {len(active)} active clients would leave at once, more than {share:.0%}: "
            f"{names}; nothing was changed. If they should: `medallion apply --yes`"
        )
