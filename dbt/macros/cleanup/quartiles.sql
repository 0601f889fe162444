{% macro quartiles(relation, column) -%}
    {{ return(adapter.dispatch('quartiles')(relation, column)) }}
{%- endmacro %}

{% macro default__quartiles(relation, column) -%}
select
    quantile_cont(cast({{ column.quoted }} as double precision), 0.25) as low,
    quantile_cont(cast({{ column.quoted }} as double precision), 0.75) as high
from {{ relation }}
{%- endmacro %}

{#- A window function, not an aggregate: every row has the same answer.
    https://learn.microsoft.com/sql/t-sql/functions/percentile-cont-transact-sql -#}
{% macro sqlserver__quartiles(relation, column) -%}
select top 1
    percentile_cont(0.25) within group (order by cast({{ column.quoted }} as double precision)) over () as low,
    percentile_cont(0.75) within group (order by cast({{ column.quoted }} as double precision)) over () as high
from {{ relation }}
{%- endmacro %}
