{#- Before a build: the table of what was built, without what is no longer there; what it says; the build's stamp. -#}
{% macro prepare_work() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set table = work_relation('built_models') -%}
        {%- do adapter.create_schema(table) -%}
        {%- if adapter.get_relation(table.database, table.schema, table.identifier) is none -%}
            {%- call statement() -%}
                create table {{ table }} (
                    model {{ text_type() }}, batch bigint, whole_batch bigint, built_with {{ text_type() }}
                )
            {%- endcall -%}
        {%- endif -%}
        {%- set schemas = [] -%}
        {%- for layer in ['bronze', 'silver', 'gold'] -%}
            {%- do schemas.append("'" ~ escape_single_quotes(generate_schema_name(layer, none)) ~ "'") -%}
        {%- endfor -%}
        {%- call statement() -%}
            {%- set is_past -%}
                held.batch < (select max(later.batch) from {{ table }} as later where later.model = held.model)
                or held.model not in (
                    select table_name from information_schema.tables
                    where table_catalog = '{{ table.database }}' and table_schema in ({{ schemas | join(', ') }})
                )
            {%- endset %}
            {{ delete_rows(table, is_past) }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- set built = {} -%}
        {%- for row in run_query('select model, batch, whole_batch, built_with from ' ~ table).rows -%}
            {%- do built.update({row[0]: {'batch': row[1] | int, 'whole': row[2] | int, 'built_with': row[3]}}) -%}
        {%- endfor -%}
        {%- do graph.update({'medallion_built': built}) -%}
        {%- do stamp_build(built) -%}
    {%- endif -%}
{% endmacro %}
