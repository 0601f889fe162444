{% macro needs_source(source) %}
    {%- if source not in var('sources') -%}
        {#- Only ever switches off: a later call for a listed source must not switch the model on again. -#}
        {%- do config(enabled=false) -%}
    {%- endif -%}
{% endmacro %}
