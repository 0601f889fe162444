{#- An exact decimal of four digits behind the point, from text or any number; null where it is none. -#}
{% macro normalize_money(column) -%}
    {{ return(adapter.dispatch('normalize_money')(column)) }}
{%- endmacro %}

{% macro default__normalize_money(column) -%}
    {{ to_decimal(column, typed=true) }}
{%- endmacro %}
