{% macro trim_column(relation, column) %}
    {{ return(set_where(relation, column, 'trim(' ~ column.quoted ~ ')', is_untrimmed(column))) }}
{% endmacro %}
