"""Telling people: what happened as an event, and the channels that carry it to them."""

from medallion.notifications.channel import Channel, notify
from medallion.notifications.event import Event
from medallion.notifications.outbox import Outbox
from medallion.notifications.recording import RecordingChannel

__all__ = ["Channel", "Event", "Outbox", "RecordingChannel", "notify"]
