{#- Keys and codes that sources write in either case: one in upper case, without blanks around. -#}
{% macro normalize_code(column) -%}
    {{ return(adapter.dispatch('normalize_code')(column)) }}
{%- endmacro %}

{% macro default__normalize_code(column) -%}
    upper(trim({{ column }}))
{%- endmacro %}
