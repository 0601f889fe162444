"""Events between batches → landing, each once, whatever is killed; and what batches find of them."""

from medallion.stream.channel import Channel, Gathered
from medallion.stream.inbox import Inbox
from medallion.stream.reconcile import reconcile
from medallion.stream.take import Stream, Taken

__all__ = ["Channel", "Gathered", "Inbox", "Stream", "Taken", "reconcile"]
