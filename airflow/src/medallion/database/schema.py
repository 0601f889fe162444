"""What the tables of both rooms share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

from medallion.masking import masked

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


class Said(TypeDecorator[str]):
    """Text that a person or another system said, which may repeat a secret: it is masked on its way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002  (SQLAlchemy's)
        """Mask what is written."""
        return value if value is None else masked(value)
