{% macro week_start(day) -%}
    {{ return(adapter.dispatch('week_start')(day)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/datepart -#}
{% macro default__week_start(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}

{#- Counted from a Monday, 1900-01-01: T-SQL's own weeks begin as a session's `datefirst` says.
    https://learn.microsoft.com/sql/t-sql/functions/dateadd-transact-sql -#}
{% macro sqlserver__week_start(day) -%}
    dateadd(day, -(datediff(day, '19000101', {{ day }}) % 7), {{ day }})
{%- endmacro %}
