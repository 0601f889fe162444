{% macro is_untrimmed(column) -%}
    {{ return(adapter.dispatch('is_untrimmed')(column)) }}
{%- endmacro %}

{% macro default__is_untrimmed(column) -%}
    {{ column.quoted }} <> trim({{ column.quoted }})
{%- endmacro %}

{#- A comparison takes no notice of blanks at the end:
    https://learn.microsoft.com/sql/t-sql/language-elements/string-comparison-assignment -#}
{% macro sqlserver__is_untrimmed(column) -%}
    datalength({{ column.quoted }}) <> datalength(trim({{ column.quoted }}))
{%- endmacro %}
