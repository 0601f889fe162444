"""What a caller asks the factory to do to one client, beside keeping everything in step."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from medallion.clients.fields import Name
from medallion.exceptions import ConfigError


class Action(StrEnum):
    """What may be asked for."""

    SYNC = "sync"
    PUT = "put"
    ROLLBACK = "rollback"
    DISABLE = "disable"
    ENABLE = "enable"
    REMOVE = "remove"


class Asked(BaseModel):
    """A run's parameters.

    Args:
        action: what to do; ``sync`` changes no client by itself.
        client: whom it is about; every action but ``sync`` needs it.
        config: of ``put``: the client's keys, as its YAML file would have them.
        revision: of ``rollback``: the one to go back to.
        expected: of any change: the revision it was when the caller looked, 0 if there was none.
        why: for the audit log.
        forget: of ``remove``: also delete the DAG's history in Airflow.
        confirmed: let a sync take away more than its share of clients.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action = Action.SYNC
    client: Name | None = None
    config: Mapping[str, Any] | None = None
    revision: int | None = None
    expected: int | None = None
    why: str = ""
    forget: bool = False
    confirmed: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Asked:
        needs = {Action.PUT: ("client", "config"), Action.ROLLBACK: ("client", "revision")}
        lacking = [
            name
            for name in needs.get(self.action, () if self.action is Action.SYNC else ("client",))
            if getattr(self, name) is None
        ]
        if lacking:
            told = {"action": self.action.value, "lacking": " and ".join(lacking)}
            raise PydanticCustomError("incomplete", "{action} needs {lacking}", told)
        return self


def read_asked(params: Mapping[str, Any]) -> Asked:
    """Read a run's parameters; an empty text is as good as none.

    Raises:
        ConfigError: naming each parameter that is wrong, and what is allowed.
    """
    given = {name: value for name, value in params.items() if value not in ("", None)}
    try:
        return Asked.model_validate(given)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {one['msg']}" for one in error.errors()]
        raise ConfigError("\n".join(told)) from error
