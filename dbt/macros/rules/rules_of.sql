{#- Reads what the rule tests in YAML say, so that a condition is written once and validate acts by the very same words. -#}
{% macro rules_of(source, entity, on_fail) %}
    {%- set anchor = 'model.' ~ project_name ~ '.validate_' ~ source ~ '__' ~ entity -%}
    {%- set rules = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'test' and node.attached_node == anchor and (node.test_metadata or {}).name == 'rule' -%}
            {%- set said = node.test_metadata.kwargs -%}
            {%- if said.get('on_fail', 'quarantine') == on_fail -%}
                {%- do rules.append({'name': node.name, 'condition': said.condition, 'population': said.get('population')}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(rules) }}
{% endmacro %}
