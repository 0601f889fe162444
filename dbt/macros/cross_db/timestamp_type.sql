{% macro timestamp_type() -%}
    {{ return(adapter.dispatch('timestamp_type')()) }}
{%- endmacro %}

{% macro default__timestamp_type() -%}
    timestamp
{%- endmacro %}

{#- T-SQL's `timestamp` is a row version: https://learn.microsoft.com/sql/t-sql/data-types/datetime2-transact-sql -#}
{% macro sqlserver__timestamp_type() -%}
    datetime2(6)
{%- endmacro %}
