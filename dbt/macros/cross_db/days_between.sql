{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/date -#}
{% macro default__days_between(first, last) -%}
    date_diff('day', {{ first }}, {{ last }})
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/datediff-transact-sql -#}
{% macro sqlserver__days_between(first, last) -%}
    datediff(day, {{ first }}, {{ last }})
{%- endmacro %}
