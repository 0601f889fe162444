{#- Sums of bigint: T-SQL's counts overflow. -#}
{% macro count_where(relation, condition='1 = 1') %}
    {%- set query -%}
        select coalesce(sum(cast(1 as bigint)), 0) as held
        from {{ relation }}
        where {{ condition }}
    {%- endset -%}
    {{ return(run_query(query)[0][0] | int) }}
{% endmacro %}
