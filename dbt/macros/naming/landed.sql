{% macro landed(source, entity) %}
    {%- do needs_sources([source]) -%}
    {{ return(adapter.dispatch('landed')(source, entity)) }}
{% endmacro %}

{#- https://duckdb.org/docs/stable/data/parquet/overview -#}
{% macro default__landed(source, entity) -%}
    {%- set is_snapshot = source ~ '.' ~ entity in var('snapshot_entities') -%}
    {%- set files = var('interval_path') ~ '/*.parquet' if is_snapshot else '**/*.parquet' -%}
    {%- set path = [var('landing'), var('client'), source, entity, files] | join('/') -%}
    read_parquet('{{ escape_single_quotes(path) }}', union_by_name = true, hive_partitioning = false)
{%- endmacro %}

{#- SQL Server reads no Parquet: landing is loaded into tables first. -#}
{% macro sqlserver__landed(source, entity) -%}
    {%- set table = api.Relation.create(schema=var('client') ~ '_landing', identifier=source ~ '__' ~ entity) -%}
    {%- set moment = "cast('" ~ escape_single_quotes(var('interval_start')) ~ "' as datetime2(6))" -%}
    {%- if source ~ '.' ~ entity in var('snapshot_entities') -%}
        (
        select * from {{ table }}
        where _interval_start = {{ moment }}
    ) as landed
    {%- else -%}
        {{ table }}
    {%- endif -%}
{%- endmacro %}
