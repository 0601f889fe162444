"""Who may see a client and start its runs, beside those who may see every client."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, Strict

from medallion.clients.fields import EachOnce, Frozen, NotRepeated
from medallion.clients.problem import NotAllowedError

ROLE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9 ._@:+-]{0,63}$"  # as long as Airflow's table of roles has room for


def _role(value: str) -> str:
    if not re.fullmatch(ROLE_PATTERN, value) or value != value.strip():
        raise NotAllowedError("must be a role's name: 1 to 64 letters, digits, blanks and ._@:+-")
    return value


Role = Annotated[str, Strict(), AfterValidator(_role), Field(json_schema_extra={"pattern": ROLE_PATTERN})]
_Roles = Annotated[tuple[Annotated[Role, NotRepeated], ...], EachOnce]


class Access(Frozen):
    """The roles of an auth manager that knows roles by DAG, such as FAB's; each must be there."""

    see: _Roles = Field(
        (),
        description="Roles that see the client's DAG, runs and reports.",
        max_length=20,
        examples=[["retail-readers"]],
    )
    trigger: _Roles = Field(
        (),
        description="Roles that see them, and may start, clear and pause.",
        max_length=20,
        examples=[["retail-operators"]],
    )

    def __str__(self) -> str:
        said = ((name, roles) for name, roles in self if roles)
        return "; ".join(f"{name}: {', '.join(roles)}" for name, roles in said) or "(none)"
