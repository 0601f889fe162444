{#- The client's own tables beside its layers: what is built from what, and which keys changed. -#}
{% macro work_relation(identifier) %}
    {{ return(api.Relation.create(
        database=target.database, schema=generate_schema_name('work', none), identifier=identifier, type='table'
    )) }}
{% endmacro %}

{#- Which keys of a model's rows changed, by batch. -#}
{% macro changes_of(name) %}
    {{ return(work_relation(name ~ '__changes')) }}
{% endmacro %}

{#-
  What was built, {model: {batch, whole, built_with}}: `batch` counts builds and orders them, a parent's before its
  children's; `whole` is that of the last build from scratch. Read once (prepare_work) and kept beside dbt's graph, as
  every model asks for it several times; a copy, as other models end meanwhile. Empty where nothing is built.
-#}
{% macro built_models() %}
    {%- if not var('as_increment') -%}
        {{ return(graph.get('medallion_built', {}).copy() if flags.WHICH in ['build', 'run'] else {}) }}
    {%- endif -%}
    {%- set built = {} -%}
    {%- for node in graph.nodes.values() -%}
        {%- do built.update({node.name: {'batch': 1, 'whole': 0, 'built_with': ''}}) -%}
    {%- endfor -%}
    {{ return(built) }}
{% endmacro %}

{#- The number of a build that begins now: later than everything that it can have read. -#}
{% macro next_batch(built) %}
    {{ return((built.values() | map(attribute='batch') | list + [0]) | max + 1) }}
{% endmacro %}
