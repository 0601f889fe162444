"""Tells people of runs that should exist and do not, once a cause, and of their start after all."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medallion.clients import Client
from medallion.factory.addresses import client_of_group, group_of
from medallion.ledger import Ledger, RunKey
from medallion.ledger.told import Told, end_cause, open_causes
from medallion.notifications import NeverStarted, Row, StartsAgain, Teller
from medallion.pipeline import dag_id_of
from medallion.registry import ACTIVE, Registry
from medallion.severity import Severity
from medallion.unstarted import Reason, Unstarted, todo_of

log = logging.getLogger(__name__)

#: The task that looks.
LOOK = "look"
_PREFIX = "unstarted"


@dataclass(frozen=True)
class StartsTelling:
    """Tells of one look.

    What keeps one client's runs from starting is told to its people; what keeps those of many, once to all
    clients with the same addresses.

    Attributes:
        registry: knows the clients' addresses.
        ledger: knows what was told.
        teller: who tells of a client; of None, whom nobody knows an address of.
        run: the run that looked.
        at: now, with its zone.
    """

    registry: Registry
    ledger: Ledger
    teller: Callable[[Client | None], Teller]
    run: RunKey
    at: datetime

    def tell(self, found: Iterable[Unstarted]) -> None:
        """Tell of what was found; never raises, for that is written on the task as well."""
        try:
            alone: dict[str, Unstarted] = {}
            together: dict[Reason, list[Unstarted]] = defaultdict(list)
            for one in found:
                if one.reason.of_platform:
                    together[one.reason].append(one)
                else:
                    alone[one.client_id] = one
            self._of_clients(alone)
            self._of_platform(together)
        except Exception:
            log.exception("nobody could be told of runs that did not start")

    def _of_clients(self, found: dict[str, Unstarted]) -> None:
        for key, known in self.registry.configurations().items():
            client, one = known.definition.client, found.get(key)
            run = RunKey(dag_id_of(client.id, client.platform), "")
            cause = f"{_PREFIX}:{one.reason.name}" if one else ""
            if one:
                facts = self._facts(cause, Severity.ERROR)
                self._tell(client, [one], facts | {"client_id": client.id, "dag_id": run.dag_id})
            for told in open_causes(self.ledger, run, LOOK):
                if told.cause == cause:
                    continue
                if one or known.status != ACTIVE:  # another reason, which was told; or nothing is expected
                    end_cause(self.ledger, told.id)
                else:
                    self._recover(client, run, told, client.id)

    def _of_platform(self, found: dict[Reason, list[Unstarted]]) -> None:
        told_now = set()
        for reason, ones in found.items():
            groups: dict[str, list[Unstarted]] = defaultdict(list)
            for one in ones:
                groups[group_of(self._client(one))].append(one)
            for group, some in groups.items():
                # Being away ended before anybody looked: each time is another one.
                word = f"{reason.name}:{self.run.run_id}" if reason is Reason.WAS_AWAY else reason.name
                cause = f"{_PREFIX}:{group}:{word}"
                told_now.add(cause)
                self._tell(self._client(some[0]), some, self._facts(cause, Severity.ERROR))
        run = RunKey(self.run.dag_id, "")
        for told in open_causes(self.ledger, run, LOOK):
            if told.cause in told_now:
                continue
            _, group, word = told.cause.split(":", 2)
            if word.startswith(Reason.WAS_AWAY.name):
                end_cause(self.ledger, told.id)
            else:
                self._recover(client_of_group(self.registry, group), run, told, self.registry.platform)

    def _client(self, one: Unstarted) -> Client | None:
        known = self.registry.configuration(one.client_id)
        return known.definition.client if known else None

    def _tell(self, client: Client | None, found: list[Unstarted], facts: dict[str, Any]) -> None:
        rows = tuple(Row(one.client_id, one.reason.said, _sentence(one)) for one in found)
        message = NeverStarted(**facts, rows=rows, advice=f"{_capital(todo_of(found))}.")
        self.teller(client).tell([message])

    def _recover(self, client: Client | None, run: RunKey, told: Told, name: str) -> None:
        facts = self._facts("recovered", Severity.INFO) | {"client_id": name, "dag_id": run.dag_id}
        recovered = StartsAgain(**facts, advice="Nothing: what was due has a run.")
        self.teller(client).tell_recovery(run, recovered, {told.id})

    def _facts(self, cause: str, severity: Severity) -> dict[str, Any]:
        return {
            "client_id": self.registry.platform,
            "dag_id": self.run.dag_id,
            "run_id": self.run.run_id,
            "task_id": LOOK,
            "cause": cause,
            "severity": severity,
            "at": self.at,
        }


def _sentence(one: Unstarted) -> str:
    return _capital(one.said) + (f": {one.detail}" if one.detail else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
