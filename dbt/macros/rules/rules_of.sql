{#- Reads what the rule tests in YAML say: a condition is written once, and `validate` acts by the very same words. -#}
{% macro rules_of(source, entity, on_fail) %}
    {%- set anchor = 'model.' ~ project_name ~ '.validate_' ~ source ~ '__' ~ entity -%}
    {%- set rules = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='name') -%}
        {%- set test = node.get('test_metadata') or {} -%}
        {%- if test.name == 'rule' and node.attached_node == anchor and node.config.enabled -%}
            {%- set said = test.kwargs -%}
            {%- if said.get('on_fail', 'quarantine') == on_fail -%}
                {%- set population = said.get('population') -%}
                {%- do rules.append({'name': node.name, 'condition': said.condition, 'population': population}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(rules) }}
{% endmacro %}
