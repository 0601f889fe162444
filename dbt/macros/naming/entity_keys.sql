{#- The columns of an entity's key, as its bronze model declares them; none where dbt has no graph to read it from. -#}
{% macro entity_keys(source, entity) %}
    {{ return(
        keys_of(graph.nodes['model.' ~ project_name ~ '.bronze_' ~ source ~ '__' ~ entity]) if execute and graph else []
    ) }}
{% endmacro %}
