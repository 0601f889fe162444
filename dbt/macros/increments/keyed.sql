{#-
  Makes a model one that keeps its rows, and makes anew only those whose keys changed in what it reads. `driver` is the
  model whose rows decide which rows there are; `logged` are further columns by which others watch this model.
-#}
{% macro keyed(driver, keys, logged=[]) %}
    {%- do config(
        materialized='incremental', incremental_strategy='touched',
        meta={'driver': driver, 'keys': keys, 'logged': logged, 'texts': []}
    ) -%}
{% endmacro %}

{#- The same for a step of an entity, whose keys are declared on its bronze model. -#}
{% macro keyed_step(source, entity, before, texts=[]) %}
    {%- do config(
        materialized='incremental', incremental_strategy='touched',
        meta={'driver': nearest_name(source, entity, before), 'entity': source ~ '__' ~ entity, 'texts': texts}
    ) -%}
{% endmacro %}

{#- The columns by which a node's rows are replaced, and those that are logged beside them. -#}
{% macro keys_of(node) %}
    {{ return(declared_keys(node).meta['keys']) }}
{% endmacro %}

{% macro logged_columns(node) %}
    {%- set meta = declared_keys(node).meta -%}
    {{ return((meta['keys'] + meta.get('logged', [])) | unique | list) }}
{% endmacro %}

{% macro declared_keys(node) %}
    {%- set entity = node.config.meta.get('entity') -%}
    {%- set declaring = graph.nodes['model.' ~ project_name ~ '.bronze_' ~ entity] if entity else node -%}
    {%- if not declaring.config.meta.get('keys') -%}
        {{ exceptions.raise_compiler_error(
            declaring.name ~ ": config.meta.keys is missing: the columns of the entity's key, as bronze names them"
        ) }}
    {%- endif -%}
    {{ return(declaring.config) }}
{% endmacro %}
