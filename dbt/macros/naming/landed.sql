{#-
  What a bronze model selects from: of an entity that comes whole the newest snapshot, of any other what its intervals
  brought; all that has landed where the model is made anew, else what the run's own intervals brought.
-#}
{% macro landed(source, entity) %}
    {%- do needs_sources([source]) -%}
    {%- do config(
        materialized='incremental', incremental_strategy='landed', meta={'entity': source ~ '__' ~ entity}
    ) -%}
    {%- set rows = landed_rows(source, entity, intervals_read(source, entity) if is_incremental() else none) -%}
    (
        select * from {{ rows }} as rows_landed
        {%- if source ~ '.' ~ entity in var('snapshot_entities') and is_incremental() %}
        where
            rows_landed._interval_start = {{ moment(var('intervals')[-1].start) }}
            and not exists (
                select 1 from {{ this }} as held where held._interval_start > {{ moment(var('intervals')[-1].start) }}
            )
        {%- elif source ~ '.' ~ entity in var('snapshot_entities') %}
        where rows_landed._interval_start = (select max(all_landed._interval_start) from {{ rows }} as all_landed)
        {%- elif is_incremental() %}
        where {{ is_of_intervals('rows_landed') }}
        {%- endif %}
    ) as landed
{%- endmacro %}

{#- The run's intervals, and the minutes whose events came, or were replaced by a batch's rows, since bronze read. -#}
{% macro intervals_read(source, entity) %}
    {%- set own = var('intervals') -%}
    {%- set starts = own | map(attribute='start') | list -%}
    {%- set more = [] -%}
    {%- for one in var('streamed').get(source ~ '.' ~ entity, []) if one.start not in starts -%}
        {%- do more.append(one) -%}
    {%- endfor -%}
    {{ return(own + more) }}
{% endmacro %}

{% macro landed_rows(source, entity, intervals) %}
    {{ return(adapter.dispatch('landed_rows')(source, entity, intervals)) }}
{% endmacro %}

{#- https://duckdb.org/docs/stable/data/parquet/overview -#}
{% macro default__landed_rows(source, entity, intervals) -%}
    {%- set folder = [var('landing'), var('client'), source, entity] | join('/') -%}
    {%- set files = [] -%}
    {%- for path in (['**'] if intervals is none else intervals | map(attribute='path')) -%}
        {%- do files.append("'" ~ escape_single_quotes([folder, path, '*.parquet'] | join('/')) ~ "'") -%}
    {%- endfor -%}
    read_parquet([{{ files | join(', ') }}], union_by_name = true, hive_partitioning = false)
{%- endmacro %}

{#- SQL Server reads no Parquet: landing is loaded into tables first. -#}
{% macro sqlserver__landed_rows(source, entity, intervals) -%}
    {{- api.Relation.create(schema=generate_schema_name('landing', none), identifier=source ~ '__' ~ entity) -}}
{%- endmacro %}

{#- The rows of the run's intervals; of a snapshot those up to its own, for a newer one stays. -#}
{% macro is_of_intervals(alias) -%}
    {%- if model.config.meta.entity | replace('__', '.', 1) in var('snapshot_entities') -%}
        {{ alias }}._interval_start <= {{ moment(var('intervals')[-1].start) }}
    {%- else -%}
        {{ alias }}._interval_start in (
            {%- for one in intervals_read(*model.config.meta.entity.split('__', 1)) -%}
                {{ moment(one.start) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
    {%- endif -%}
{%- endmacro %}

{% macro moment(text) -%}
    cast('{{ escape_single_quotes(text) }}' as {{ timestamp_type() }})
{%- endmacro %}
