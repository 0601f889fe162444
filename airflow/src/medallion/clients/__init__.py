"""Clients as data: YAML in, frozen objects out. Knows no Airflow and no database."""

from medallion.clients.catalog import BROKEN, DISABLED, ENABLED, NO_DATA, Catalog, Origin, status_of
from medallion.clients.checks import Checks, Freshness, OnBreach
from medallion.clients.contracts import Entity, Pages, SourceContract
from medallion.clients.destinations import Destination
from medallion.clients.loader import client_from_dict, load_catalog
from medallion.clients.model import (
    BusinessRules,
    Client,
    QualityThreshold,
    Retention,
    SourceRef,
    Transformation,
)
from medallion.clients.problem import Problem
from medallion.clients.realtime import Queue, Realtime
from medallion.clients.schedule import duration_text

__all__ = [
    "BROKEN",
    "DISABLED",
    "ENABLED",
    "NO_DATA",
    "BusinessRules",
    "Catalog",
    "Checks",
    "Client",
    "Destination",
    "Entity",
    "Freshness",
    "OnBreach",
    "Origin",
    "Pages",
    "Problem",
    "QualityThreshold",
    "Queue",
    "Realtime",
    "Retention",
    "SourceContract",
    "SourceRef",
    "Transformation",
    "client_from_dict",
    "duration_text",
    "load_catalog",
    "status_of",
]
