"""Tells people of a round: of clients that need somebody's look, and of those that go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medallion.clients import Client
from medallion.factory.addresses import client_of_group, group_of
from medallion.factory.report import CREATED, DRAINING, REMOVED, UPDATED, Line, Report
from medallion.ledger import Ledger, RunKey
from medallion.ledger.told import end_cause, open_causes
from medallion.notifications import ClientRemoved, ClientsInvalid, ClientsRecovered, Row, Teller
from medallion.notifications.causes import cause_of_rows
from medallion.pipeline import dag_id_of
from medallion.registry import DRAINING as LEAVING
from medallion.registry import REMOVED as GONE
from medallion.registry import Registry
from medallion.severity import Severity

log = logging.getLogger(__name__)

_TASK = "go_round"
_REMOVED = "removed"
_LOOK = "Mend what is named; `medallion validate` says whether it is. What was live before still is."
_BACK = (
    "Nothing, if that is meant. Its data, reports and last delivery stay; to have it back, put its file back."
)


@dataclass(frozen=True)
class Telling:
    """Tells of one round.

    Attributes:
        registry: knows the clients' addresses, also where their files are broken.
        ledger: knows what was told.
        teller: who tells of a client; of None, whom nobody knows an address of.
        run: the factory's run.
        at: now, with its zone.
    """

    registry: Registry
    ledger: Ledger
    teller: Callable[[Client | None], Teller]
    run: RunKey
    at: datetime

    def tell(self, report: Report) -> None:
        """Tell of a round; never raises, for the round is done.

        Clients with the same addresses are told of together, once as long as the same is wrong with them.
        """
        try:
            self._invalid(report)
            for line in report.lines:
                self._going(line)
        except Exception:
            log.exception("nobody could be told of the round")

    def _invalid(self, report: Report) -> None:
        told = {}
        for group, (client, lines) in self._grouped(report.trouble).items():
            rows = tuple(Row(line.subject, line.word, line.detail) for line in lines)
            cause = cause_of_rows(f"clients:{group}", map(str, lines))
            told[group] = cause
            message = ClientsInvalid(**self._facts(cause, Severity.ERROR), rows=rows, advice=_LOOK)
            self.teller(client).tell([message])
        key = RunKey(self.run.dag_id, "")
        over = [one for one in open_causes(self.ledger, key, _TASK) if one.cause not in told.values()]
        for one in over:
            group = one.cause.split(":")[1]
            if group in told:  # something else is wrong now, and was told
                end_cause(self.ledger, one.id)
            else:
                facts = self._facts("recovered", Severity.INFO)
                recovered = ClientsRecovered(
                    **facts, advice="Nothing: all of these clients are in order again."
                )
                self.teller(client_of_group(self.registry, group)).tell_recovery(key, recovered, {one.id})

    def _going(self, line: Line) -> None:
        """Tell that a client goes, once, until it comes back."""
        key = RunKey(dag_id_of(line.subject, self.registry.platform), "")
        if line.word in (CREATED, UPDATED):
            for one in open_causes(self.ledger, key):
                if one.cause == _REMOVED:
                    end_cause(self.ledger, one.id)
        known = self.registry.configuration(line.subject) if line.word in (DRAINING, REMOVED) else None
        if known and known.status in (LEAVING, GONE):
            facts = self._facts(_REMOVED, Severity.WARNING) | {
                "client_id": line.subject,
                "dag_id": key.dag_id,
            }
            self.teller(known.definition.client).tell(
                [ClientRemoved(**facts, reason=line.detail, advice=_BACK)]
            )

    def _facts(self, cause: str, severity: Severity) -> dict[str, Any]:
        """What any message of this round says."""
        return {
            "client_id": self.registry.platform,
            "dag_id": self.run.dag_id,
            "run_id": self.run.run_id,
            "task_id": _TASK,
            "cause": cause,
            "severity": severity,
            "at": self.at,
        }

    def _grouped(self, trouble: list[Line]) -> dict[str, tuple[Client | None, list[Line]]]:
        """The lines by who is to be told of them."""
        groups: dict[str, tuple[Client | None, list[Line]]] = {}
        for line in trouble:
            known = self.registry.configuration(line.subject)
            client = known.definition.client if known else None
            groups.setdefault(group_of(client), (client, []))[1].append(line)
        return groups
