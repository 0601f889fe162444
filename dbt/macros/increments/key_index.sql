{#- After a table of bronze or silver is made: what finds its rows by their key, where the target wants it. -#}
{% macro key_index() -%}
    {%- if execute and model.config.materialized == 'incremental' and model.resource_type == 'model' -%}
        {%- if model.fqn[1] != 'gold' and should_full_refresh() -%}
            {{ return(adapter.dispatch('key_index')(keys_of(model))) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- DuckDB scans a column faster than it keeps an index: https://duckdb.org/docs/stable/guides/performance/indexing -#}
{% macro default__key_index(keys) -%}
{%- endmacro %}

{#- https://learn.microsoft.com/sql/t-sql/statements/create-index-transact-sql -#}
{% macro sqlserver__key_index(keys) -%}
    {%- if env_var('MEDALLION_SQLSERVER_INDEXES', 'true') | lower == 'true' -%}
        create index [{{ model.name }}_key] on {{ this }} ({{ keys | join(', ') }})
    {%- endif -%}
{%- endmacro %}
