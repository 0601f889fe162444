"""dbt's events while it builds → rows of the ledger, each the moment dbt reports it."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from medallion.ledger import NodeRow

#: The key under which the ``rule`` test logs what it counted.
RULE_EVENT = "medallion_rule"
#: The key under which a quarantine logs its rows.
ROWS_EVENT = "medallion_rows"
_EVENTS = (f'{{"{RULE_EVENT}": ', f'{{"{ROWS_EVENT}": ')
#: What dbt tells while it handles what a node raised; its results keep no more of that than the text.
_RAISED = frozenset({"CatchableExceptionOnRun", "InternalErrorOnRun", "GenericExceptionOnRun"})
#: Events whose text a reader of a node's log wants; dbt's debug events are left out.
_LEVELS = frozenset({"info", "warn", "error"})


class Recorder:
    """A callback for dbtRunner: gathers a node's lines and counts, hands over its row when it ends.

    Args:
        layers: the layer of each node that is built, by unique id.
        write: receives each row once.

    Attributes:
        written: the row of each node that ended, by unique id, once it was handed over.
        unsaid: why a row could not be handed over; None if all could.
        errors: what nodes raised, by unique id.
    """

    def __init__(self, layers: dict[str, str], write: Callable[[NodeRow], None]) -> None:
        self.layers = layers
        self.write = write
        self.written: dict[str, NodeRow] = {}
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._counts: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, BaseException] = {}
        self.unsaid: Exception | None = None

    def __call__(self, event: Any) -> None:
        """Take one of dbt's events."""
        node = getattr(getattr(event.data, "node_info", None), "unique_id", "")
        if node not in self.layers:
            return
        if event.info.name in {"JinjaLogInfo", "JinjaLogDebug"} and event.info.msg.startswith(_EVENTS):
            self._counts[node] = json.loads(event.info.msg)
        elif event.info.name in _RAISED and (error := sys.exception()):
            self.errors[node] = error
        elif event.info.name == "NodeFinished":
            self._finish(node, event.data)
        elif str(event.info.level) in _LEVELS:
            self._lines[node].append(event.info.msg)

    def _finish(self, node: str, data: Any) -> None:
        counts = self._counts.get(node, {})
        self.add(
            NodeRow(
                node=node,
                layer=self.layers[node],
                status=data.node_info.node_status,
                message=data.run_result.message or "",
                rows=counts.get(ROWS_EVENT, _rows(data.run_result)),
                seconds=data.run_result.execution_time,
                failing=counts.get("failing", data.run_result.num_failures or None),
                population=counts.get("population"),
                log="\n".join(self._lines[node]),
            )
        )

    def add(self, row: NodeRow) -> None:
        """Hand over a row; where that fails, dbt takes its node for failed, and builds nothing behind it."""
        try:
            self.write(row)
        except Exception as error:
            self.unsaid = self.unsaid or error
            raise
        self.written[row.node] = row


def _rows(result: Any) -> int | None:
    """Rows that the adapter says it wrote, where it says so."""
    response = getattr(result, "adapter_response", None)
    value = response.fields.get("rows_affected") if response else None
    return int(value.number_value) if value is not None and value.number_value >= 0 else None
