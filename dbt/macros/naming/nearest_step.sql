{% macro nearest_step(source, entity, steps) %}
    {%- do needs_sources([source]) -%}
    {{ return(ref(nearest_name(source, entity, steps))) }}
{% endmacro %}

{#- Its name. -#}
{% macro nearest_name(source, entity, steps) %}
    {%- set nearest = namespace(model='bronze') -%}
    {%- for step in steps if step_exists(step, source, entity) -%}
        {%- set nearest.model = step -%}
    {%- endfor -%}
    {{ return(nearest.model ~ '_' ~ source ~ '__' ~ entity) }}
{% endmacro %}
