{#- `trim` takes spaces on both targets; what is then empty says nothing and is null. -#}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}
