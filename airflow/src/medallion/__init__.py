"""Medallion: one dbt project and one small YAML file a client, run by Airflow, gated at every layer."""
