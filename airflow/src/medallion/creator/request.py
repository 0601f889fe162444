"""What a caller asks for: a DAG from a template, checked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Strict, ValidationError
from pydantic_core import PydanticCustomError

from medallion.clients.problem import NotAllowedError, dotted, shown
from medallion.clients.schedule import parse_duration
from medallion.creator.literals import read_literal, write_literal
from medallion.exceptions import CreatorError

#: The folders of a bundle that Medallion fills itself.
RESERVED_NAMESPACES = ("clients", "manifests")
#: The template of the clients' own DAGs, which the registry alone fills in.
OWN_TEMPLATE = "client_pipeline"
# ASCII alone: a letter that only looks like another would make a second DAG that looks like the first.
_DAG_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_OWN_DAG = re.compile(r"(.+__)?(medallion_(factory|watch)|dag_creator|client_[a-z0-9_]+_(pipeline|realtime))")
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def _dag_id(value: str) -> str:
    if not _DAG_ID.fullmatch(value):
        raise NotAllowedError("must be 1 to 200 of A-Z, a-z, 0-9 and _.-, a letter or digit first")
    if _OWN_DAG.fullmatch(value):
        raise NotAllowedError("must not be the name of one of Medallion's own DAGs")
    return value


def _namespace(value: str) -> str:
    if not _NAMESPACE.fullmatch(value) or value in RESERVED_NAMESPACES:
        raise NotAllowedError(
            "must be 1 to 100 lower-case letters, digits and underscores, a letter first, "
            f"and none of {', '.join(RESERVED_NAMESPACES)}"
        )
    return value


def _template(value: str) -> str:
    if not _TEMPLATE.fullmatch(value) or value == OWN_TEMPLATE:
        raise NotAllowedError("must be the bare name of a template, without folder and ending")
    return value


def _owner(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        raise NotAllowedError("must be 1 to 200 printable characters, such as project:42")
    return value.strip()


def _master_dict(value: Any) -> str:
    """Bring an object, or the text of one, into the literal that is stored."""
    try:
        read = read_literal(value) if isinstance(value, str) else value
        if type(read) is not dict:
            raise CreatorError("is not an object")
        return write_literal(read)
    except CreatorError as error:
        # Not a NotAllowedError, whose message repeats the value: it may be long, and is confidential.
        raise PydanticCustomError("master_dict", "{what}", {"what": str(error)}) from error


class DagRequest(BaseModel):
    """A DAG that is to be made, or made anew.

    Args:
        dag_id: its id; the same id again updates it.
        template: the bare name of a template in ``airflow/templates/``.
        namespace: the folder of the bundle that it stands in.
        master_dict: what the template works by, an object or the text of a Python literal; kept as that text.
        run: True starts it as soon as Airflow has read it, False only prepares it.
        owner: for whom it is, such as ``project:42``; None leaves what it was.
        expires: after how long it goes away by itself; None leaves what it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dag_id: Annotated[str, Strict(), AfterValidator(_dag_id)]
    template: Annotated[str, Strict(), AfterValidator(_template)]
    namespace: Annotated[str, Strict(), AfterValidator(_namespace)]
    master_dict: Annotated[str, BeforeValidator(_master_dict)]
    run: Annotated[bool, Strict()] = True
    owner: Annotated[str, Strict(), AfterValidator(_owner)] | None = None
    expires: Annotated[timedelta, BeforeValidator(parse_duration)] | None = None

    @property
    def path(self) -> str:
        """Where its file stands in the bundle."""
        return f"{self.namespace}/{self.dag_id}.py"

    @property
    def schedule(self) -> str | None:
        """Airflow's schedule for it."""
        return "@once" if self.run else None


def read_request(given: Mapping[str, Any]) -> DagRequest:
    """Read the conf of a run of ``dag_creator``, or what a command was given.

    Args:
        given: the request's keys; None and an empty text are as good as none.

    Raises:
        CreatorError: naming each key that is wrong, and what is allowed.
    """
    said = {key: value for key, value in given.items() if value is not None and value != ""}
    try:
        return DagRequest.model_validate(said)
    except ValidationError as error:
        raise CreatorError("\n".join(_line(one, given) for one in error.errors())) from None


def _line(error: Any, given: Mapping[str, Any]) -> str:
    key = dotted(error["loc"]) or "the request"
    if error["type"] == "missing":
        return f"{key}: is missing"
    if error["type"] == "extra_forbidden":
        return f"{key}: is not known; allowed are {', '.join(DagRequest.model_fields)}"
    message = error["msg"].removeprefix("Value error, ")
    told = "" if error["loc"][0] == "master_dict" else f", is {shown(given.get(str(error['loc'][0])))}"
    return f"{key}: {message}{told}"
