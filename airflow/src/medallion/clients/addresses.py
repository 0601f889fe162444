"""Whom a client wants to be told of what: the entries of ``notifications`` in its file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from medallion.clients.fields import ConnectionId, Frozen, Variable
from medallion.severity import Severity

EMAIL = "email"
#: The connection that Airflow itself sends mail by.
SMTP_CONNECTION = "smtp_default"


class Address(Frozen):
    """One channel that a client is told through, and from which severity on.

    Where it leads stands in an Airflow connection or an environment variable, for it is a secret: whoever has
    a webhook's URL may write there.
    """

    to: Literal["email", "slack", "teams", "pagerduty", "webhook"] = Field(
        description="What it is. email: notification_email.", examples=["slack"]
    )
    minimum: Literal["info", "warning", "error", "critical"] = Field(
        "warning", description="The least severity that is told there.", examples=["error"]
    )
    connection: ConnectionId | None = Field(
        None,
        description="Airflow connection that holds the channel's URL; of email, the mail server: "
        f"{SMTP_CONNECTION} unless set.",
        examples=["retail_slack"],
    )
    env: Variable | None = Field(
        None,
        description="Environment variable that holds the URL; not of email.",
        examples=["RETAIL_SLACK_URL"],
        validate_default=True,
    )

    @field_validator("env")
    @classmethod
    def _one_place(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Hold a channel to exactly one of the two ways to its URL; mail has a server and no URL."""
        to, other = info.data.get("to"), info.data.get("connection")
        if value and to == EMAIL:
            raise PydanticCustomError(
                "foreign", "does not go with email, whose server is an Airflow connection"
            )
        if value and other:
            raise PydanticCustomError("twice", "must not stand beside connection: one of them says the URL")
        known = "connection" in info.data and to is not None  # else it has a flaw of its own
        if known and to != EMAIL and not value and not other:
            raise PydanticCustomError(
                "missing_url",
                "is missing: name the environment variable with the channel's URL here, "
                "or its Airflow connection under connection",
            )
        return value

    @property
    def severity(self) -> Severity:
        """The least severity that is told here."""
        return Severity(self.minimum)

    def __str__(self) -> str:
        return f"{self.name} from {self.minimum} on"

    @property
    def name(self) -> str:
        """What the channel is called, in logs and in the ledger: ``slack RETAIL_SLACK_URL``."""
        return " ".join(filter(None, (self.to, self.connection, self.env)))
