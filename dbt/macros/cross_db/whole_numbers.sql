{#- What a calendar is made of: lists of values are spoken by both targets, `generate_series` is not. -#}
{% macro whole_numbers() -%}
    {%- set digits = '(values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))' -%}
    {%- set tables = ['ones', 'tens', 'hundreds', 'thousands'] -%}
    {%- set joined = [] -%}
    {%- for table in tables -%}
        {%- do joined.append(digits ~ ' as ' ~ table ~ '(digit)') -%}
    {%- endfor -%}
    {%- set number = 'ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit' -%}
    (select {{ number }} as number from {{ joined | join(' cross join ') }})
{%- endmacro %}
