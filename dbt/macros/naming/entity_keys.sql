{#- The columns of an entity's key, as its bronze model declares them. dbt has no graph while it parses, and in unit tests. -#}
{% macro entity_keys(source, entity) %}
    {{ return(
        keys_of(graph.nodes['model.' ~ project_name ~ '.bronze_' ~ source ~ '__' ~ entity]) if execute and graph else []
    ) }}
{% endmacro %}
