{% macro months_between(first, last) -%}
    {{ return(adapter.dispatch('months_between')(first, last)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/date -#}
{% macro default__months_between(first, last) -%}
    date_diff('month', {{ first }}, {{ last }})
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/datediff-transact-sql -#}
{% macro sqlserver__months_between(first, last) -%}
    datediff(month, {{ first }}, {{ last }})
{%- endmacro %}
