{#- 1 for the last version of a key; nulls come last in `desc` on both targets. -#}
{% macro version_rank(keys, newest) -%}
    {%- if keys is string or newest is string -%}
        {{ exceptions.raise_compiler_error("version_rank: keys and newest are lists of columns") }}
    {%- endif -%}
    row_number() over (partition by {{ keys | join(', ') }} order by {{ newest | join(' desc, ') }} desc)
{%- endmacro %}
