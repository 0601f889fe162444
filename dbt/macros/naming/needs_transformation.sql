{% macro needs_transformation(transformation) %}
    {%- do config(tags=[transformation]) -%}
    {%- if transformation not in var('transformations') -%}
        {%- do config(enabled=false) -%}
    {%- endif -%}
{% endmacro %}
