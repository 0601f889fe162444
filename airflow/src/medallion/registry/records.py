"""Rows of the registry as plain objects, and the words in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from medallion.registry.definition import Definition

#: What a client may be. A draining one has no new runs, and is removed once those in flight have ended.
ACTIVE, DISABLED, DRAINING, REMOVED = "active", "disabled", "draining", "removed"
#: Where a revision came from.
FILE, CLI, API = "file", "cli", "api"


class Head(NamedTuple):
    """A client's status, revision, checksum and origin."""

    status: str
    revision: int
    checksum: str
    origin: str


@dataclass(frozen=True)
class Configuration:
    """A client as it is live.

    Args:
        platform: whose factory keeps it.
        key: the client's name on that platform: its file's name, or what the API called it.
        definition: the client with the sources and the destination it names.
        status: active, disabled, draining or removed.
        revision: its number, from 1.
        checksum: SHA-256 of the definition.
        origin: where the client first came from: file, cli or api.
        created_at: UTC without zone, as ``updated_at``.
        updated_at: of its last change.
    """

    platform: str
    key: str
    definition: Definition
    status: str
    revision: int
    checksum: str
    origin: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Revision:
    """What a client was at one of its revisions, who made it so, and why.

    Args:
        definition: what it was; None if this version of Medallion does not understand it.
        problem: why not; blank if it does.
        facts: the definition as it was written down.
    """

    key: str
    revision: int
    definition: Definition | None
    status: str
    checksum: str
    origin: str
    actor: str
    why: str
    created_at: datetime
    facts: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Event:
    """One line of the audit log."""

    subject: str
    action: str
    actor: str
    detail: Mapping[str, Any]
    happened_at: datetime
