{#- Gold holds what silver holds: the keys that go are logged as changed, for the next run to follow. -#}
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
