{#-
  After a model is built: its batch, a further row, as models that end together must not change the same one; and an
  empty log where it was made anew, else one without what all have read.
-#}
{% macro note_built() %}
    {%- if execute and model.config.materialized == 'incremental' and model.resource_type == 'model' -%}
        {%- set built, table = built_models(), work_relation('built_models') -%}
        {%- set log_table, batch, is_whole = changes_of(model.name), next_batch(built), should_full_refresh() -%}
        {%- set own = {
            'batch': batch,
            'whole': batch if is_whole else built[model.name].whole,
            'built_with': built_with(model.name),
        } -%}
        {%- if is_whole -%}
            {{ empty_log(log_table) }};
        {%- else -%}
            delete from {{ log_table }} where _batch <= {{ read_by_all(built) }};
        {%- endif %}
        insert into {{ table }} (model, batch, whole_batch, built_with)
        values (
            '{{ escape_single_quotes(model.name) }}', {{ own.batch }}, {{ own.whole }},
            '{{ escape_single_quotes(own.built_with) }}'
        )
        {%- do graph['medallion_built'].update({model.name: own}) -%}
    {%- endif -%}
{% endmacro %}

{#-
  The batch up to which every model that reads this one, and will add to what it has, has read it; of gold, which
  deliveries read, also not beyond the oldest build that is written down.
-#}
{% macro read_by_all(built) %}
    {%- set read = [next_batch(built)] -%}
    {%- if model.fqn[1] == 'gold' -%}
        {%- do read.append(graph['medallion_logs_from'] - 1) -%}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.name in built and model.unique_id in node.depends_on.nodes -%}
        {%- if not is_out_of_date(node, built) -%}
            {%- do read.append(built[node.name].batch) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(read | min) }}
{% endmacro %}

{#- A log of no change yet, with the columns and types of the model. -#}
{% macro empty_log(log_table) -%}
    {{ return(adapter.dispatch('empty_log')(log_table)) }}
{%- endmacro %}

{% macro default__empty_log(log_table) -%}
    create or replace table {{ log_table }} as
    select {{ logged_columns(model) | join(', ') }}, cast(0 as bigint) as _batch, cast(0 as integer) as _changed
    from {{ this }} where 1 = 0
{%- endmacro %}

{% macro sqlserver__empty_log(log_table) -%}
    drop table if exists {{ log_table }};
    select {{ logged_columns(model) | join(', ') }}, cast(0 as bigint) as _batch, cast(0 as integer) as _changed
    into {{ log_table }}
    from {{ this }} where 1 = 0
{%- endmacro %}
