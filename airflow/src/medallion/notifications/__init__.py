"""Telling people: what happened as a message, and the channels that carry it to them."""

from medallion.notifications.channel import Channel, Route
from medallion.notifications.late import LayerLate, NeverStarted, RunLate, StartsAgain, StreamLate
from medallion.notifications.message import (
    ClientRemoved,
    ClientsInvalid,
    ClientsRecovered,
    GateBreached,
    Message,
    Recovered,
    Row,
    TaskFailed,
    WaiverUsed,
)
from medallion.notifications.outbox import Outbox
from medallion.notifications.recording import RecordingChannel
from medallion.notifications.render import Letter, render
from medallion.notifications.telling import Teller

__all__ = [
    "Channel",
    "ClientRemoved",
    "ClientsInvalid",
    "ClientsRecovered",
    "GateBreached",
    "LayerLate",
    "Letter",
    "Message",
    "NeverStarted",
    "Outbox",
    "RecordingChannel",
    "Recovered",
    "Route",
    "Row",
    "RunLate",
    "StartsAgain",
    "StreamLate",
    "TaskFailed",
    "Teller",
    "WaiverUsed",
    "render",
]
