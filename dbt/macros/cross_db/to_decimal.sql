{% macro to_decimal(column, precision=18, scale=4, typed=false) -%}
    try_cast({{ column if typed else clean_text(column) }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}
