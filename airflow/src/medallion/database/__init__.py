"""The database of registry and ledger: how it is reached, and how it comes to its tables."""

from medallion.database.engine import engine_of, import_driver, utcnow
from medallion.database.schema import Id, metadata
from medallion.database.upgrade import upgrade

__all__ = ["Id", "engine_of", "import_driver", "metadata", "upgrade", "utcnow"]
