"""What a person is told: a kind of message for each thing that somebody should know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from medallion.masking import Mask
from medallion.severity import Severity


@dataclass(frozen=True)
class Row:
    """One of the things that a message is about: a model, a rule, a client, a cause.

    Attributes:
        name: what it is called.
        state: what became of it, in a word or two.
        said: what was said of it.
        failing: rows of it that are not good.
        population: of how many.
        sql: the condition that they break.
    """

    name: str
    state: str
    said: str = ""
    failing: int | None = None
    population: int | None = None
    sql: str = ""


@dataclass(frozen=True, kw_only=True)
class Message(ABC):
    """What every kind of message says; blank or None is what its kind has not.

    Attributes:
        client_id: whom it is about; a platform's name where it is about several of its clients.
        dag_id: the DAG.
        run_id: the run; blank where it is about no run.
        task_id: the task it happened in.
        cause: what tells it from other things that happen in the run; one cause is told once.
        severity: how bad it is.
        at: when, with its zone.
        interval: which interval the run is for.
        failure: what kind of failure it is, by its class.
        reason: what the task said.
        trace: where in the code, as Python says it.
        rows: what it is about, one by one.
        unreached: how many more were not reached because of them.
        try_number: which try of the task it was, counted from 1.
        tries: how many there are.
        next_try: when the next one is not before.
        log_url: the task's log in Airflow.
        advice: what to do.
        consequence: what it tells follows from anything that was told of the run before.
        lasting: its cause is one of all runs of the DAG, and over once one goes well.
    """

    kind: ClassVar[str]
    #: Whether its cause is one of the run; else it is told once for all runs of the DAG.
    of_run: ClassVar[bool] = True

    client_id: str
    dag_id: str
    run_id: str
    task_id: str
    cause: str
    severity: Severity
    at: datetime
    interval: str = ""
    failure: str = ""
    reason: str = ""
    trace: str = ""
    rows: tuple[Row, ...] = ()
    unreached: int = 0
    try_number: int | None = None
    tries: int | None = None
    next_try: datetime | None = None
    log_url: str = ""
    advice: str = ""
    consequence: bool = False
    lasting: bool = False

    @property
    def scope(self) -> str:
        """The run that its cause is one of; blank where it is one of all runs of the DAG."""
        return self.run_id if self.of_run and not self.lasting else ""

    @property
    @abstractmethod
    def headline(self) -> str:
        """It in one line."""

    @property
    def subject(self) -> str:
        """The headline as a mail's subject."""
        return f"[medallion] {self.headline}"

    def masked(self, mask: Mask) -> Self:
        """The message without secrets; to be called before anything is cut off, and half of one left."""
        rows = tuple(replace(row, **_hidden(row, mask)) for row in self.rows)
        return replace(self, **_hidden(self, mask), rows=rows)


def _hidden(value: Message | Row, mask: Mask) -> dict[str, Any]:
    """The texts of a message or a row, without secrets."""
    said = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in _KEYS}
    return {name: mask(text) for name, text in said.items() if isinstance(text, str)}


#: What the ledger finds a cause by, and what is no text.
_KEYS = frozenset({"client_id", "dag_id", "run_id", "cause", "severity"})


@dataclass(frozen=True, kw_only=True)
class TaskFailed(Message):
    """A task failed: for good, or with another try to come."""

    kind: ClassVar[str] = "task failed"

    @property
    def headline(self) -> str:
        """Whose task failed, and whether it will be tried again."""
        if self.next_try:
            failed = f"try {self.try_number} of {self.tries} failed"
            return f"{self.client_id} will try {self.task_id} again: {failed}"
        return f"{self.client_id} failed: {self.task_id}"


@dataclass(frozen=True, kw_only=True)
class Recovered(Message):
    """What failed before went well; its rows are what was told before."""

    kind: ClassVar[str] = "recovered"

    @property
    def headline(self) -> str:
        """Whose task went well."""
        return f"{self.client_id} recovered: {self.task_id}"


@dataclass(frozen=True, kw_only=True)
class ClientsRecovered(Recovered):
    """Clients of a platform that needed a look are in order again."""

    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """Whose clients."""
        return f"{self.client_id} recovered: its clients are in order"


@dataclass(frozen=True, kw_only=True)
class GateBreached(Message):
    """A layer's rules are below their thresholds; its rows are these rules."""

    kind: ClassVar[str] = "gate breached"

    @property
    def headline(self) -> str:
        """Whose gate, and by how many rules."""
        if len(self.rows) == 1:
            return f"{self.client_id} stopped at {self.task_id}: {self.rows[0].name} is below its threshold"
        return (
            f"{self.client_id} stopped at {self.task_id}: {len(self.rows)} rules are below their thresholds"
        )


@dataclass(frozen=True, kw_only=True)
class WaiverUsed(Message):
    """A gate passed by a waiver alone; its row is the waived rule."""

    kind: ClassVar[str] = "waiver used"
    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """Whose gate, and for which rule."""
        return f"{self.client_id} passed {self.task_id} by a waiver of {self.rows[0].name}"


@dataclass(frozen=True, kw_only=True)
class ClientRemoved(Message):
    """A client takes no new runs any more."""

    kind: ClassVar[str] = "client removed"
    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """Whose pipeline ends."""
        return f"{self.client_id} is removed: it takes no new runs"


@dataclass(frozen=True, kw_only=True)
class ClientsInvalid(Message):
    """Clients of a platform need somebody's look; its rows are these clients."""

    kind: ClassVar[str] = "client invalid"
    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """How many, and of which platform."""
        if len(self.rows) == 1:
            return f"{self.client_id}: {self.rows[0].name} needs a look"
        return f"{self.client_id}: {len(self.rows)} clients need a look"
