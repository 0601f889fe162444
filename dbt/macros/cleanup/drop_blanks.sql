{% macro drop_blanks(relation, column) %}
    {%- call statement('clean') -%}
        delete from {{ relation }}
        where {{ is_blank(column) }}
    {%- endcall -%}
    {{ return(0) }}
{% endmacro %}
