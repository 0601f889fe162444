{#-
  A whole model of silver: the step before, with columns of other entities. Each is joined from the left by its whole
  key, of which there is one row at most, so that no row is lost and none doubled.
-#}
{% macro enrich(source, entity, before, joins) -%}
    {{ return(adapter.dispatch('enrich')(source, entity, before, joins)) }}
{%- endmacro %}

{% macro default__enrich(source, entity, before, joins) -%}
{%- set model = 'enrich_' ~ source ~ '__' ~ entity -%}
{%- do needs_columns(model, {'before': before}) -%}
{%- do keyed_step(source, entity, before) -%}
{%- set watched = [] -%}
{%- for join in joins -%}
    {%- do needs_whole_key(model, join.source or source, join) -%}
    {%- do watched.append(watch(join.source or source, join.entity, join.steps, with_sides_changed(join.on))) -%}
{%- endfor -%}
with entering as (

    select * from {{ nearest_step(source, entity, before) }} as entered
    {{- touched('entered', watched) }}

),
{% for join in joins %}
{{ join.name }} as (

    select * from {{ joined_rows(source, join) }}

),
{% endfor %}
{{ model }} as (

    select
        entering.*
        {%- for join in joins %}
        {%- set key = join.name ~ '.' ~ (join.on.values() | first) %}
        {%- if join.flag %},
        {{ has_joined(join.source or source, key) }} as {{ join.flag }}
        {%- endif %}
        {%- for theirs, ours in join.columns.items() %},
        {{ join.name }}.{{ theirs }}{{ ' as ' ~ ours if ours != theirs }}
        {%- endfor %}
        {%- endfor %}
    from entering
    {%- for join in joins %}
    left join {{ join.name }}
        on
        {%- for ours, theirs in join.on.items() %}
            {%- set our_column = ours if '.' in ours else 'entering.' ~ ours %}
            {{ 'and ' if not loop.first }}{{ our_column }} = {{ join.name }}.{{ theirs }}
        {%- endfor %}
    {%- endfor %}

)

select * from {{ model }}
{%- endmacro %}

{#- {ours: theirs} as {theirs: ours}. -#}
{% macro with_sides_changed(on) %}
    {%- set changed = {} -%}
    {%- for ours, theirs in on.items() -%}
        {%- do changed.update({theirs: ours}) -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}

{#- One row a key; no row at all where the client does without the source and the join says that it may. -#}
{% macro joined_rows(source, join) -%}
    {%- set other = join.source or source -%}
    {%- if not join.optional -%}
        {{ return(one_per_key(other, join.entity, join.steps, join.newest)) }}
    {%- endif -%}
    {%- set types = {} -%}
    {%- for column in (join.on.values() | list) + (join.columns | list) -%}
        {%- do types.update({column: text_type()}) -%}
    {%- endfor -%}
    {%- do types.update(join.types) -%}
    {{ return(one_per_key_or_none(other, join.entity, join.steps, types, join.newest)) }}
{%- endmacro %}
