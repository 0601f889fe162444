{#-
  The same on both targets: T-SQL divides integers to integers, DuckDB divides decimals to doubles, which lie beside a
  half that is to be rounded up: rounded to four digits more first, it is one. It is rounded by name, for a cast of a
  cast is one cast to some that speak T-SQL. Null by zero.
-#}
{% macro ratio(numerator, denominator, scale=6) -%}
    {%- set quotient = 'cast(' ~ numerator ~ ' as decimal(28, 8)) / nullif(' ~ denominator ~ ', 0)' -%}
    cast(round(cast({{ quotient }} as decimal(28, {{ scale + 4 }})), {{ scale }}) as decimal(18, {{ scale }}))
{%- endmacro %}
