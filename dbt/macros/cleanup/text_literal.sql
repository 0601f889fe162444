{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal')(value | string)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}

{#- Without the N it would lose letters that the database's code page lacks:
    https://learn.microsoft.com/sql/t-sql/data-types/constants-transact-sql -#}
{% macro sqlserver__text_literal(value) -%}
    N'{{ value | replace("'", "''") }}'
{%- endmacro %}
