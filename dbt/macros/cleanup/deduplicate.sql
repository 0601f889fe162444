{#- Of the rows that say the same in the column, the one that sorts first by all columns stays; blanks all stay. -#}
{% macro deduplicate(relation, column, columns) %}
    {%- call statement('clean') -%}
        {{ delete_copies(relation, column, columns | map(attribute='quoted') | join(', ')) }}
    {%- endcall -%}
    {{ return(0) }}
{% endmacro %}
