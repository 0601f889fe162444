{#- A bound that no value is beyond may not even fit the column's type; a rounded one is beyond itself. -#}
{% macro cap_at(relation, column, bound, side) %}
    {%- set beyond = 'cast(' ~ column.quoted ~ ' as double precision) ' ~ side ~ ' ' ~ bound -%}
    {%- if count_where(relation, beyond) == 0 -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set value = 'cast(' ~ bound ~ ' as ' ~ column.data_type ~ ')' -%}
    {{ return(set_where(relation, column, value, beyond ~ ' and ' ~ column.quoted ~ ' <> ' ~ value)) }}
{% endmacro %}
