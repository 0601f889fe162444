{#-
  In the place of dbt-sqlserver's own, which ends each statement with `option (label = …)`: that is documented for
  Azure Synapse alone. https://learn.microsoft.com/sql/t-sql/queries/option-clause-transact-sql
-#}
{% macro get_query_options(parse_options=false) -%}
    ;
{%- endmacro %}
