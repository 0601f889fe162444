"""dbt by hand, for whoever writes models: a client's warehouse, its variables, and no Airflow."""

from medallion.development.dbt import land, run_dbt, write_docs

__all__ = ["land", "run_dbt", "write_docs"]
