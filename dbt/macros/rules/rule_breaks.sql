{#- Not known is not proven: a condition that is null breaks the rule, a population that is null leaves the row out. -#}
{% macro rule_breaks(condition, population=none) -%}
    {%- if population -%}
        case when {{ population }} then case when {{ condition }} then 0 else 1 end else 0 end
    {%- else -%}
        case when {{ condition }} then 0 else 1 end
    {%- endif -%}
{%- endmacro %}
