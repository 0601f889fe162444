"""dbt-duckdb's plugin, named in ``dbt/profiles.yml``: lets dbt read landing where it is not on this machine.

The profile's own ``filesystems:`` would need the login among dbt's settings, which ``dbt debug`` prints.
"""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin  # noqa: TID253  # dbt alone imports this module

from medallion.settings import load_settings
from medallion.storage import readable_by


class Plugin(BasePlugin):
    """Is told of each connection that dbt opens."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Let the connection read landing.

        Raises:
            ConfigError: if the login for it is not there.
        """
        readable_by(conn, load_settings().landing)
