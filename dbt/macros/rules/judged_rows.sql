{#-
  The CTEs that validate and quarantine share; they are no CTE of one, for T-SQL knows no `with` inside a `with`.
  Releases cost nothing where there are none: then the query does not know of them.
-#}
{% macro judged_rows(source, entity, steps) -%}
{%- set keys = var('released', {}).get(source ~ '__' ~ entity, []) -%}
{%- set breaking, flagging = rules_of(source, entity, 'quarantine'), rules_of(source, entity, 'keep') -%}
{%- if keys -%}
    {%- set flagging = flagging + with_guard(breaking, '') -%}
    {%- set breaking = with_guard(breaking, 'not ') -%}
{%- endif -%}
{%- do keyed_step(source, entity, steps) -%}
with entering as (

    select * from {{ nearest_step(source, entity, steps) }} as entered
    {{- touched('entered') }}

),
{% if keys %}
released as (

    select * from {{ released_rows(source, entity) }}

),
{% endif %}
judged as (

    select
        entering.*,
        {{ names_of_broken(breaking) }} as _broken_rules,
        {{ names_of_broken(flagging | sort(attribute='name')) }} as _flags
    from entering
    {%- if keys %}
    left join released
        on
        {%- for key in keys %}
            {% if not loop.first %}and {% endif -%}
            {{ same_text('cast(entering.' ~ key ~ ' as ' ~ text_type() ~ ')', 'released._key_' ~ loop.index) }}
        {%- endfor %}
    {%- endif %}

)
{%- endmacro %}

{#- The same rules, each broken only where the row's release does (`''`) or does not (`'not '`) forgive it. -#}
{% macro with_guard(rules, negation) %}
    {%- set guarded = [] -%}
    {%- for rule in rules -%}
        {%- set pattern = "'%," ~ (rule.name | replace('_', '!_')) ~ ",%'" -%}
        {%- set guard = "coalesce(released._forgiven, '') " ~ negation ~ 'like ' ~ pattern ~ " escape '!'" -%}
        {%- do guarded.append(dict(rule, guard=' and ' ~ guard)) -%}
    {%- endfor -%}
    {{ return(guarded) }}
{% endmacro %}
