{% macro set_where(relation, column, value, condition) %}
    {%- set cells = count_where(relation, condition) -%}
    {%- call statement('clean') -%}
        update {{ relation }}
        set {{ column.quoted }} = {{ value }}
        where {{ condition }}
    {%- endcall -%}
    {{ return(cells) }}
{% endmacro %}
