{% macro to_decimal(column, precision=18, scale=4, typed=false) -%}
    {{ return(adapter.dispatch('to_decimal')(column if typed else clean_text(to_text(column)), precision, scale)) }}
{%- endmacro %}

{% macro default__to_decimal(value, precision, scale) -%}
    try_cast({{ value }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

{#- Cast again, as not every server that speaks T-SQL takes a column's digits from `try_cast`:
    https://learn.microsoft.com/sql/t-sql/functions/try-cast-transact-sql -#}
{% macro sqlserver__to_decimal(value, precision, scale) -%}
    {%- set kind = 'decimal(' ~ precision ~ ', ' ~ scale ~ ')' -%}
    cast(try_cast({{ value }} as {{ kind }}) as {{ kind }})
{%- endmacro %}
