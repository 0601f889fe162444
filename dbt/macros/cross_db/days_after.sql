{% macro days_after(day, count) -%}
    {{ return(adapter.dispatch('days_after')(day, count)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/date -#}
{% macro default__days_after(day, count) -%}
    {{ day }} + {{ count }}
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/dateadd-transact-sql -#}
{% macro sqlserver__days_after(day, count) -%}
    dateadd(day, {{ count }}, {{ day }})
{%- endmacro %}
