{#-
  Writes down that a build began, in <client>_work.builds: `invocation` is dbt's own name of it, `run_id` and `build_id`
  say whose it is in the ledger (none where somebody ran dbt by hand), and `first_batch` is the least batch that it
  writes. A delivery reads there whether gold is as its run's gates judged it, and what changed since the last one.
-#}
{% macro stamp_build(built) %}
    {%- set table = work_relation('builds') -%}
    {%- if adapter.get_relation(table.database, table.schema, table.identifier) is none -%}
        {%- call statement() -%}
            create table {{ table }} (
                number bigint, invocation {{ text_type() }}, run_id {{ text_type() }}, build_id bigint,
                first_batch bigint
            )
        {%- endcall -%}
    {%- endif -%}
    {%- set held = run_query('select number, first_batch from ' ~ table).rows -%}
    {%- set number = (held | map(attribute=0) | map('int') | list + [0]) | max + 1 -%}
    {%- set batches = [next_batch(built)] -%}
    {%- for row in held if row[0] | int > number - builds_kept() -%}
        {%- do batches.append(row[1] | int) -%}
    {%- endfor -%}
    {%- call statement() -%}
        delete from {{ table }} where number <= {{ number - builds_kept() }};
        insert into {{ table }} (number, invocation, run_id, build_id, first_batch)
        values (
            {{ number }}, '{{ invocation_id }}', '{{ escape_single_quotes(var('run_id')) }}',
            {{ var('build_id') | int }}, {{ next_batch(built) }}
        )
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {%- do graph.update({'medallion_logs_from': batches | min}) -%}
{% endmacro %}

{#- As many builds back gold's logs reach: some twenty runs. A destination that is further behind gets whole tables. -#}
{% macro builds_kept() %}
    {{ return(60) }}
{% endmacro %}
