"""Registry → DAG files: what is live, as a versioned bundle that Airflow reads.

``ClientBundle`` is the class that Airflow's configuration names; it is imported only when asked for, because
Airflow is.
"""

from typing import TYPE_CHECKING, Any

from medallion.bundle.publish import Published, client_path, files_of, publish
from medallion.bundle.render import render_client

if TYPE_CHECKING:
    from medallion.orchestration.bundle import ClientBundle

__all__ = [
    "ClientBundle",
    "Published",
    "client_path",
    "files_of",
    "publish",
    "render_client",
]


def __getattr__(name: str) -> Any:
    if name == "ClientBundle":
        from medallion.orchestration.bundle import ClientBundle

        return ClientBundle
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
