"""What a person is told of what is not there in time: a run, a layer, or a run that never started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medallion.notifications.message import Message, Recovered


@dataclass(frozen=True, kw_only=True)
class RunLate(Message):
    """A run has not delivered within the client's ``sla.run``; its rows are its stages so far.

    Attributes:
        elapsed: how long ago it was queued.
        slow: which of its stages takes longer than it usually does, the worst of them; blank if none does.
    """

    kind: ClassVar[str] = "run late"
    elapsed: str
    slow: str = ""

    @property
    def headline(self) -> str:
        """Whose run, since when, and what is slow."""
        slow = f", {self.slow} is slow" if self.slow else ""
        return f"{self.client_id} is late: queued {self.elapsed} ago{slow}"


@dataclass(frozen=True, kw_only=True)
class LayerLate(Message):
    """A layer took longer than the client's ``sla.layers`` allows; its row says how long it usually takes.

    Attributes:
        layer: which.
        over: by how much.
    """

    kind: ClassVar[str] = "layer late"
    layer: str
    over: str

    @property
    def headline(self) -> str:
        """Whose layer, and how late."""
        return f"{self.client_id} is slow: {self.layer} took {self.over} too long"


@dataclass(frozen=True, kw_only=True)
class NeverStarted(Message):
    """Runs that should exist do not; its rows are the clients that lack them."""

    kind: ClassVar[str] = "never started"
    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """Whose runs, and why."""
        if len(self.rows) == 1:
            row = self.rows[0]
            return f"{row.name} did not start: {row.state}"
        return f"{self.client_id}: runs of {len(self.rows)} clients did not start: {self.rows[0].state}"


@dataclass(frozen=True, kw_only=True)
class StartsAgain(Recovered):
    """Runs that had not started do."""

    of_run: ClassVar[bool] = False

    @property
    def headline(self) -> str:
        """Whose runs."""
        return f"{self.client_id} recovered: its runs start"


@dataclass(frozen=True, kw_only=True)
class StreamLate(Message):
    """Events take longer to gold than the client's ``realtime.max_delay``.

    Attributes:
        behind: how long the oldest took, or waits.
    """

    kind: ClassVar[str] = "stream late"
    of_run: ClassVar[bool] = False
    behind: str

    @property
    def headline(self) -> str:
        """Whose stream, and by how much."""
        return f"{self.client_id} is not in real time: an event took {self.behind} or more"
