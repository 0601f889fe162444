"""The seam to the world outside: a channel carries an event, and may fail without anybody failing with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from medallion.notifications.event import Event

log = logging.getLogger(__name__)


class Channel(Protocol):
    """Carries events to people."""

    def send(self, event: Event) -> None:
        """Carry the event, or hold it back if its run was told of already.

        Raises:
            Exception: any, if it cannot.
        """


def notify(event: Event, channels: Iterable[Channel]) -> None:
    """Hand an event to every channel; one that fails is logged and keeps it from no other."""
    for channel in channels:
        try:
            channel.send(event)
        except Exception:  # a mail that cannot go out must not change how a task ends
            log.exception("%s could not tell of: %s", type(channel).__name__, event.subject)
