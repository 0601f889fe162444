{#-
  As dbt-sqlserver's own, and says what is renamed, which else has to be guessed:
  https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-rename-transact-sql
-#}
{% macro sqlserver__rename_relation(from_relation, to_relation) -%}
    {%- set old = escape_single_quotes(from_relation.schema ~ '.' ~ from_relation.identifier) -%}
    {%- call statement('rename_relation') -%}
        {{ get_use_database_sql(from_relation.database) }}
        exec sp_rename '{{ old }}', '{{ escape_single_quotes(to_relation.identifier) }}', 'OBJECT'
    {%- endcall -%}
{%- endmacro %}
