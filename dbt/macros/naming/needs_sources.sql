{#- Only ever switches off: a later call for a listed source must not switch the model on again. -#}
{% macro needs_sources(sources) %}
    {%- if sources is string -%}
        {{ exceptions.raise_compiler_error("needs_sources: a list of sources is wanted, not '" ~ sources ~ "'") }}
    {%- endif -%}
    {%- if sources | reject('in', var('sources')) | list -%}
        {%- do config(enabled=false) -%}
    {%- endif -%}
{% endmacro %}
