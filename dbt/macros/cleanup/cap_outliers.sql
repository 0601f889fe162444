{#- What lies more than 1.5 times the distance of the quartiles outside them is brought to there. -#}
{% macro cap_outliers(relation, column) %}
    {%- set found = run_query(quartiles(relation, column)) -%}
    {%- if not found.rows or found[0][0] is none -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set low, high = found[0][0] | float, found[0][1] | float -%}
    {%- set reach = 1.5 * (high - low) -%}
    {%- set below = cap_at(relation, column, low - reach, '<') -%}
    {{ return(below + cap_at(relation, column, high + reach, '>')) }}
{% endmacro %}
