{% macro same_text(one, other) -%}
    {{ return(adapter.dispatch('same_text')(one, other)) }}
{%- endmacro %}

{% macro default__same_text(one, other) -%}
    {{ one }} = {{ other }}
{%- endmacro %}

{#- A database's own collation may take `a` for `A`:
    https://learn.microsoft.com/sql/relational-databases/collations/collation-and-unicode-support -#}
{% macro sqlserver__same_text(one, other) -%}
    {{ one }} = {{ other }} collate latin1_general_100_bin2
{%- endmacro %}
