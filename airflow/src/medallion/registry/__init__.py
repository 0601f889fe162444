"""What is configured and who changed it: clients, their revisions, the files of their DAGs, the audit."""

from medallion.registry.definition import Definition
from medallion.registry.files import DagFiles, FileChange
from medallion.registry.records import (
    ACTIVE,
    API,
    CLI,
    DISABLED,
    DRAINING,
    FILE,
    REMOVED,
    Configuration,
    Event,
    Head,
    Revision,
)
from medallion.registry.store import Registry, open_registry
from medallion.registry.sync import Step, SyncPlan, carry_out, plan_sync, sync

__all__ = [
    "ACTIVE",
    "API",
    "CLI",
    "DISABLED",
    "DRAINING",
    "FILE",
    "REMOVED",
    "Configuration",
    "DagFiles",
    "Definition",
    "Event",
    "FileChange",
    "Head",
    "Registry",
    "Revision",
    "Step",
    "SyncPlan",
    "carry_out",
    "open_registry",
    "plan_sync",
    "sync",
]
