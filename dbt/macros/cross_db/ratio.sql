{#- Exact on both targets: T-SQL divides integers to integers, DuckDB divides decimals to doubles. Null by zero. -#}
{% macro ratio(numerator, denominator, scale=6) -%}
    cast(cast({{ numerator }} as decimal(28, 8)) / nullif({{ denominator }}, 0) as decimal(18, {{ scale }}))
{%- endmacro %}
