"""How long a run and its layers may take before people are told that they are late."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from medallion.clients.fields import Frozen
from medallion.clients.schedule import Duration, duration_text


class LayersSla(Frozen):
    """How long each layer may take."""

    bronze: Duration | None = Field(
        None, description="From the last landed file to bronze's gate; null: any time.", examples=["20m"]
    )
    silver: Duration | None = Field(
        None, description="From bronze's gate to silver's; null: any time.", examples=["30m"]
    )
    gold: Duration | None = Field(
        None, description="From silver's gate to gold's; null: any time.", examples=["20m"]
    )

    def of_layer(self, name: str) -> timedelta | None:
        """Return how long a layer may take; None for any time."""
        found: timedelta | None = getattr(self, name)
        return found


class Sla(Frozen):
    """When a run counts as late, and when one of its layers does; nothing counts unless it is set."""

    run: Duration | None = Field(
        None,
        description="Longest from when a run is queued until it has delivered; null: any time. Shorter than "
        "run_timeout.",
        examples=["90m"],
    )
    layers: LayersSla = Field(
        LayersSla(), description="The same of its layers; none longer than run.", examples=[{"bronze": "20m"}]
    )

    @field_validator("layers")
    @classmethod
    def _within_run(cls, value: LayersSla, info: ValidationInfo) -> LayersSla:
        longest: timedelta | None = info.data.get("run")  # absent where it is wrong itself
        for layer in LayersSla.model_fields:
            allowed = value.of_layer(layer)
            if longest is not None and allowed is not None and allowed > longest:
                message = "must be at most run ({run}), is {value}"
                said = {"run": duration_text(longest), "value": duration_text(allowed), "inside": (layer,)}
                raise PydanticCustomError("too_long_beside", message, said)
        return value
