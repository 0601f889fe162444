{#- ISO 4217, three letters; what is none stays, in upper case, for a rule to count. -#}
{% macro normalize_currency(column) -%}
    {{ return(adapter.dispatch('normalize_currency')(column)) }}
{%- endmacro %}

{% macro default__normalize_currency(column) -%}
    upper(trim({{ column }}))
{%- endmacro %}
