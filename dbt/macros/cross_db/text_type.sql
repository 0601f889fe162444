{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type')()) }}
{%- endmacro %}

{% macro default__text_type() -%}
    varchar
{%- endmacro %}

{#- 4000 characters are the longest that is no large object:
    https://learn.microsoft.com/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql -#}
{% macro sqlserver__text_type() -%}
    nvarchar(4000)
{%- endmacro %}
