{% macro released_rows(source, entity) -%}
    {{ return(adapter.dispatch('released_rows')(source, entity)) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/data/parquet/overview -#}
{% macro default__released_rows(source, entity) -%}
    {%- set path = [var('releases'), source ~ '__' ~ entity ~ '.parquet'] | join('/') -%}
    read_parquet('{{ escape_single_quotes(path) }}')
{%- endmacro %}

{#- SQL Server reads no Parquet: like landing, releases are loaded into a table first. -#}
{% macro sqlserver__released_rows(source, entity) -%}
    {%- set table = 'released__' ~ source ~ '__' ~ entity -%}
    {{- api.Relation.create(schema=generate_schema_name('landing', none), identifier=table) -}}
{%- endmacro %}
