{#- UTC without a zone: text that names an offset is moved to UTC, text that names none is taken as UTC. -#}
{% macro to_timestamp(column, typed=false) -%}
    {{ return(adapter.dispatch('to_timestamp')(column, typed)) }}
{%- endmacro %}

{#- The session's zone is UTC (profiles.yml); a plain cast would drop the offset:
    https://duckdb.org/docs/stable/sql/data_types/timestamp -#}
{% macro default__to_timestamp(column, typed) -%}
    cast(try_cast({{ column if typed else clean_text(to_text(column)) }} as timestamptz) as timestamp)
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/functions/switchoffset-transact-sql -#}
{% macro sqlserver__to_timestamp(column, typed) -%}
    {%- set moment = 'try_cast(' ~ (column if typed else clean_text(to_text(column))) ~ ' as datetimeoffset)' -%}
    cast(switchoffset({{ moment }}, '+00:00') as datetime2(6))
{%- endmacro %}
