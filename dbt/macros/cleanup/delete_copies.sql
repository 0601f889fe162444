{% macro delete_copies(relation, column, order) -%}
    {{ return(adapter.dispatch('delete_copies')(relation, column, order)) }}
{%- endmacro %}

{#- Rows that are the same in every column differ in their rowid:
    https://duckdb.org/docs/stable/sql/statements/select -#}
{% macro default__delete_copies(relation, column, order) -%}
delete from {{ relation }}
where rowid in (
    select numbered.place
    from (
        select
            rowid as place,
            row_number() over (partition by {{ column.quoted }} order by {{ order }}) as copy
        from {{ relation }}
        where not ({{ is_blank(column) }})
    ) as numbered
    where numbered.copy > 1
)
{%- endmacro %}

{#- A delete from a common table expression deletes the table's rows:
    https://learn.microsoft.com/sql/t-sql/queries/with-common-table-expression-transact-sql -#}
{% macro sqlserver__delete_copies(relation, column, order) -%}
with numbered as (
    select row_number() over (
        partition by {{ column.quoted }}{{ ' collate latin1_general_100_bin2' if is_text(column) }}
        order by {{ order }}
    ) as copy
    from {{ relation }}
    where not ({{ is_blank(column) }})
)

delete from numbered
where copy > 1
{%- endmacro %}
