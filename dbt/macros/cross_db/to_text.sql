{% macro to_text(column) -%}
    {{ return(adapter.dispatch('to_text')(column)) }}
{%- endmacro %}

{% macro default__to_text(column) -%}
    cast({{ column }} as {{ text_type() }})
{%- endmacro %}

{#- Compared by its code points, as landing's columns are: the text of a number would have the database's collation.
    https://learn.microsoft.com/sql/t-sql/statements/collations -#}
{% macro sqlserver__to_text(column) -%}
    cast({{ column }} as {{ text_type() }}) collate latin1_general_100_bin2
{%- endmacro %}
