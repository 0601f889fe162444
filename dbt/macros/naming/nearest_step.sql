{% macro nearest_step(source, entity, steps) %}
    {%- do needs_sources([source]) -%}
    {%- set nearest = namespace(model='bronze') -%}
    {%- for step in steps if step_exists(step, source, entity) -%}
        {%- set nearest.model = step -%}
    {%- endfor -%}
    {{ return(ref(nearest.model ~ '_' ~ source ~ '__' ~ entity)) }}
{% endmacro %}
