{#- 1, 0 or null: T-SQL knows no boolean columns. -#}
{% macro to_flag(column) -%}
    case
            when lower(trim(cast({{ column }} as {{ text_type() }}))) in ('t', 'true', '1', 'y', 'yes') then 1
            when lower(trim(cast({{ column }} as {{ text_type() }}))) in ('f', 'false', '0', 'n', 'no') then 0
        end
{%- endmacro %}
