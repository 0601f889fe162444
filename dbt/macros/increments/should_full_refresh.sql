{#-
  dbt asks this before it adds to a table. Beside what it is told (`--full-refresh`), a table is made anew where adding
  to it would leave rows of another time: see README.md, "Increments".
-#}
{% macro should_full_refresh() %}
    {%- set told = config.get('full_refresh') -%}
    {%- set told = flags.FULL_REFRESH if told is none else told -%}
    {%- if told or not execute or model.config.materialized != 'incremental' -%}
        {{ return(told) }}
    {%- endif -%}
    {{ return(is_out_of_date(model, built_models())) }}
{% endmacro %}

{#- dbt's own looks into the warehouse first, also where nothing is built. -#}
{% macro is_incremental() %}
    {%- if execute and var('as_increment') -%}
        {{ return(true) }}
    {%- elif not execute or flags.WHICH not in ['build', 'run'] or model.resource_type != 'model' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set relation = adapter.get_relation(this.database, this.schema, this.table) -%}
    {{ return(relation is not none and relation.type == 'table' and not should_full_refresh()) }}
{% endmacro %}

{#- A table that was made by another project or shape, or before what it reads was made anew. -#}
{% macro is_out_of_date(node, built) %}
    {%- set own = built.get(node.name) -%}
    {%- if own is none or own.built_with != built_with(node.name) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- set parent = built.get(graph.nodes[unique_id].name) -%}
        {%- if parent is none or parent.whole > own.batch -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}

{#- What a model's rows depend on beside the rows it reads: the project, the shape, the client's values, releases. -#}
{% macro built_with(name) %}
    {%- set entity = name.split('_', 1)[1] -%}
    {%- set released = var('released_stamps').get(entity, '') if name.startswith(('validate_', 'quarantine_')) -%}
    {{ return([var('built_with'), released] | select | join(' ')) }}
{% endmacro %}
