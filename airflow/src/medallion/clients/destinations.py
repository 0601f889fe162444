"""Where gold may be published, as the operator declares it in ``configs/destinations.yml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from medallion.clients.fields import ConnectionId, Frozen, Name, Text, Variable
from medallion.clients.places import DestinationPath
from medallion.clients.problem import NotAllowedError, listed

#: The keys of each type beside name, description and type.
_KEYS = {
    "duckdb": ("path",),
    "parquet": ("path", "connection", "env"),
    "postgres": ("connection", "env"),
    "sqlserver": ("connection", "env"),
}
_STORES = ("s3", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory")


class Destination(Frozen):
    """One place gold is published to: an entry of ``configs/destinations.yml``.

    ``path`` is where files go; a database's address, and the key of an object store, stand in an Airflow
    connection or in an environment variable, never here.
    """

    name: Name
    description: Text | None = Field(
        None, description="What it is, in a sentence.", examples=["The warehouse that analysts read"]
    )
    type: Literal["duckdb", "parquet", "postgres", "sqlserver"] = Field(
        description="What it is; it decides which keys there are.", examples=["postgres"]
    )
    path: DestinationPath | None = Field(
        None,
        description="Relative to var/destinations, an absolute path, or for parquet a URL.",
        examples=["data_warehouse.duckdb"],
        validate_default=True,
    )
    connection: ConnectionId | None = Field(
        None,
        description="Airflow connection that holds the address and login.",
        examples=["analytics_db"],
        validate_default=True,
    )
    env: Variable | None = Field(
        None,
        description="Environment variable that holds them as a URL.",
        examples=["ENTERPRISE_WAREHOUSE_URL"],
        validate_default=True,
    )

    @field_validator("path", "connection", "env")
    @classmethod
    def _belongs(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse a key that the type does not have."""
        kind = info.data.get("type")
        if value is not None and kind and info.field_name not in _KEYS[kind]:
            known = listed(_KEYS[kind])
            raise PydanticCustomError("foreign", f"does not go with type {kind}, whose keys are {known}")
        return value

    @field_validator("path")
    @classmethod
    def _where(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("type")
        if value is None and kind in ("duckdb", "parquet"):
            raise PydanticCustomError("missing", "is missing")
        scheme = value.partition("://")[0] if value and "://" in value else None
        if scheme and kind == "duckdb":
            raise NotAllowedError("must be a file on this machine's disks")
        if scheme and kind == "parquet" and scheme not in _STORES:
            raise NotAllowedError(f"must be a folder, or begin with one of {', '.join(_STORES)}")
        return value

    @field_validator("connection", "env")
    @classmethod
    def _only_on_s3(cls, value: str | None, info: ValidationInfo) -> str | None:
        path = info.data.get("path")
        if value and path and not path.startswith("s3://"):
            raise PydanticCustomError("needless", "is only for a path that is a URL of s3")
        return value

    @field_validator("env")
    @classmethod
    def _one_login(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Hold a database to exactly one of the two ways to its login, a bucket to at most one."""
        kind, other = info.data.get("type"), info.data.get("connection")
        if value and other:
            raise PydanticCustomError("twice", "must not stand beside connection: one of them says the login")
        known = "connection" in info.data  # else it has a flaw of its own
        if kind in ("postgres", "sqlserver") and not value and not other and known:
            raise PydanticCustomError(
                "missing_login",
                "is missing: name the environment variable with the database's URL here, "
                "or its Airflow connection under connection",
            )
        return value
