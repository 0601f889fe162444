"""What the operator declares beside the clients: contracts of sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from medallion.clients.checks import Checks, FreshnessKey
from medallion.clients.fields import (
    ClientsConnectionId,
    Column,
    Count,
    EachOnce,
    Frozen,
    Name,
    NotEmpty,
    NotRepeated,
    Text,
    Variable,
)
from medallion.clients.places import Address, EntityPath
from medallion.clients.problem import NotAllowedError, listed

#: interval: the interval's rows; snapshot: all rows each time; history: all on the first run, then intervals.
Load = Literal["interval", "snapshot", "history"]
#: What an interface calls a secret; a parameter of such a name would stand in the open.
_SECRET = re.compile(r"(?i)api[_-]?key|auth|passw|secret|signature|token(?!s)|credential")
_Columns = Annotated[tuple[Annotated[Column, NotRepeated], ...], EachOnce]

#: The keys of each connector beside those that all have: what it must have, and what it may.
SOURCE_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "files": (("location", "format"), ()),
    "sql": ((), ("connection", "env")),
    "rest": (("location",), ("connection", "env", "pages")),
}
ENTITY_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "files": (("path",), ()),
    "sql": (("table",), ("cursor",)),
    "rest": (("path",), ("cursor", "records", "params")),
}


class Pages(Frozen):
    """How a REST interface hands out its rows page by page."""

    type: Literal["single", "link_header", "next_url", "page_number", "offset"] = Field(
        description="One page; the next one's URL in the header Link or in the body; counted pages or rows.",
        examples=["next_url"],
    )
    next: Text = Field(
        "next", description="next_url: where in the body the next page's URL is.", examples=["links.next"]
    )
    page: Text = Field("page", description="page_number: the parameter that counts pages.", examples=["p"])
    first: Count = Field(1, description="page_number: the first page's number.", examples=[0])
    offset: Text = Field("offset", description="offset: the parameter that counts rows.", examples=["skip"])
    limit: Text = Field(
        "limit", description="offset: the parameter that says how many rows a page has.", examples=["take"]
    )
    size: Count = Field(100, description="offset: rows a page.", examples=[500])


class Entity(Frozen):
    """One table of a source: where its rows are and what must be in them."""

    description: Text | None = Field(
        None, description="What a row is, in a sentence.", examples=["One row an order"]
    )
    path: EntityPath | None = Field(
        None,
        description=(
            "files: relative to the location; {interval} is the interval's start. rest: the resource's path."
        ),
        examples=["orders/{interval}.csv"],
    )
    table: Text | None = Field(
        None, description="sql: the table or view, with its schema where it has one.", examples=["web.orders"]
    )
    cursor: Column | None = Field(
        None,
        description="sql, rest: column that says which interval a row belongs to; null: event_time.",
        examples=["updated_at"],
    )
    records: Text | None = Field(
        None, description="rest: where in the body the rows are; null: the body.", examples=["data.items"]
    )
    params: Mapping[Text, Text] = Field(
        default_factory=dict,
        description="rest: parameters of the request; {start} and {end} are the interval's, as ISO times.",
        examples=[{"since": "{start}", "before": "{end}"}],
    )
    keys: _Columns = Field(
        description="Columns that tell one row from another.", examples=[["order_id", "line_number"]]
    )
    event_time: Column | None = Field(
        None, description="Column that says when a row happened.", examples=["updated_at"]
    )
    required: _Columns = Field((), description="Columns that must be present.", examples=[["customer_id"]])
    min_rows: Count = Field(
        0, description="Fewer rows than this are taken for a broken delivery.", examples=[1]
    )
    checks: Checks | None = Field(
        None,
        description="What else an interval is held to before bronze reads it.",
        examples=[{"rows_a_day": 50}],
    )
    load: Load | None = Field(
        None, description="Which rows a run lands; null: as the source says.", examples=["snapshot"]
    )

    @field_validator("params")
    @classmethod
    def _open(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        """What stands here is read by all who read the contract, and by the interface's logs."""
        for name in value:
            if _SECRET.search(name):
                told = "must not hold a secret such as {name}; keep it in an Airflow connection"
                raise PydanticCustomError("secret", told, {"name": name})
        return value


class SourceContract(Frozen):
    """One source: the shape of ``configs/sources/<name>.yml``.

    The address and login of a database, and the token of a REST interface, stand in an Airflow connection or
    in an environment variable, never here.
    """

    name: Name
    description: Text = Field(
        description="What the source holds, in a sentence.", examples=["Orders of the shop"]
    )
    connector: Literal["files", "sql", "rest"] = Field(
        "files", description="How rows are read; it decides which keys there are.", examples=["sql"]
    )
    location: Address | None = Field(
        None,
        description=(
            "files: folder or URL; {samples}, {adventureworks}, {client} are filled in. rest: base URL."
        ),
        examples=["s3://deliveries/{client}/shop"],
        validate_default=True,
    )
    format: Literal["csv", "jsonl", "parquet"] | None = Field(
        None, description="files: what the files are.", examples=["csv"], validate_default=True
    )
    connection: ClientsConnectionId | None = Field(
        None,
        description=(
            "sql, rest: Airflow connection with the address and login, or the token; {client} is filled in."
        ),
        examples=["shop_of_{client}"],
    )
    env: Variable | None = Field(
        None,
        description="sql, rest: environment variable that holds the database's URL, or the token.",
        examples=["SHOP_URL"],
        validate_default=True,
    )
    pages: Pages | None = Field(None, description="rest: how rows come page by page; null: one page.")
    load: Load = Field(
        description=(
            "interval: the interval's rows; snapshot: all rows each time; "
            "history: all rows on the first run, then the interval's."
        ),
        examples=["interval"],
    )
    schema_changes: Literal["evolve", "freeze", "fail"] = Field(
        "evolve",
        description=(
            "A new column, a changed type or a dropped column: evolve lands what comes and says so; "
            "freeze keeps the columns and types that landed before; fail lands nothing."
        ),
        examples=["freeze"],
    )
    freshness: FreshnessKey | None = Field(
        None,
        description="How old the newest event_time of all entities may be when the interval ends.",
        examples=["1d"],
    )
    entities: Annotated[dict[Name, Entity], NotEmpty] = Field(description="The source's tables, by name.")

    def load_of(self, entity: str) -> Load:
        """Return which rows of an entity a run lands: its own ``load``, or the source's."""
        return self.entities[entity].load or self.load

    @field_validator("location", "format", "connection", "env", "pages")
    @classmethod
    def _belongs(cls, value: object, info: ValidationInfo) -> object:
        """Hold a key against what the connector has."""
        connector, key = info.data.get("connector"), info.field_name or ""
        if connector:
            _held(connector, SOURCE_KEYS[connector], {key: value}, where="")
        return value

    @field_validator("location")
    @classmethod
    def _where(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Files are read from file systems, rows of an interface from the web."""
        scheme = (value or "").partition("://")[0]
        if info.data.get("connector") == "rest" and value and scheme not in ("http", "https"):
            raise NotAllowedError("must begin with https:// or http://")
        if info.data.get("connector") == "files" and scheme == "http":
            raise NotAllowedError("must be a folder, or a URL of a file system such as s3://, not http://")
        return value

    @field_validator("env")
    @classmethod
    def _one_login(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("connection"):
            raise PydanticCustomError("twice", "must not stand beside connection: one of them says the login")
        known = "connection" in info.data
        if info.data.get("connector") == "sql" and not value and known and not info.data["connection"]:
            said = "is missing: name the environment variable with the database's URL here, or its Airflow "
            raise PydanticCustomError("missing_login", f"{said}connection under connection")
        return value

    @field_validator("entities")
    @classmethod
    def _entities_belong(cls, value: dict[str, Entity], info: ValidationInfo) -> dict[str, Entity]:
        connector, load = str(info.data.get("connector")), info.data.get("load")
        for name, entity in value.items() if connector in ENTITY_KEYS else ():
            own = {key: getattr(entity, key) for keys in ENTITY_KEYS.values() for key in (*keys[0], *keys[1])}
            _held(connector, ENTITY_KEYS[connector], own, where=f"{name}.")
            by_time = (entity.load or load) != "snapshot" and connector != "files"
            if by_time and not (entity.cursor or entity.event_time):
                said = f"{name}.cursor is missing: which column says the interval a row belongs to?"
                raise PydanticCustomError("missing_cursor", said)
            _checkable(name, entity, entity.load or str(load))
        return value


def _checkable(name: str, entity: Entity, load: str) -> None:
    """Refuse a check that an entity's rows can never be held to."""
    for check in ("freshness", "outside_interval"):
        if getattr(entity.checks, check, None) and not entity.event_time:
            said = f"{name}.checks.{check} needs {name}.event_time: which column says when a row happened?"
            raise PydanticCustomError("missing_event_time", said)
    for check in ("rows_a_day", "outside_interval"):
        if getattr(entity.checks, check, None) and load == "snapshot":
            said = f"{name}.checks.{check} does not go with load snapshot, which brings all rows each time"
            raise PydanticCustomError("foreign_check", said)


def _held(
    connector: str, keys: tuple[tuple[str, ...], tuple[str, ...]], said: Mapping[str, object], where: str
) -> None:
    """Refuse what a connector does not have, and miss what it must have."""
    needed, possible = keys
    for key, value in said.items():
        if value and key not in (*needed, *possible):
            known = listed([*needed, *possible])
            text = f"{where}{key} does not go" if where else "does not go"
            raise PydanticCustomError("foreign", f"{text} with connector {connector}, whose keys are {known}")
    for key in needed:
        if key in said and not said[key]:
            text = f"{where}{key} is missing" if where else "is missing"
            raise PydanticCustomError("missing_key", text)
