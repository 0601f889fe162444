"""What the tables of both rooms share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

#: Constraints have names, so that a later migration can drop one on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
#: SQLite counts up only a column that is exactly INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")
