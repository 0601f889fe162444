{% macro validate(source, entity, steps) -%}
{{ judged_rows(source, entity, steps) }},

validate_{{ source }}__{{ entity }} as (

    select * from judged
    where _broken_rules = ''

)

select * from validate_{{ source }}__{{ entity }}
{%- endmacro %}
