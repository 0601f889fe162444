{% macro delete_past(relation, cutoff) -%}
delete from {{ relation }}
where _run_date < cast('{{ cutoff }}' as date)
{%- endmacro %}
