"""What of dlt is used, imported with telemetry off and its own folder under ours.

Import this module where it is needed, not at the top of another: dlt takes seconds. Processes that fork
extracting ones may import it before.
"""

from __future__ import annotations

import os

from medallion.settings import load_settings

# dlt reads these once, at its first use. Its Airflow provider would import Airflow (6 s) and ask Airflow's
# API for a variable at each setting it looks up.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["PROVIDERS__ENABLE_AIRFLOW_SECRETS"] = "false"
os.environ["DLT_DATA_DIR"] = str(load_settings().home / "dlt")

# Only now, with the above set.
from dlt.sources.filesystem import filesystem  # noqa: TID253
from dlt.sources.helpers.requests import Client, HTTPError  # noqa: TID253
from dlt.sources.helpers.rest_client import RESTClient  # noqa: TID253
from dlt.sources.helpers.rest_client.paginators import (  # noqa: TID253
    HeaderLinkPaginator,
    JSONLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)

__all__ = [
    "Client",
    "HTTPError",
    "HeaderLinkPaginator",
    "JSONLinkPaginator",
    "OffsetPaginator",
    "PageNumberPaginator",
    "RESTClient",
    "SinglePagePaginator",
    "filesystem",
]
