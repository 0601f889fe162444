"""One shared poll a run: all triggers of a run in this triggerer read the ledger through one watch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from medallion.ledger import Build, Ledger, NodeRow, RunKey, open_ledger
from medallion.ledger.records import RUNNING
from medallion.settings import load_settings

log = logging.getLogger(__name__)

#: Seconds between two looks at the ledger, and between two questions to Airflow about the builds' tasks.
LEDGER_SECONDS = 0.3
AIRFLOW_SECONDS = 5.0

#: Given a run, the state of every ``<layer>.build`` task by its id.
BuildStates = Callable[[RunKey], Mapping[str, str | None]]


class RunWatch:
    """What the ledger and Airflow say of one run, as of the last look; lives while somebody waits."""

    _watches: ClassVar[dict[RunKey, RunWatch]] = {}

    def __init__(self, key: RunKey, ledger: Ledger, build_states: BuildStates) -> None:
        self.key = key
        self.ledger = ledger
        self.build_states = build_states
        self.rows: dict[str, NodeRow] = {}
        self.builds: list[Build] = []
        self.tasks: Mapping[str, str | None] = {}
        self._last_id = 0
        self._ended: frozenset[int] = frozenset()
        self._all_again = True
        self._asked_at = 0.0
        self._waiting = 0
        self._looked = asyncio.Condition()
        self._poll: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, key: RunKey, build_states: BuildStates) -> RunWatch:
        """The watch of a run in this process and event loop."""
        if key not in cls._watches:
            cls._watches[key] = cls(key, open_ledger(load_settings().database_url), build_states)
        return cls._watches[key]

    async def __aenter__(self) -> RunWatch:
        self._waiting += 1
        if self._poll is None:
            self._poll = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._waiting -= 1
        if not self._waiting and self._poll:
            self._poll.cancel()
            self._watches.pop(self.key, None)

    async def next_look(self) -> None:
        """Wait until the ledger has been read once more."""
        async with self._looked:
            await self._looked.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._ask_airflow()
                await asyncio.to_thread(self._read_ledger)
            except Exception:  # the ledger or the API server may be away for a while
                log.warning("could not look at %s, trying again", self.key.run_id, exc_info=True)
            async with self._looked:
                self._looked.notify_all()
            await asyncio.sleep(LEDGER_SECONDS)

    async def _ask_airflow(self) -> None:
        """Ask before reading the ledger, so that the rows are never older than the states."""
        if time.monotonic() - self._asked_at >= AIRFLOW_SECONDS:
            self.tasks = await asyncio.to_thread(self.build_states, self.key)
            self._asked_at = time.monotonic()
            self._all_again = True

    def _read_ledger(self) -> None:
        """Read builds, then rows: of a build that has ended none is still to come.

        PostgreSQL numbers rows when they are written and shows them when they are committed, which several
        threads of a build do in another order: who reads on from the last number may have passed one by. So
        all are read again where a build has ended, and as often as Airflow is asked.
        """
        builds = self.ledger.builds(self.key)
        ended = frozenset(one.id for one in builds if one.state != RUNNING)
        since = 0 if self._all_again or ended - self._ended else self._last_id
        for row in self.ledger.results_after(self.key, since):
            known = self.rows.get(row.node)
            if known is None or row.id >= known.id:
                self.rows[row.node] = row
            self._last_id = max(self._last_id, row.id)
        self.builds, self._ended, self._all_again = builds, ended, False
