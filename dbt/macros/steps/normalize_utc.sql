{#- UTC without a zone, from text or a timestamp; null where it is none. -#}
{% macro normalize_utc(column) -%}
    {{ return(adapter.dispatch('normalize_utc')(column)) }}
{%- endmacro %}

{% macro default__normalize_utc(column) -%}
    {{ to_timestamp(column) }}
{%- endmacro %}
