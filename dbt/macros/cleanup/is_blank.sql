{% macro is_blank(column) -%}
    {%- if is_text(column) -%}
        nullif(trim({{ column.quoted }}), '') is null
    {%- else -%}
        {{ column.quoted }} is null
    {%- endif -%}
{%- endmacro %}
