{% macro is_number(column) %}
    {%- set numbers = 'u?(tiny|small|big|huge)?int|decimal|numeric|double|float|real|(small)?money' -%}
    {{ return(modules.re.match('(' ~ numbers ~ ')(?!erval)', column.dtype | lower) is not none) }}
{% endmacro %}
