{#- By way of the timestamp: the day in UTC of a text that may carry a time. -#}
{% macro to_date(column, typed=false) -%}
    cast({{ to_timestamp(column, typed) }} as date)
{%- endmacro %}
