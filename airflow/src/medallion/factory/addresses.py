"""Clients with the same addresses: they are told together of what concerns several of them."""

from __future__ import annotations

import hashlib

from medallion.clients import Client
from medallion.registry import Registry


def group_of(client: Client | None) -> str:
    """The same word for clients with the same addresses."""
    said = f"{client.notification_email}\n{client.notifications!r}" if client else ""
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def client_of_group(registry: Registry, group: str) -> Client | None:
    """A client with a group's addresses; None if none has them any more."""
    clients = (one.definition.client for one in registry.configurations().values())
    return next((client for client in clients if group_of(client) == group), None)
