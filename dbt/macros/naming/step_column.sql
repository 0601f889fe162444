{#- Gold keeps its columns whatever steps a client lists: what a missing step would have added is null. -#}
{% macro step_column(step, source, entity, column, type) -%}
    {%- if step_exists(step, source, entity) -%}
        {{ column }}
    {%- else -%}
        cast(null as {{ type }})
    {%- endif -%}
{%- endmacro %}
