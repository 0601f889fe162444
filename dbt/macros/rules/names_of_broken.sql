{#- One text: the names of the broken rules in the order of the alphabet, between commas; '' where none is broken. -#}
{% macro names_of_broken(rules) -%}
    {%- if not rules -%}
        cast('' as {{ text_type() }})
    {%- else -%}
        cast(substring(concat(
            ''
            {%- for rule in rules %}
            {%- set breaks = rule_breaks(rule.condition, rule.population) ~ ' = 1' ~ rule.get('guard', '') %},
            case when {{ breaks }} then ',{{ rule.name }}' else '' end
            {%- endfor %}
        ), 2, 4000) as {{ text_type() }})
    {%- endif -%}
{%- endmacro %}
