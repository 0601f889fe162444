{#- dbt's incremental strategy `touched`: replaces the rows whose keys changed in the driver, or were made anew. -#}
{% macro get_incremental_touched_sql(arg_dict) %}
    {%- set keys = keys_of(model) -%}
    {%- set gone -%}
        select {{ keys | join(', ') }} from {{ changed_keys() }} as changes
        where _batch > {{ last_read() }}
        union
        select {{ keys | join(', ') }} from {{ arg_dict.temp_relation }}
    {%- endset -%}
    {%- set is_gone -%}
        exists (
            select 1 from ({{ gone }}) as gone
            where
                {%- for key in keys %}
                {{ 'and ' if not loop.first }}{{ same_value('gone.' ~ key, 'held.' ~ key) }}
                {%- endfor %}
        )
    {%- endset -%}
    {{ return(replace_rows(arg_dict, is_gone)) }}
{% endmacro %}

{#- dbt's incremental strategy `landed`: replaces the rows of the run's intervals, or the snapshot there is. -#}
{% macro get_incremental_landed_sql(arg_dict) %}
    {%- set missing = ['_interval_start', '_run_date'] | reject("in", arg_dict.dest_columns | map(attribute='name')) -%}
    {%- for column in missing -%}
        {{ exceptions.raise_compiler_error(model.name ~ ': no ' ~ column ~ ', by which its rows are replaced') }}
    {%- endfor -%}
    {{ return(replace_rows(arg_dict, is_of_intervals('held'))) }}
{% endmacro %}

{#-
  Replaces the held rows that a condition names by the new ones, and logs the keys of those that differ: `_changed` is
  0 where it is only by the interval that brought them. A copy more or less is a difference.
-#}
{% macro replace_rows(arg_dict, is_gone) %}
    {%- set target_table, fresh = arg_dict.target_relation, arg_dict.temp_relation -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | list -%}
    {%- set logged = logged_columns(model) | join(', ') -%}
    {%- set batch = next_batch(built_models()) -%}
    {%- set own = [] -%}
    {%- for column in arg_dict.dest_columns if column.name not in ['_interval_start', '_run_date'] -%}
        {%- do own.append(column.quoted) -%}
    {%- endfor -%}
    {{ set_aside(target_table, is_gone) }};
    insert into {{ changes_of(model.name) }} ({{ logged }}, _batch, _changed)
    select {{ logged }}, {{ batch }}, max(_changed)
    from (
        {%- for compared, changed in ([(own, 1)] if own == columns else [(own, 1), (columns, 0)]) %}
        {%- for first, second in [(aside(), fresh), (fresh, aside())] %}
        {%- set names = compared | join(', ') %}
        select {{ logged }}, {{ changed }} as _changed
        from (
            select {{ names }}, count(*) as _copies from {{ first }} group by {{ names }}
            except
            select {{ names }}, count(*) as _copies from {{ second }} group by {{ names }}
        ) as differing
        {{ 'union all' if not loop.last }}
        {%- endfor %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as differing
    group by {{ logged }};
    {{ delete_rows(target_table, is_gone) }};
    insert into {{ target_table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ fresh }};
    drop table {{ aside() }}
{% endmacro %}

{#- The rows that are to be replaced, while they are. -#}
{% macro set_aside(table, is_gone) -%}
    {{ return(adapter.dispatch('set_aside')(table, is_gone)) }}
{%- endmacro %}

{% macro default__set_aside(table, is_gone) -%}
    create temporary table {{ aside() }} as select * from {{ table }} as held where {{ is_gone }}
{%- endmacro %}

{% macro sqlserver__set_aside(table, is_gone) -%}
    select * into {{ aside() }} from {{ table }} as held where {{ is_gone }}
{%- endmacro %}

{% macro aside() -%}
    {{ return(adapter.dispatch('aside')()) }}
{%- endmacro %}

{% macro default__aside() -%}
    {{ model.name }}__aside
{%- endmacro %}

{% macro sqlserver__aside() -%}
    #{{ model.name }}__aside
{%- endmacro %}

{% macro delete_rows(table, is_gone) -%}
    {{ return(adapter.dispatch('delete_rows')(table, is_gone)) }}
{%- endmacro %}

{% macro default__delete_rows(table, is_gone) -%}
    delete from {{ table }} as held where {{ is_gone }}
{%- endmacro %}

{% macro sqlserver__delete_rows(table, is_gone) -%}
    delete held from {{ table }} as held where {{ is_gone }}
{%- endmacro %}
