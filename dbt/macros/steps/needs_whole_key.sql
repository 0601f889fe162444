{#- By less than its key a join doubles rows. Nothing to look at where a client does without the source. -#}
{% macro needs_whole_key(model, source, join) %}
    {%- set keys = entity_keys(source, join.entity) if source in var('sources') else [] -%}
    {%- if keys and join.on.values() | sort != keys | sort -%}
        {{ exceptions.raise_compiler_error(
            model ~ ": left_join " ~ join.entity ~ ": on names " ~ join.on.values() | join(', ')
            ~ ", its key is " ~ keys | join(', ')
        ) }}
    {%- endif -%}
{% endmacro %}
