{#-
  As dbt-sqlserver's own, without `create or alter`: a model's view lasts as long as the table is made of it, and is
  dropped before. https://learn.microsoft.com/sql/t-sql/statements/create-view-transact-sql
-#}
{% macro sqlserver__create_view_as(relation, sql) -%}
    {%- set view = relation.include(database=false) -%}
    {{ get_use_database_sql(relation.database) }}
    exec('drop view if exists {{ escape_single_quotes(view | string) }}');
    exec('create view {{ escape_single_quotes(view | string) }} as {{ escape_single_quotes(sql) }}')
{%- endmacro %}
