"""Telling people: one cause once, within ten seconds, whatever becomes of a channel."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from medallion.masking import Mask
from medallion.notifications.bounded import Attempt
from medallion.notifications.channel import Channel, Route
from medallion.notifications.message import Message, Recovered, Row
from medallion.notifications.render import Letter, moment, render
from medallion.severity import Severity

if TYPE_CHECKING:
    from medallion.ledger import Ledger, RunKey
    from medallion.ledger.told import Told

log = logging.getLogger(__name__)

#: How long a task may wait for all of its telling, in seconds.
BOUND = 10.0
#: Of these, how long the ledger may take to say who knows already, and to write down how it went.
ASKING, _WRITING = 2.0, 1.0
#: How often to look whether another process has told of the failure, in seconds.
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Teller:
    """Tells of messages through a client's channels.

    Attributes:
        routes: the channels, each with the least severity that goes there.
        ledger: opens the ledger, which knows what was told.
        mask: blots out secrets.
        bound: how long it all may take, in seconds.
        asking: of these, how long the ledger may take to say who knows already.
        environment: the installation's, where readers might take it for production.
    """

    routes: Sequence[Route]
    ledger: Callable[[], Ledger]
    mask: Mask
    bound: float = BOUND
    asking: float = ASKING
    environment: str = ""

    def tell(self, messages: Sequence[Message], started: float | None = None) -> None:
        """Tell of messages; never raises, and never takes longer than it may.

        A channel that fails is written to the ledger and the log, and tried again with the next repeat. Where
        the ledger cannot be asked everything is told, for twice is better than never.

        Args:
            messages: what happened, each with another cause.
            started: when the work began that this is the end of, by :func:`time.monotonic`.
        """
        until = (started or time.monotonic()) + self.bound

        def work() -> None:
            for message in messages:
                self._tell(message.masked(self.mask), until)

        self._bounded(work, until)

    def tell_recovery(
        self,
        key: RunKey,
        recovered: Recovered,
        only: Container[int] | None = None,
        started: float | None = None,
    ) -> None:
        """Tell that what failed went well, where anybody was told of a failure, or was tried to be.

        Where another process is still at telling of the failure, that goes first: for half the time at most.

        Args:
            key: the run, as the ledger knows what was told by.
            recovered: the message, still without its rows: they are what was told of its task.
            only: the ids of the causes that have ended; None for all of the task's.
            started: as above.
        """
        until = (started or time.monotonic()) + self.bound
        self._bounded(lambda: self._recover(key, recovered.masked(self.mask), only, until), until)

    def _bounded(self, work: Callable[[], object], until: float) -> None:
        try:
            Attempt(work).result(until)
        except TimeoutError:
            log.error("not all was told within %g seconds; the task goes on", self.bound)
        except Exception as error:  # whatever keeps people from being told must not change how a task ends
            log.error("nobody could be told: %s", self.mask(f"{type(error).__name__}: {error}"))

    def _tell(self, message: Message, until: float) -> None:
        ask_until = min(until - _WRITING, time.monotonic() + self.asking)
        due = [route.channel for route in self.routes if message.severity.rank >= route.least.rank]
        told = None
        try:
            told, due = Attempt(lambda: self._due(message, due)).result(ask_until)
        except Exception as error:
            said = self.mask(f"{type(error).__name__}: {error}")
            log.warning("the ledger does not say what was told, so all is: %s", said)
        if due:
            self._send(render(message, self.environment), due, told, until)

    def _due(self, message: Message, channels: Sequence[Channel]) -> tuple[int, list[Channel]]:
        """The cause's id, and the channels that are still to be told; the ledger counts what is held back."""
        from medallion.ledger import told as known

        ledger, key = self.ledger(), _key_of(message)
        before = known.open_causes(ledger, key)
        if message.consequence and before and all(one.cause != message.cause for one in before):
            known.hold_back(ledger, before[0].id)
            log.info("held back, for it follows from %s: %s", before[0].subject, message.subject)
            return before[0].id, []
        said = {"kind": message.kind, "task_id": message.task_id, "subject": message.subject}
        told, new = known.note(
            ledger, key, client_id=message.client_id, cause=message.cause, severity=message.severity, **said
        )
        due = [one for one in channels if known.take(ledger, told.id, one.name, message.severity)]
        # Also a new one, where another process was quicker to tell of it.
        if not due and (channels or not new):
            known.hold_back(ledger, told.id)
            log.info("held back, it was told before: %s", message.subject)
        if isinstance(message, Recovered):
            known.end_cause(ledger, told.id)
        return told.id, due

    def _send(self, letter: Letter, channels: Sequence[Channel], told: int | None, until: float) -> None:
        """Tell all channels at once, and write down how it went: one that hangs keeps it from no other."""
        attempts = [(one, Attempt(partial(one.send, letter), one.name)) for one in channels]
        send_until = until - _WRITING
        problems = {one.name: self._problem(attempt, send_until) for one, attempt in attempts}
        for name, problem in problems.items():
            if problem:
                log.error("%s could not be told of %s: %s", name, letter.subject, problem)
            else:
                log.info("told %s: %s", name, letter.subject)
        if told is not None:
            self._write_down(told, problems)

    def _problem(self, attempt: Attempt[None], until: float) -> str:
        waits = max(0.0, until - time.monotonic())
        try:
            attempt.result(until)
        except TimeoutError as error:
            said = str(error) if str(error) != "not done in time" else f"no answer within {waits:.0f} seconds"
            return self.mask(said)
        except Exception as error:
            return self.mask(f"{type(error).__name__}: {error}")[:2_000]
        return ""

    def _write_down(self, told: int, problems: dict[str, str]) -> None:
        from medallion.ledger.told import end_telling

        ledger = self.ledger()
        for name, problem in problems.items():
            end_telling(ledger, told, name, problem)

    def _recover(self, key: RunKey, recovered: Recovered, only: Container[int] | None, until: float) -> None:
        from medallion.ledger.told import SENDING, channels_told, end_cause, open_causes

        ledger = self.ledger()
        causes = [
            one for one in open_causes(ledger, key, recovered.task_id) if only is None or one.id in only
        ]
        ids, wait_until = [one.id for one in causes], until - self.bound / 2
        while any(state == SENDING for state, _ in channels_told(ledger, ids).values()):
            if time.monotonic() > wait_until:
                break
            time.sleep(_LOOK_EVERY)
        ended = [one for one in causes if end_cause(ledger, one.id)]
        names = channels_told(ledger, [one.id for one in ended])
        routes = [Route(one.channel, Severity.INFO) for one in self.routes if one.channel.name in names]
        if not ended or not routes:
            return
        rows = tuple(_row_of(one) for one in ended)
        cause = "recovered:" + ",".join(str(one.id) for one in ended)[:200]
        message = replace(recovered, rows=rows, cause=cause)
        replace(self, routes=routes)._tell(message, until)


def _key_of(message: Message) -> RunKey:
    from medallion.ledger import RunKey

    return RunKey(message.dag_id, message.scope)


def _row_of(told: Told) -> Row:
    """A cause as a recovery shows it: what was told, and how many repeats were not."""
    since = moment(told.first_at.replace(tzinfo=UTC))
    many = "1 repeat was" if told.held == 1 else f"{told.held:,} repeats were"
    held = f"{many} held back" if told.held else ""
    return Row(told.subject.removeprefix("[medallion] "), f"first at {since}", held)


def now() -> datetime:
    """Now, as messages have it."""
    return datetime.now(UTC)
