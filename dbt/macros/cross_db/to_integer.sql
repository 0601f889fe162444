{#- Blank is null first: T-SQL would cast '' to 0. `try_cast` is spoken by both targets. -#}
{% macro to_integer(column, typed=false) -%}
    try_cast({{ column if typed else clean_text(to_text(column)) }} as bigint)
{%- endmacro %}
