#!/bin/bash
# Run once by the PostgreSQL image, when its volume is empty: a database and an owner for Airflow, and for
# registry and ledger; neither sees the other's.
set -euo pipefail

for name in airflow medallion; do
    case $name in
        airflow) password=$AIRFLOW_DB_PASSWORD ;;
        medallion) password=$REGISTRY_PASSWORD ;;
    esac
    psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set name="$name" --set password="$password" <<-'SQL'
		create role :"name" login password :'password';
		create database :"name" owner :"name";
		revoke connect on database :"name" from public;
	SQL
done
