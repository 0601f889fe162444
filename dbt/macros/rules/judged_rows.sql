{#- The two CTEs that validate and quarantine share; it is no CTE itself, for T-SQL knows no `with` inside a `with`. -#}
{% macro judged_rows(source, entity, steps) -%}
with entering as (

    select * from {{ nearest_step(source, entity, steps) }}

),

judged as (

    select
        entering.*,
        {{ names_of_broken(rules_of(source, entity, 'quarantine')) }} as _broken_rules,
        {{ names_of_broken(rules_of(source, entity, 'keep')) }} as _flags
    from entering

)
{%- endmacro %}
