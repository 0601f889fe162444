{% macro to_text(column) -%}
    cast({{ column }} as {{ text_type() }})
{%- endmacro %}
