{#-
  Does what it is told to the columns of one table, all of it or nothing. Every step is looked at before the first is
  done; what each did is told to whoever listens, as one log event (README.md).
-#}
{% macro clean_table(layer, table, steps) %}
    {%- set schema = generate_schema_name(layer, none) -%}
    {%- set relation = adapter.get_relation(target.database, schema, table) -%}
    {%- if relation is none or not relation.is_table -%}
        {{ exceptions.raise_compiler_error("clean_table: there is no table '" ~ table ~ "' in " ~ schema) }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set planned = [] -%}
    {%- for step in steps -%}
        {%- do planned.append(dict(step, column=cleanable_column(columns, step.column, step.operation))) -%}
    {%- endfor -%}
    {%- set done = [] -%}
    {%- for step in planned -%}
        {%- set rows_before = count_where(relation) -%}
        {%- if step.operation == 'drop_blanks' -%}
            {%- set cells = drop_blanks(relation, step.column) -%}
        {%- elif step.operation == 'fill_blanks' -%}
            {%- set cells = fill_blanks(relation, step.column, step.value) -%}
        {%- elif step.operation == 'trim' -%}
            {%- set cells = trim_column(relation, step.column) -%}
        {%- elif step.operation == 'deduplicate' -%}
            {%- set cells = deduplicate(relation, step.column, columns) -%}
        {%- else -%}
            {%- set cells = cap_outliers(relation, step.column) -%}
        {%- endif -%}
        {%- do done.append({
            'medallion_cleaned': step.column.name, 'column': step.column.name, 'operation': step.operation,
            'rows_before': rows_before, 'rows_after': count_where(relation), 'cells': cells | int,
        }) -%}
    {%- endfor -%}
    {%- do adapter.commit() -%}
    {%- for step in done -%}
        {%- do log(tojson(step)) -%}
    {%- endfor -%}
{% endmacro %}
