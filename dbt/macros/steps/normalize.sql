{#- A whole model of silver: the columns of the step before, those named in `changed` in one spelling. -#}
{% macro normalize(source, entity, before, columns, changed) -%}
    {{ return(adapter.dispatch('normalize')(source, entity, before, columns, changed)) }}
{%- endmacro %}

{% macro default__normalize(source, entity, before, columns, changed) -%}
{%- set model = 'normalize_' ~ source ~ '__' ~ entity -%}
{%- do needs_columns(model, {'before': before, 'columns': columns}) -%}
{%- do needs_known(model, 'changed', changed, columns) -%}
{%- do keyed_step(source, entity, before) -%}
with entering as (

    select * from {{ nearest_step(source, entity, before) }} as entered
    {{- touched('entered') }}

),

{{ model }} as (

    select
        {%- for column in columns %}
        {{ normalized(model, column, changed[column]) ~ ' as ' ~ column if column in changed else column }},
        {%- endfor %}
        _interval_start,
        _run_date
    from entering

)

select * from {{ model }}
{%- endmacro %}
