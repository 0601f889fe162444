{#- One of a few words, such as a status: in lower case, without blanks around. -#}
{% macro normalize_word(column) -%}
    {{ return(adapter.dispatch('normalize_word')(column)) }}
{%- endmacro %}

{% macro default__normalize_word(column) -%}
    lower(trim({{ column }}))
{%- endmacro %}
