"""What a client wants, as one frozen object: the shape of ``configs/clients/<id>.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from medallion.clients.fields import (
    NAME_PATTERN,
    Days,
    EachOnce,
    Email,
    Flag,
    Frozen,
    Name,
    NotEmpty,
    NotRepeated,
    Score,
    Shorthand,
    Text,
    refuse_repeat,
)
from medallion.clients.for_each import RESERVED, VALUE_PATTERN
from medallion.clients.inherited import Inherited
from medallion.clients.known import declared, known, known_rule
from medallion.clients.places import LOCATION_PLACEHOLDERS, Location, braced, placeholders_of
from medallion.clients.problem import hint, not_one_of, shown
from medallion.clients.schedule import Schedule


class Transformation(StrEnum):
    """The steps a client may list, in the order they always run."""

    CLEAN = "clean"
    NORMALIZE = "normalize"
    ENRICH = "enrich"
    VALIDATE = "validate"
    AGGREGATE = "aggregate"


def _transformation(value: Any) -> Transformation:
    names = [step.value for step in Transformation]
    if value not in names:
        raise not_one_of(value, names)
    return Transformation(value)


class SourceRef(Frozen):
    """A source the client uses, and where its data is if not where the contract says."""

    name: Name = Field(description="A source: the name of a file in configs/sources.", examples=["crm"])
    location: Location | None = Field(
        None,
        description="A folder or URL in place of the contract's own; null: the contract's.",
        examples=["s3://deliveries/{client}/crm"],
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        refuse_repeat(value)
        return value if isinstance(value, (Mapping, cls)) else {"name": value}

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str, info: ValidationInfo) -> str:
        return declared(name, known(info).sources, "sources")


def _longest(kept: dict[str, int]) -> int:
    """The longest of the layers validated so far: all before reports."""
    return max(kept.values())


class Retention(Frozen):
    """Days that rows and files are kept, layer by layer."""

    landing: Days = Field(description="Days that landed files are kept.", examples=[365])
    bronze: Days = Field(description="Days that bronze's rows are kept.", examples=[30])
    silver: Days = Field(
        description="Days that silver's rows, quarantine among them, are kept.", examples=[90]
    )
    gold: Days = Field(
        description="Days that rows of gold's tables with a _run_date are kept.", examples=[365]
    )
    reports: Days = Field(
        default_factory=_longest,
        description="Days that reports of runs and days are kept; as long as the longest layer if left out.",
        examples=[365],
    )

    @property
    def longest_layer(self) -> int:
        """The days of the layer that is kept longest; any may be made anew from landing."""
        return max(self.landing, self.bronze, self.silver, self.gold)

    @model_validator(mode="before")
    @classmethod
    def _from_days(cls, value: Any) -> Any:
        """Spread one number of days over the layers."""
        return value if isinstance(value, (Mapping, cls)) else dict.fromkeys(cls.model_fields, value)


class QualityThreshold(Frozen):
    """The score each gate rule must reach, and the rules with a threshold of their own."""

    default: Score = Field(description="Threshold of every rule that has none of its own.", examples=[0.95])
    rules: dict[Annotated[Name, AfterValidator(known_rule)], Score] = Field(
        default_factory=dict,
        description="Rules with a threshold of their own, by name.",
        examples=[{"sales_line_has_order": 0.99}],
    )

    def of_rule(self, name: str) -> float:
        """Return the threshold of one rule."""
        return self.rules.get(name, self.default)

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, cls)) else {"default": value}


class BusinessRules(Frozen):
    """What the client's contract promises about its data."""

    data_retention_days: Annotated[Retention, Shorthand({"type": "integer", "minimum": 1})] = Field(
        description="Days to keep data: a number, or one each of landing, bronze, silver, gold and reports.",
        examples=[365],
    )
    quality_threshold: Annotated[
        QualityThreshold, Shorthand({"type": "number", "minimum": 0, "maximum": 1})
    ] = Field(
        description="Score every gate rule must reach, or {default: 0.95, rules: {<rule>: 0.99}}.",
        examples=[0.95],
    )
    enable_real_time: Flag = Field(
        False,
        description="true: events that are dropped into the inbox, or come by a queue, reach gold between "
        "batches.",
        examples=[False],
    )


def _no_placeholder(name: str) -> str:
    if name in RESERVED:
        raise PydanticCustomError("reserved", f"must be none of {', '.join(RESERVED)}")
    return name


def _open_placeholder(
    ref: SourceRef, place: str, named: str, names: tuple[str, ...], inside: tuple[str | int, ...]
) -> PydanticCustomError:
    """Build the error for what nobody fills in: in the client's own location, or in its source's."""
    said = {"known": braced(names), "place": shown(place), "hint": hint(named, names), "inside": inside}
    if ref.location:
        return PydanticCustomError("placeholder", "may hold only {known}, is {place}{hint}", said)
    text = "{name} is at {place}, of which this client can fill in only {known}{hint}"
    return PydanticCustomError("placeholder", text, {**said, "name": ref.name})


Value = Annotated[str, Strict(), StringConstraints(pattern=VALUE_PATTERN)]
_SourceEntry = Annotated[SourceRef, Shorthand({"type": "string", "pattern": NAME_PATTERN})]
_Step = Annotated[Transformation, BeforeValidator(_transformation), NotRepeated]


class Client(Inherited):
    """One client: its id is its file's name, everything else is in its file or inherited."""

    id: Name = Field(description="The file's name without its ending.")
    values: dict[Annotated[Name, AfterValidator(_no_placeholder)], Value] = Field(
        default_factory=dict,
        description="What {name} in locations and var('for_each').name in dbt stand for; for_each sets them.",
    )
    description: Text = Field(
        description="What this pipeline is for, in a sentence.",
        max_length=500,
        examples=["ACME Corporation data pipeline"],
    )
    schedule_interval: Schedule = Field(
        description="6h, 1d, PT6H, a cron line, @daily, or null for runs by hand only. By the clocks of the "
        "client's timezone."
    )
    data_sources: Annotated[tuple[_SourceEntry, ...], NotEmpty, EachOnce] = Field(
        description="Sources by name, or {name: …, location: …}.",
        json_schema_extra={"minItems": 1},
        examples=[["crm", "sales"]],
    )
    transformations: Annotated[tuple[_Step, ...], EachOnce] = Field(
        description="Steps to run; their order is always clean, normalize, enrich, validate, aggregate.",
        examples=[["clean", "normalize", "enrich"]],
    )
    destination: Name = Field(
        description="Where gold is published: a name in configs/destinations.yml.",
        examples=["data_warehouse"],
    )
    notification_email: Email | None = Field(
        None,
        description="Who is mailed when something fails, recovers or needs a look. Without a mail server the "
        "mails lie in outbox/.",
        examples=["data@example.com"],
    )
    business_rules: BusinessRules = Field(description="Retention, quality threshold, real time.")

    @field_validator("data_sources")
    @classmethod
    def _places_known(cls, refs: tuple[SourceRef, ...], info: ValidationInfo) -> tuple[SourceRef, ...]:
        """Hold what locations leave open against what the client has values for."""
        if "values" not in info.data:  # they are wrong themselves
            return refs
        names = (*LOCATION_PLACEHOLDERS, *info.data["values"])
        contracts = known(info).sources or {}
        for index, ref in enumerate(refs):
            place = ref.location or getattr(contracts.get(ref.name), "location", None) or ""
            for named in placeholders_of(place):
                if named not in names:
                    inside = (index, "location") if ref.location else (index,)
                    raise _open_placeholder(ref, place, named, names, inside)
        return refs

    @field_validator("transformations", mode="after")
    @classmethod
    def _in_running_order(cls, steps: tuple[Transformation, ...]) -> tuple[Transformation, ...]:
        return tuple(step for step in Transformation if step in steps)

    @field_validator("destination")
    @classmethod
    def _is_known(cls, name: str, info: ValidationInfo) -> str:
        return declared(name, known(info).destinations, "destinations")
