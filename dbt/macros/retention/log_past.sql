{#- Gold holds what it is made from: the keys that go are logged as changed, for the next run to follow. -#}
{% macro log_past(node, relation, cutoff) -%}
insert into {{ changes_of(node.name) }} ({{ logged_columns(node) | join(', ') }}, _batch, _changed)
select distinct
    {{ logged_columns(node) | join(', ') }},
    (select max(batch) + 1 from {{ work_relation('built_models') }}) as _batch,
    1 as _changed
from {{ relation }}
where _run_date < cast('{{ cutoff }}' as date);
{%- endmacro %}

{#- None where an older project built the model: then the next run makes all anew. -#}
{% macro has_log(node) %}
    {%- set log_table = changes_of(node.name) -%}
    {{ return(adapter.get_relation(log_table.database, log_table.schema, log_table.identifier) is not none) }}
{% endmacro %}

{#- Silver keeps its own rows when bronze loses them; of an entity without a step in silver, gold has but bronze's. -#}
{% macro is_followed(node) %}
    {%- set made_from = [] -%}
    {#- `validate_…` is there for its rules' sake, also for a client that does not list the step. -#}
    {%- for other in graph.nodes.values() if other.resource_type == 'model' and other.fqn[1] == 'silver' -%}
        {%- if other.fqn[2] in var('transformations') -%}
            {%- do made_from.append(other.config.meta.get('driver')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(node.fqn[1] == 'silver' or (node.fqn[1] == 'bronze' and node.name not in made_from)) }}
{% endmacro %}
