{% macro quarantine(source, entity, steps) -%}
{%- if 'validate' not in var('transformations') -%}
    {%- do config(enabled=false) -%}
{%- endif -%}
{%- do config(post_hook='{{ count_quarantined() }}') -%}
{{ judged_rows(source, entity, steps) }},

quarantine_{{ source }}__{{ entity }} as (

    select * from judged
    where _broken_rules <> ''

)

select * from quarantine_{{ source }}__{{ entity }}
{%- endmacro %}
