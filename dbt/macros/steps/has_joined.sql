{#- 1 where the left join to an entity of `source` found a row, 0 where not, null where the source is not listed. -#}
{% macro has_joined(source, key) -%}
    {%- if source in var('sources') -%}
        case when {{ key }} is null then 0 else 1 end
    {%- else -%}
        cast(null as integer)
    {%- endif -%}
{%- endmacro %}
