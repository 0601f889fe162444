{#-
  A whole model of gold: what became of each entity's landed rows. A row of silver keeps the interval it was landed
  for, so that what is neither kept nor in quarantine was a copy, or an older version of a row that is.
-#}
{% macro run_summary(source, entities) -%}
{%- set landed, kept, quarantined = {}, {}, {} -%}
{%- for entity, steps in entities.items() -%}
    {%- do landed.update({entity: nearest_step(source, entity, [])}) -%}
    {%- do kept.update({entity: nearest_step(source, entity, steps)}) -%}
    {%- if 'validate' in steps and 'validate' in var('transformations') -%}
        {%- do quarantined.update({entity: ref('quarantine_' ~ source ~ '__' ~ entity)}) -%}
    {%- endif -%}
{%- endfor -%}
with landed as (

    {{ rows_by_interval(landed) }}

),

kept as (

    {{ rows_by_interval(kept) }}

),
{% if quarantined %}
quarantined as (

    {{ rows_by_interval(quarantined) }}

),
{% endif %}
counted as (

    select
        landed.entity,
        landed._interval_start as interval_start,
        landed.row_count as landed_rows,
        coalesce(kept.row_count, 0) as kept_rows,
        {% if quarantined %}coalesce(quarantined.row_count, 0){% else %}0{% endif %} as quarantined_rows
    from landed
    left join kept
        on
            landed.entity = kept.entity
            and landed._interval_start = kept._interval_start
    {%- if quarantined %}
    left join quarantined
        on
            landed.entity = quarantined.entity
            and landed._interval_start = quarantined._interval_start
    {%- endif %}

),

run_summary_{{ source }} as (

    select
        entity,
        interval_start,
        cast(landed_rows as bigint) as landed_rows,
        cast(kept_rows as bigint) as kept_rows,
        cast(quarantined_rows as bigint) as quarantined_rows,
        cast(landed_rows - kept_rows - quarantined_rows as bigint) as replaced_rows
    from counted

)

select * from run_summary_{{ source }}
{%- endmacro %}

{% macro rows_by_interval(relations) -%}
    {%- for entity, relation in relations.items() -%}
    select
        '{{ entity }}' as entity,
        _interval_start,
        count(*) as row_count
    from {{ relation }}
    group by _interval_start
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor -%}
{%- endmacro %}
