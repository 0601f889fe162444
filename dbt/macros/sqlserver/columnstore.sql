{#-
  In the place of dbt-sqlserver's own, which stores every table by columns: silver and gold are, where the target wants
  it. A table that is read by its columns is a tenth of the size and of the time; bronze's rows come and go as such.
  https://learn.microsoft.com/sql/t-sql/statements/create-columnstore-index-transact-sql
-#}
{% macro sqlserver__create_clustered_columnstore_index(relation) -%}
    {%- set wanted = env_var('MEDALLION_SQLSERVER_COLUMNSTORE', 'true') | lower == 'true' -%}
    {%- if wanted and model.resource_type == 'model' and model.fqn[1] != 'bronze' -%}
        create clustered columnstore index [{{ relation.identifier }}_columns] on {{ relation.include(database=false) }}
    {%- endif -%}
{%- endmacro %}
