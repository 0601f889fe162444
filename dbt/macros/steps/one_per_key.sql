{#-
  The nearest step of an entity to join to, or to build gold from: one row a key. Behind `clean` it is so already;
  without it several versions of a row may be there, and a join would double what it is joined to.
-#}
{% macro one_per_key(source, entity, steps, newest=['_interval_start']) -%}
    {%- set nearest = nearest_step(source, entity, steps) -%}
    {%- if 'clean' in steps and step_exists('clean', source, entity) -%}
        {{ nearest }} as {{ entity }}
    {%- else -%}
        (
        select * from (
            select
                versions.*,
                {{ version_rank(entity_keys(source, entity), newest) }} as _version_rank
            from {{ nearest }} as versions
        ) as ranked
        where _version_rank = 1
    ) as {{ entity }}
    {%- endif -%}
{%- endmacro %}
