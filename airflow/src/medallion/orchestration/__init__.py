"""Plans → Airflow: the only room that imports airflow and cosmos."""
