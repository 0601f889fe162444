{% macro months_after(date, months) -%}
    {{ return(adapter.dispatch('months_after')(date, months)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/functions/interval -#}
{% macro default__months_after(date, months) -%}
    cast({{ date }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/dateadd-transact-sql -#}
{% macro sqlserver__months_after(date, months) -%}
    dateadd(month, {{ months }}, {{ date }})
{%- endmacro %}
