{#- UTC without a zone, from text or a timestamp; null where it is none. By way of text: T-SQL trims no timestamp. -#}
{% macro normalize_utc(column) -%}
    {{ return(adapter.dispatch('normalize_utc')(column)) }}
{%- endmacro %}

{% macro default__normalize_utc(column) -%}
    {{ to_timestamp(to_text(column)) }}
{%- endmacro %}
