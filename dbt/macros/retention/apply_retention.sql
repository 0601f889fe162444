{#-
  Deletes a layer's rows from before the first day that is kept, counted from `_run_date`; never from event time.
  Every table is counted before any is touched, and each is told to whoever listens, as one log event (README.md).
  A table without `_run_date` is let be: the next run takes out of it what the layers before it lost (log_past).
-#}
{% macro apply_retention(layer, days, today, dry_run=true, share=0.5, force=false, cleaned={}) %}
    {%- set cutoff = retention_cutoff(layer, days, today) -%}
    {%- set tables = [] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') -%}
        {%- set relation = adapter.get_relation(target.database, generate_schema_name(layer, node), node.alias) -%}
        {%- if node.fqn[1] == layer and relation is not none -%}
            {%- set found = past_retention(relation, cutoff, cleaned.get(node.alias, '0001-01-01'), share) -%}
            {%- do tables.append(dict(found, node=node)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set refused = not force and tables | selectattr('too_many') | list | length > 0 -%}
    {%- if not (dry_run or refused) -%}
        {%- for table in tables if table.gone -%}
            {%- call statement('retention') -%}
                {{ log_past(table.node, table.relation, cutoff) if is_followed(table.node) and has_log(table.node) }}
                {{ delete_past(table.relation, cutoff) }}
            {%- endcall -%}
        {%- endfor -%}
        {%- if tables | selectattr('gone') | list -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
    {%- for table in tables -%}
        {%- do log(tojson({
            'medallion_retention': table.relation.identifier, 'layer': layer, 'cutoff': table.cutoff,
            'held': table.held, 'gone': table.gone, 'share': table.share, 'too_many': table.too_many,
            'deleted': table.gone > 0 and not (dry_run or refused),
        })) -%}
    {%- endfor -%}
    {%- if refused and not dry_run -%}
        {%- set over = tables | selectattr('too_many') | map(attribute='relation.identifier') | join(', ') -%}
        {%- set found = 'more than ' ~ share ~ ' of ' ~ over ~ ' is from before ' ~ cutoff -%}
        {{ exceptions.raise_compiler_error('apply_retention: ' ~ found ~ '; nothing was deleted') }}
    {%- endif -%}
{% endmacro %}
