{% macro step_exists(step, source, entity) %}
    {%- set known = ['clean', 'normalize', 'enrich', 'validate'] -%}
    {%- if step not in known -%}
        {{ exceptions.raise_compiler_error("step_exists: '" ~ step ~ "' is none of " ~ known | join(', ')) }}
    {%- endif -%}
    {%- set joined = var('joined_sources').get(step ~ '_' ~ source ~ '__' ~ entity, []) -%}
    {%- set missing = joined | reject('in', var('sources')) | list -%}
    {{ return(step in var('transformations') and missing | length == 0) }}
{% endmacro %}
