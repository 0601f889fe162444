{% macro month_start(date) -%}
    {{ return(adapter.dispatch('month_start')(date)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/date -#}
{% macro default__month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/datefromparts-transact-sql -#}
{% macro sqlserver__month_start(date) -%}
    datefromparts(year({{ date }}), month({{ date }}), 1)
{%- endmacro %}
